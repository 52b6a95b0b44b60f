from __future__ import annotations

from typing import Any

import pytest

from registry.choices import ProbeCode, Stage
from registry.dialects.base import Check
from registry.outbound.calls import Answer
from tests.registry.dialects.answers import (
    EMBEDDING,
    RESPONSES,
    again,
    answer,
    body_of,
    dialect,
    outcome,
    page,
    plain,
    probe,
    target,
)

COMPATIBLE = dialect("openai_compatible")
LISTED = {"object": "list", "data": [{"id": "acme-1"}, {"id": "acme-2"}]}
# What LM Studio answers at every path that it does not know, with status 200.
UNEXPECTED = answer({"error": "Unexpected endpoint or method. (GET /models)"})


def check_at(address: str = "https://llm.example/v1", **values: Any) -> Check:
    (check,) = COMPATIBLE.checks(target("openai_compatible", address=address, **values))
    return check


def test_the_list_is_tried_at_the_address_as_given() -> None:
    check = check_at("https://llm.example/some/base")

    assert (check.call.method, check.call.url) == ("GET", "https://llm.example/some/base/models")
    assert check.proves == (Stage.REACH, Stage.AUTH, Stage.MODEL)
    assert (check.optional, check.call.max_bytes) == (True, 4 * 1024 * 1024)


@pytest.mark.parametrize(
    "body",
    [
        LISTED,
        [{"id": "acme-1"}, {"id": "acme-2"}],
        {"models": [{"id": "acme-1"}, {"id": "acme-2"}]},
        {"data": None, "models": [{"id": "acme-1"}, {"id": "acme-2"}]},
    ],
)
def test_lists_come_in_several_forms(body: object) -> None:
    verdict = check_at().read(answer(body))

    assert (outcome(verdict), verdict.note) == (("ok", ""), "")
    assert verdict.listed == ("acme-1", "acme-2")


@pytest.mark.parametrize("body", [LISTED, {"data": []}])
def test_a_model_that_is_not_listed_is_a_note_and_no_failure(body: object) -> None:
    verdict = check_at(model_id="acme-9").read(answer(body))

    assert (outcome(verdict), verdict.note) == (("ok", ""), "unlisted")


def test_without_a_model_nothing_is_said_of_one() -> None:
    check = check_at(model_id="")

    assert check.proves == (Stage.REACH, Stage.AUTH)
    assert check.read(answer(LISTED)).note == ""


MISSING = [
    answer({"detail": "Not Found"}, 404),
    answer(
        {"error": {"message": "Invalid URL (GET /models)", "type": "invalid_request_error"}}, 404
    ),
    answer({"error": {"code": 404, "message": "File Not Found", "type": "not_found_error"}}, 404),
    answer({"timestamp": 1, "status": 404, "error": "Not Found", "path": "/models"}, 404),
    answer({"detail": "Method Not Allowed"}, 405),
    plain("404 page not found", 404),
    page(404),
    answer("", 404),
    UNEXPECTED,
]


@pytest.mark.parametrize("said", MISSING)
def test_a_missing_path_is_looked_for_below_v1(said: Answer) -> None:
    second, first = again(check_at("https://llm.example"), said)

    assert first.code == ProbeCode.BAD_SHAPE
    assert (first.is_final, first.corrected) == (False, "")
    assert second.call.url == "https://llm.example/v1/models"
    assert second.call.credential is not None


@pytest.mark.parametrize("said", MISSING)
def test_an_address_that_lacks_v1_is_told_and_never_used(said: Answer) -> None:
    second, _first = again(check_at("https://llm.example"), said)

    verdict = second.read(answer(LISTED))

    assert outcome(verdict) == ("bad_shape", "address_lacks_v1")
    assert verdict.is_final is True  # although the check is optional


@pytest.mark.parametrize("said", MISSING)
def test_where_v1_does_not_help_the_first_answer_stands(said: Answer) -> None:
    second, first = again(check_at("https://llm.example"), said)

    verdict = second.read(said)

    assert outcome(verdict) == (first.code, first.detail)
    assert verdict.is_final is False


@pytest.mark.parametrize("said", MISSING)
@pytest.mark.parametrize(
    "address", ["https://llm.example/v1", "https://llm.example/v1beta", "https://x.example/api/v4"]
)
def test_an_address_with_a_version_is_tried_once(address: str, said: Answer) -> None:
    assert check_at(address).read(said).retry is None


