"""What a refusal says of itself, in whatever form it comes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.dialects.refusals import LONGEST_TEXT, Refusal, opened
from tests.registry.dialects.answers import answer, plain


def refusal(body: object, status: int = 400, **headers: str) -> Refusal:
    found = opened(answer(body, status, headers=headers))
    assert isinstance(found, Refusal)
    return found


@pytest.mark.parametrize(
    ("body", "shape", "said"),
    [
        ({"error": {"message": "No", "type": "x"}}, "object", "No"),
        ({"error": {"message": {"detail": "Deep"}}}, "object", "Deep"),
        ({"error": {"code": 404}}, "object", ""),
        ([{"error": {"message": "Listed"}}], "object", "Listed"),
        ({"error": "No"}, "text", "No"),
        ({"detail": "No"}, "detail", "No"),
        ({"detail": {"error": "Model id = nope not found"}}, "detail", "Model id = nope not found"),
        ({"detail": [{"msg": "a"}, {"msg": "b"}, "c", "d"]}, "detail", "a; b; c"),
        ({"message": "No", "id": "1"}, "flat", "No"),
        ({"object": "error", "message": "No", "code": 404}, "flat", "No"),
        ({"error": {}}, "shape", ""),
        ({"error": None}, "shape", ""),
        ({"error": True, "message": "No"}, "flat", "No"),
        ({"error": " "}, "shape", ""),
        ([{"error": "a"}, {"error": "b"}], "shape", ""),
        ("[[[[[[]]]]]]", "shape", ""),
    ],
)
def test_the_form_of_an_error_is_known(body: object, shape: str, said: str) -> None:
    found = refusal(body)

    assert (found.shape, found.said) == (shape, said)


def test_codes_types_and_reasons_are_its_words() -> None:
    body = {
        "error": {
            "code": 400,
            "type": "Invalid_Request_Error",
            "status": "INVALID_ARGUMENT",
            "innererror": {"code": "Inner"},
            "details": [{"reason": "API_KEY_INVALID"}, {"reason": None}, "text"],
            "errors": [{"reason": "badRequest"}],
        }
    }

    assert refusal(body).words == {
        *("400", "invalid_request_error", "invalid_argument"),
        *("inner", "api_key_invalid", "badrequest"),
    }


@pytest.mark.parametrize("empty", [None, "", "None", " null ", True, [], {}, 10**30, 1.5])
def test_what_says_nothing_is_no_word(empty: object) -> None:
    assert refusal({"error": {"message": "No", "code": empty, "type": empty}}).words == frozenset()


@pytest.mark.parametrize(
    "body",
    [
        {"choices": [], "error": None},
        {"message": {"content": "pong"}, "detail": "fine"},
        {"error": {}},
        {"type": "message"},
        [],
        7,
        None,
    ],
)
def test_a_good_answer_without_an_error_is_its_json(body: object) -> None:
    assert opened(answer(body if body is not None else "null")) == body


@pytest.mark.parametrize("status", [200, 201, 299])
def test_every_status_from_200_on_is_good(status: int) -> None:
    assert opened(answer({"a": 1}, status)) == {"a": 1}


@pytest.mark.parametrize("mark", [{"object": "error"}, {"type": "error"}])
def test_a_flat_error_inside_a_good_answer_marks_itself(mark: dict[str, str]) -> None:
    found = refusal(mark | {"message": "No", "code": 503}, 200)

    assert (found.shape, found.status) == ("flat", 503)


def test_a_plain_text_is_kept_and_cut() -> None:
    found = opened(plain("x" * 5000, 502))

    assert isinstance(found, Refusal)
    assert found.said == "x" * LONGEST_TEXT


def test_a_text_is_kept_as_a_database_takes_it() -> None:
    found = opened(answer(b"bad \x00 \xff bytes", 500))

    assert isinstance(found, Refusal)
    assert found.said == "bad  \ufffd bytes"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        (" 7 ", 7),
        ("0", 0),
        ("7.9", 7),
        ("999999999", 86_400),
        ("9999999999999", None),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("\u0667", None),  # a digit, but not of ours
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Wed, 21 Oct 2015 07:28:00 -0000", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
        ("Fri, 99 Dec 9999 23:59:59 GMT", None),
    ],
)
def test_the_wait_is_read_in_seconds_within_a_day(header: str, seconds: int | None) -> None:
    body = {"error": {"message": "Slow down"}}

    assert refusal(body, 429, **{"retry-after": header}).retry_after == seconds


def test_the_wait_is_read_from_a_date() -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)

    found = opened(answer("", 503, headers={"retry-after": moment})).retry_after

    assert found is not None
    assert 28 <= found <= 30


@given(st.text(max_size=60))
def test_any_wait_is_read_or_unknown(header: str) -> None:
    found = refusal({"error": {"message": "x"}}, 429, **{"retry-after": header}).retry_after

    assert found is None or 0 <= found <= 86_400


@pytest.mark.parametrize(
    ("body", "fields", "culprit"),
    [
        ({"error": {"param": "max_tokens"}}, ["model", "max_tokens"], "max_tokens"),
        ({"error": {"param": "reasoning.effort"}}, ["reasoning"], "reasoning"),
        ({"error": {"param": "Max_Tokens"}}, ["max_tokens"], "max_tokens"),
        ({"error": {"param": ["max_tokens"]}}, ["max_tokens"], ""),
        ({"error": {"param": "tools"}}, ["max_tokens"], ""),
        ({"detail": [{"loc": ["body", 0, "dimensions"]}]}, ["dimensions"], "dimensions"),
        (
            {"error": {"code": "unknown_parameter", "message": "I do not know 'top_k'"}},
            ["top_k"],
            "top_k",
        ),
        (
            {"error": {"message": "Extra inputs are not permitted: dimensions"}},
            ["model", "dimensions"],
            "dimensions",
        ),
        ({"error": {"message": "This model wants other dimensions"}}, ["dimensions"], ""),
        (
            {"error": {"message": "Unsupported value: not supported with this model"}},
            ["model", "input"],
            "",
        ),
        ({"error": {"message": "Unsupported parameter: max_tokens_x"}}, ["max_tokens"], ""),
    ],
)
def test_the_culprit_is_one_of_our_own_fields(
    body: object, fields: list[str], culprit: str
) -> None:
    assert refusal(body).culprit(fields) == culprit
