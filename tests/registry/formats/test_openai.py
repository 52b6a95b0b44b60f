"""The list that the OpenAI client reads."""

from __future__ import annotations

from datetime import date

import pytest

from tests.registry.formats.listing import CREATED, bare, known, read, shape


def test_an_entry_has_the_keys_of_the_real_api() -> None:
    assert read("openai", [known()]) == {
        "object": "list",
        "data": [
            {
                "id": "acme-chat",
                "object": "model",
                "created": CREATED,
                "owned_by": "acme",
                "shutdown_date": "2027-03-31",
            }
        ],
    }


def test_a_date_that_is_not_known_is_the_epoch_and_the_rest_is_null() -> None:
    (entry,) = read("openai", [bare()])["data"]

    # A strict reader takes a null there for a broken list.
    assert (entry["created"], entry["shutdown_date"]) == (0, None)


def test_a_model_alone_is_its_entry() -> None:
    form = shape("openai")

    assert form.single(known()) == form.entry(known())


def test_an_empty_list_is_a_list() -> None:
    assert read("openai", []) == {"object": "list", "data": []}


def test_there_are_no_pages() -> None:
    models = [bare(f"m{number}") for number in range(1200)]

    assert len(read("openai", models, limit="10", after="m3")["data"]) == 1200


def test_the_newest_comes_first_and_equals_by_id() -> None:
    models = [bare("b", created=5), bare("old", created=1), bare("a", created=5), bare("nameless")]

    assert [entry["id"] for entry in read("openai", models)["data"]] == [
        "a",
        "b",
        "old",
        "nameless",
    ]


def test_a_model_from_before_1970_keeps_its_date_and_stands_among_the_last() -> None:
    models = [bare("ancient", created=-5), bare("new", created=5)]

    assert [entry["created"] for entry in read("openai", models)["data"]] == [5, -5]


@pytest.mark.parametrize(
    ("status", "ours", "kind", "param", "code"),
    [
        (401, "not_authenticated", "invalid_request_error", None, "invalid_api_key"),
        (403, "permission_denied", "invalid_request_error", None, "permission_denied"),
        (404, "not_found", "invalid_request_error", "model", "model_not_found"),
        (429, "throttled", "requests", None, "rate_limit_exceeded"),
        (500, "", "server_error", None, None),
        (503, "unavailable", "server_error", None, "unavailable"),
        (529, "overloaded", "server_error", None, "overloaded"),
    ],
)
def test_a_refusal_has_the_words_of_the_real_api(
    status: int, ours: str, kind: str, param: str | None, code: str | None
) -> None:
    assert shape("openai").error(status, ours, "No.") == {
        "error": {"message": "No.", "type": kind, "param": param, "code": code}
    }


def test_a_refused_parameter_is_named() -> None:
    error = shape("openai").error(400, "invalid", "No.", "status")["error"]

    assert (error["param"], error["code"]) == ("status", "invalid")


def test_a_shutdown_date_is_a_day_without_a_time() -> None:
    (entry,) = read("openai", [bare(retires_on=date(2027, 1, 2))])["data"]

    assert entry["shutdown_date"] == "2027-01-02"
