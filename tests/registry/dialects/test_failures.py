"""Statuses, codes and types decide; a text does so only beside them."""

from __future__ import annotations

import pytest

from registry.choices import ProbeCode
from registry.dialects import DIALECTS
from registry.dialects.api import Api
from registry.dialects.failures import SHARED, Sign, judge
from registry.dialects.refusals import Refusal, opened
from tests.registry.dialects.answers import HTML, answer, page

# Words that would fit a sign, if texts alone decided.
TEMPTING = (
    "insufficient_quota invalid_api_key model_not_found rate_limit_exceeded content_filter "
    "invalid model name; model not exist; not a chat model; does not support chat; "
    "your credit balance is too low; not supported on this api; not an available endpoint"
)

BY_STATUS = [
    (302, ProbeCode.REDIRECTED),
    (400, ProbeCode.BAD_PARAMETER),
    (401, ProbeCode.BAD_KEY),
    (402, ProbeCode.NO_CREDIT),
    (403, ProbeCode.FORBIDDEN),
    (404, ProbeCode.MODEL_MISSING),
    (405, ProbeCode.BAD_SHAPE),
    (408, ProbeCode.TIMEOUT),
    (409, ProbeCode.BAD_PARAMETER),
    (410, ProbeCode.MODEL_MISSING),
    (413, ProbeCode.BAD_PARAMETER),
    (422, ProbeCode.BAD_PARAMETER),
    (429, ProbeCode.RATE_LIMITED),
    (451, ProbeCode.FORBIDDEN),
    (500, ProbeCode.SERVER_ERROR),
    (501, ProbeCode.SERVER_ERROR),
    (502, ProbeCode.SERVER_ERROR),
    (503, ProbeCode.OVERLOADED),
    (504, ProbeCode.TIMEOUT),
    (520, ProbeCode.SERVER_ERROR),
    (524, ProbeCode.TIMEOUT),
    (529, ProbeCode.OVERLOADED),
]


def refusal(body: object, status: int, *, kind: str = "application/json") -> Refusal:
    found = opened(answer(body, status, kind=kind))
    assert isinstance(found, Refusal)
    return found


@pytest.mark.parametrize(("status", "code"), BY_STATUS)
def test_the_status_decides_where_nothing_else_is_said(status: int, code: str) -> None:
    verdict = judge(refusal({"error": {"message": TEMPTING}}, status))

    assert verdict.code == code
    assert verdict.said == TEMPTING


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": TEMPTING, "type": "x", "code": "y"}},
        {"error": {"message": TEMPTING, "type": None, "code": 7}},
        {"message": TEMPTING, "code": "z"},
    ],
)
def test_an_unknown_code_changes_nothing(body: object) -> None:
    assert judge(refusal(body, 400)).code == ProbeCode.BAD_PARAMETER
    assert judge(refusal(body, 500)).code == ProbeCode.SERVER_ERROR


def all_signs() -> list[Sign]:
    found = list(SHARED)
    for name in DIALECTS:
        dialect = DIALECTS.get(name)
        if isinstance(dialect, Api):
            found += dialect.signs
    return found


def test_no_sign_looks_at_a_text_alone() -> None:
    careless = [
        sign
        for sign in all_signs()
        if sign.says and not (sign.statuses and (sign.words or sign.shapes))
    ]

    assert careless == []


def test_every_sign_means_a_known_code() -> None:
    assert {sign.code for sign in all_signs()} <= set(ProbeCode.values)