@pytest.mark.parametrize(
    ("said", "code", "detail"),
    [
        (page(), "bad_shape", "html"),
        (page(401), "bad_key", ""),
        (page(403), "forbidden", ""),
        (answer({"detail": "Unauthorized"}, 401), "bad_key", ""),
        (answer({"detail": "Forbidden"}, 403), "forbidden", ""),
        (answer({"data": "acme-1"}), "bad_shape", "shape"),
        (answer({"data": [{"label": "acme-1"}]}), "bad_shape", "shape"),
        (answer({"data": [7]}), "bad_shape", "shape"),
        (answer({"error": "boom"}, 500), "server_error", "HTTP 500"),
        (answer({"message": "slow down"}, 429), "rate_limited", ""),
    ],
)
def test_other_failures_are_not_about_the_path(said: Answer, code: str, detail: str) -> None:
    assert outcome(check_at("https://llm.example").read(said)) == (code, detail)


def test_the_calls_leave_out_what_is_optional() -> None:
    chat = probe("openai_compatible")
    embedding = probe(
        "openai_compatible", EMBEDDING, model_id="text-embedding-3-small", dimensions=512
    )
    response = probe("openai_compatible", RESPONSES)

    assert chat.call.url == "https://llm.example/v1/chat/completions"
    assert body_of(chat) == {
        "model": "acme-1",
        "messages": [{"role": "user", "content": "ping"}],
        "max_tokens": 16,
    }
    assert body_of(embedding) == {"model": "text-embedding-3-small", "input": "ping"}
    assert response.call.url == "https://llm.example/v1/responses"


@pytest.mark.parametrize(
    ("status", "body", "code", "detail"),
    [
        (
            404,
            {"error": {"message": "The model `x` does not exist.", "code": 404}},
            "model_missing",
            "",
        ),
        (
            404,
            {"object": "error", "message": "The model `x` does not exist.", "code": 404},
            "model_missing",
            "",
        ),
        (404, {"detail": "Not Found"}, "bad_shape", "path"),
        (
            404,
            {"error": {"message": "No endpoints found for acme-1.", "code": 404}},
            "model_missing",
            "",
        ),
        (404, [], "bad_shape", "shape"),
        (404, {}, "bad_shape", "shape"),
        (410, {"error": {"message": "Retired"}}, "model_missing", ""),
        (400, {"error": {"message": "x", "code": "model_decommissioned"}}, "model_missing", ""),
        (
            400,
            {"error": {"message": "Model Not Exist", "type": "invalid_request_error"}},
            "model_missing",
            "",
        ),
        (400, {"error": {"message": "Model Not Exist"}}, "bad_parameter", ""),
        (
            400,
            {
                "object": "error",
                "message": "The model does not support Embeddings API",
                "type": "BadRequestError",
                "code": 400,
            },
            "wrong_operation",
            "",
        ),
        (
            402,
            {"error": {"message": "Insufficient Balance", "type": "unknown_error"}},
            "no_credit",
            "",
        ),
        (
            422,
            {"detail": [{"loc": ["body", "messages"], "msg": "Field required", "type": "missing"}]},
            "bad_parameter",
            "messages",
        ),
        (422, {"error": "Input validation error", "error_type": "validation"}, "bad_parameter", ""),
        (
            200,
            {"error": {"message": "Provider returned error", "code": 502}},
            "server_error",
            "HTTP 502",
        ),
        (200, {"error": {"message": "Rate limit", "code": "429"}}, "rate_limited", ""),
        (
            200,
            {"error": "Unexpected endpoint or method. (POST /chat/completions)"},
            "bad_shape",
            "path",
        ),
        (
            429,
            {"error": {"message": "No deployments available", "type": "None"}},
            "rate_limited",
            "",
        ),
    ],
)
def test_refusals_are_told_apart(status: int, body: object, code: str, detail: str) -> None:
    assert outcome(probe("openai_compatible").read(answer(body, status))) == (code, detail)


def test_the_list_tells_what_servers_know_of_their_models() -> None:
    rows = [
        {"id": "vllm", "max_model_len": 4096},
        {"id": "router", "name": "Router", "context_length": 128_000},
        {"id": "groq", "context_window": 8192, "max_completion_tokens": 2048},
        {"id": "litellm", "max_input_tokens": None, "max_output_tokens": 0},
    ]

    found = COMPATIBLE.read_list(target("openai_compatible"), answer(rows))

    assert [(model.id, model.name, model.values) for model in found.models] == [
        ("vllm", "", {"context_window": 4096}),
        ("router", "Router", {"context_window": 128_000}),
        ("groq", "", {"context_window": 8192, "max_output_tokens": 2048}),
        ("litellm", "", {}),
    ]
