"""The list that the Anthropic client and Claude Code read."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from registry.formats.base import BadPageError
from registry.types import Thinking
from tests.registry.formats.listing import answer, bare, known, numbered, read, shape


def entry(**fields: Any) -> dict[str, Any]:
    (found,) = read("anthropic", [known(**fields)])["data"]
    assert isinstance(found, dict)
    return found


def ids(found: Any) -> list[str]:
    return [one["id"] for one in found["data"]]


def test_an_entry_has_the_keys_of_the_real_api() -> None:
    assert entry(thinking=None) == {
        "type": "model",
        "id": "acme-chat",
        "display_name": "Acme Chat",
        "created_at": "2025-10-09T08:53:20Z",
        "max_input_tokens": 100_000,
        "max_tokens": 8_192,
        "lifecycle": "active",
        "deprecated_at": None,
        "retires_at": "2027-03-31T00:00:00Z",
        "line": None,
        "capabilities": {"image_input": {"supported": True}, "thinking": {"supported": True}},
    }


def test_what_is_not_known_is_null_and_the_name_is_the_id() -> None:
    (found,) = read("anthropic", [bare("acme/x")])["data"]

    unknown = ("max_input_tokens", "max_tokens", "retires_at", "capabilities")
    assert [found[key] for key in unknown] == [None] * 4
    assert found["display_name"] == "acme/x"


def test_an_unknown_release_date_is_the_epoch_as_in_the_real_api() -> None:
    assert entry(created=0)["created_at"] == "1970-01-01T00:00:00Z"


def test_a_date_that_no_calendar_holds_breaks_no_list() -> None:
    assert entry(created=2**53)["created_at"] == "1970-01-01T00:00:00Z"
    assert entry(created=-(2**53))["created_at"] == "1970-01-01T00:00:00Z"


def test_a_context_window_bounds_the_input_where_nothing_finer_is_known() -> None:
    assert entry(max_input_tokens=None)["max_input_tokens"] == 128_000


def test_a_deprecated_model_says_since_when_and_until_when() -> None:
    since = datetime(2026, 5, 1, 2, 30, tzinfo=timezone(timedelta(hours=2)))
    found = entry(status="deprecated", deprecated_at=since, retires_on=date(2026, 12, 24))

    assert (found["lifecycle"], found["deprecated_at"], found["retires_at"]) == (
        "deprecated",
        "2026-05-01T00:30:00Z",
        "2026-12-24T00:00:00Z",
    )


def test_a_beta_model_is_an_active_one() -> None:
    assert entry(status="beta")["lifecycle"] == "active"


def test_a_capability_that_the_model_lacks_is_told_and_an_unknown_one_is_not() -> None:
    found = entry(capabilities={"pdf_input": False, "streaming": True}, thinking=None)

    assert found["capabilities"] == {"pdf_input": {"supported": False}}


def test_levels_of_thinking_are_levels_of_effort() -> None:
    effort = entry(thinking=Thinking(levels=("low", "high")))["capabilities"]["effort"]

    assert effort["supported"] is True
    assert [level for level, said in effort.items() if said == {"supported": True}] == [
        "low",
        "high",
    ]
    assert effort["max"] == {"supported": False}


def test_a_page_has_twenty_entries_unless_told_otherwise() -> None:
    found = read("anthropic", numbered(21))

    assert len(found["data"]) == 20
    assert (found["has_more"], found["first_id"], found["last_id"]) == (True, "m21", "m2")


def test_an_empty_page_has_null_cursors() -> None:
    assert read("anthropic", []) == {
        "data": [],
        "has_more": False,
        "first_id": None,
        "last_id": None,
    }


def test_a_page_after_the_last_entry_is_empty() -> None:
    found = read("anthropic", numbered(3), after_id="m1")

    assert (found["data"], found["has_more"], found["last_id"]) == ([], False, None)


def test_following_the_cursor_shows_every_model_once() -> None:
    models, seen, query = numbered(47), [], {"limit": "10"}
    while True:
        found = read("anthropic", models, **query)
        seen += ids(found)
        if not found["has_more"]:
            break
        query["after_id"] = found["last_id"]

    assert seen == [f"m{number}" for number in range(47, 0, -1)]


def test_following_the_cursor_backwards_does_too() -> None:
    models, seen, query = numbered(47), ["m1"], {"limit": "10", "before_id": "m1"}
    while True:
        found = read("anthropic", models, **query)
        seen = ids(found) + seen
        if not found["has_more"]:
            break
        query["before_id"] = found["first_id"]

    assert seen == [f"m{number}" for number in range(47, 0, -1)]


def test_whether_there_is_more_looks_in_the_direction_that_was_asked() -> None:
    models = numbered(5)

    assert read("anthropic", models, limit="2", before_id="m3")["has_more"] is False
    assert read("anthropic", models, limit="2", before_id="m2")["has_more"] is True
    assert read("anthropic", models, limit="2", before_id="m5")["data"] == []


def test_an_id_with_a_slash_is_a_cursor_like_any_other() -> None:
    models = [bare("acme/a", created=3), bare("acme/b", created=2), bare("acme/c", created=1)]

    assert ids(read("anthropic", models, limit="1", after_id="acme/a")) == ["acme/b"]


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "ten", "1.5", "²", "9" * 5000])
def test_a_limit_that_is_none_is_refused(limit: str) -> None:
    with pytest.raises(BadPageError) as caught:
        answer("anthropic", numbered(3), limit=limit)

    assert caught.value.field == "limit"


def test_the_largest_page_has_a_thousand() -> None:
    assert len(read("anthropic", numbered(1200), limit="1000")["data"]) == 1000


@pytest.mark.parametrize("field", ["after_id", "before_id"])
def test_an_unknown_cursor_is_refused_rather_than_answered_from_the_start(field: str) -> None:
    with pytest.raises(BadPageError) as caught:
        answer("anthropic", numbered(3), **{field: "nope"})

    assert caught.value.field == field


def test_two_cursors_at_once_are_refused() -> None:
    with pytest.raises(BadPageError) as caught:
        answer("anthropic", numbered(3), after_id="m1", before_id="m3")

    assert caught.value.field == "before_id"


@pytest.mark.parametrize(
    ("stages", "shown"),
    [
        ("active", 3),
        ("deprecated,active", 3),
        (" retired , active ", 3),
        ("", 3),
        ("deprecated", 0),
        ("retired,deprecated", 0),
    ],
)
def test_only_the_stages_that_are_asked_for_are_listed(stages: str, shown: int) -> None:
    found = read("anthropic", numbered(3), lifecycle=stages, limit="5")

    assert len(found["data"]) == shown
    assert not found["has_more"]
    assert (found["last_id"] is None) == (not shown)


@pytest.mark.parametrize("stages", ["gone", "active,gone", "ACTIVE"])
def test_an_unknown_stage_is_refused(stages: str) -> None:
    with pytest.raises(BadPageError) as caught:
        answer("anthropic", numbered(3), lifecycle=stages)

    assert caught.value.field == "lifecycle"


def test_an_empty_parameter_is_one_that_was_not_given() -> None:
    found = read("anthropic", numbered(3), limit="", after_id="", before_id="")

    assert len(found["data"]) == 3


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (403, "permission_error"),
        (404, "not_found_error"),
        (409, "invalid_request_error"),
        (413, "request_too_large"),
        (429, "rate_limit_error"),
        (500, "api_error"),
        (503, "overloaded_error"),
    ],
)
def test_a_refusal_has_the_word_of_the_real_api(status: int, kind: str) -> None:
    assert shape("anthropic").error(status, "ours", "No.") == {
        "type": "error",
        "error": {"type": kind, "message": "No."},
        "request_id": None,
    }


def test_a_refused_parameter_is_named_once() -> None:
    form = shape("anthropic")

    named = form.error(400, "invalid", "limit must be a number.", "limit")
    unnamed = form.error(400, "invalid", "No.", "limit")

    assert named["error"]["message"] == "limit must be a number."
    assert unnamed["error"]["message"] == "limit: No."


def test_a_moment_is_told_in_utc_to_the_second() -> None:
    since = datetime(2026, 5, 1, 0, 30, 0, 999_999, tzinfo=UTC)

    assert entry(deprecated_at=since)["deprecated_at"] == "2026-05-01T00:30:00Z"