@pytest.mark.parametrize(
    ("word", "status", "code"),
    [
        ("insufficient_quota", 429, "no_credit"),
        ("insufficient_quota", 403, "no_credit"),
        ("billing_hard_limit_reached", 400, "no_credit"),
        ("budget_exceeded", 400, "no_credit"),
        ("invalid_api_key", 401, "bad_key"),
        ("invalid_api_key", 400, "bad_key"),
        ("no_db_connection", 400, "bad_key"),
        ("authentication_error", 401, "bad_key"),
        ("authentication_error", 503, "overloaded"),
        ("permission_error", 401, "forbidden"),
        ("model_not_found", 400, "model_missing"),
        ("model_not_found", 500, "server_error"),
        ("invalid_model", 400, "model_missing"),
        ("model_not_available", 404, "model_missing"),
        ("rate_limit_exceeded", 400, "rate_limited"),
        ("overloaded_error", 500, "overloaded"),
        ("timeout_error", 500, "timeout"),
        ("DeploymentNotFound", 404, "deployment_missing"),
        ("OperationNotSupported", 400, "wrong_operation"),
        ("content_filter", 400, "ok"),
        ("content_filter", 500, "server_error"),
    ],
)
@pytest.mark.parametrize("place", ["code", "type"])
def test_a_code_or_type_decides_before_the_status(
    word: str, status: int, code: str, place: str
) -> None:
    assert judge(refusal({"error": {"message": "No", place: word}}, status)).code == code


@pytest.mark.parametrize(
    ("said", "code"),
    [("Incorrect API key provided: x***.", "bad_key"), ("Wrong temperature", "bad_parameter")],
)
def test_a_code_for_many_mistakes_needs_the_text_beside_it(said: str, code: str) -> None:
    body = {"code": "Client specified an invalid argument", "error": said}

    assert judge(refusal(body, 400)).code == code


@pytest.mark.parametrize(
    ("body", "kind", "detail"),
    [
        (HTML, "text/html", "html"),
        ("<HTML><body>gone</body>", "text/plain", "html"),
        ("404 page not found", "text/plain", "not_json"),
        ("", "text/plain", "empty"),
        ("  \n", "application/json", "empty"),
        ('{"error": ', "application/json", "not_json"),
        ({}, "application/json", "shape"),
        ([], "application/json", "shape"),
        ({"status": "gone"}, "application/json", "shape"),
        ("null", "application/json", "shape"),
    ],
)
@pytest.mark.parametrize("status", [404, 410])
def test_only_an_error_of_the_api_says_that_a_model_is_missing(
    body: object, kind: str, detail: str, status: int
) -> None:
    verdict = judge(refusal(body, status, kind=kind))

    assert (verdict.code, verdict.detail) == (ProbeCode.BAD_SHAPE, detail)


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "bad_shape"), (401, "bad_key"), (403, "forbidden"), (429, "rate_limited")],
)
def test_a_page_says_no_more_than_its_status(status: int, code: str) -> None:
    found = opened(page(status))

    assert isinstance(found, Refusal)
    assert (judge(found).code, found.said) == (code, "")


def test_a_call_without_a_model_cannot_miss_one() -> None:
    found = refusal({"error": {"message": "Nothing here"}}, 404)

    assert judge(found).code == ProbeCode.MODEL_MISSING
    verdict = judge(found, names_model=False)
    assert (verdict.code, verdict.detail) == (ProbeCode.BAD_SHAPE, "path")


@pytest.mark.parametrize(
    ("error", "code", "detail"),
    [
        ({"message": "x", "code": 429}, "rate_limited", ""),
        ({"message": "x", "code": "401"}, "bad_key", ""),
        ({"message": "x", "status": 503}, "overloaded", ""),
        ({"message": "x", "code": 502}, "server_error", "HTTP 502"),
        ({"message": "x", "code": 200}, "server_error", ""),
        ({"message": "x", "code": "600"}, "server_error", ""),
        ({"message": "x", "type": "insufficient_quota"}, "no_credit", ""),
        ("something broke", "server_error", ""),
    ],
)
def test_an_error_inside_a_good_answer_is_judged_as_that_error(
    error: object, code: str, detail: str
) -> None:
    verdict = judge(refusal({"error": error}, 200))

    assert (verdict.code, verdict.detail) == (code, detail)
