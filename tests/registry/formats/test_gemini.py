"""The list that Google's client reads."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from registry.formats.base import BadPageError
from tests.registry.formats.listing import answer, bare, known, numbered, read, shape


def entry(**fields: Any) -> dict[str, Any]:
    (found,) = read("gemini", [known(**fields)])["models"]
    assert isinstance(found, dict)
    return found


def names(found: Any) -> list[str]:
    return [one["name"] for one in found["models"]]


def test_an_entry_has_the_keys_of_the_real_api() -> None:
    found = shape("gemini").entry(known())

    assert found == {
        "name": "models/acme-chat",
        "version": "4.1",
        "displayName": "Acme Chat",
        "description": "Talks.",
        "inputTokenLimit": 100_000,
        "outputTokenLimit": 8_192,
        "supportedGenerationMethods": ["generateContent"],
        "temperature": 0.7,
        "topP": 0.9,
        "topK": 40,
        "thinking": True,
    }


def test_what_is_not_known_is_left_out() -> None:
    assert read("gemini", [bare("acme/x")]) == {
        "models": [{"name": "models/acme/x", "displayName": "acme/x"}]
    }


def test_a_known_no_is_told() -> None:
    assert entry(capabilities={"reasoning": False})["thinking"] is False


def test_a_temperature_of_nought_is_a_temperature() -> None:
    assert entry(temperature=0.0)["temperature"] == 0


@pytest.mark.parametrize(
    ("llm_type", "methods"),
    [
        ("generation", ["generateContent", "countTokens"]),
        ("embedding", ["embedContent", "batchEmbedContents"]),
    ],
)
def test_the_type_says_what_can_be_called_where_nobody_else_does(
    llm_type: str, methods: list[str]
) -> None:
    assert entry(type=llm_type, methods=())["supportedGenerationMethods"] == methods


def test_a_type_that_google_does_not_have_has_no_methods() -> None:
    assert "supportedGenerationMethods" not in entry(type="ner", methods=())


def test_a_page_has_fifty_entries_unless_told_otherwise() -> None:
    assert len(read("gemini", numbered(51))["models"]) == 50
    assert len(read("gemini", numbered(51), pageSize="0")["models"]) == 50


def test_a_page_that_is_too_large_gets_a_thousand_as_google_does() -> None:
    assert len(read("gemini", numbered(1200), pageSize="5000")["models"]) == 1000


def test_the_last_page_has_no_token() -> None:
    assert "nextPageToken" not in read("gemini", numbered(50))
    assert read("gemini", []) == {"models": []}


@pytest.mark.parametrize("size", ["1", "7", "46", "47", "50"])
def test_following_the_token_shows_every_model_once(size: str) -> None:
    models, seen, query = numbered(47), [], {"pageSize": size}
    while True:
        found = read("gemini", models, **query)
        seen += names(found)
        if "nextPageToken" not in found:
            break
        query["pageToken"] = found["nextPageToken"]

    assert seen == [f"models/m{number}" for number in range(47, 0, -1)]


def test_a_token_tells_nothing_at_first_sight_and_needs_no_quoting() -> None:
    token = read("gemini", [bare("acme/ä?&"), bare("b")], pageSize="1")["nextPageToken"]

    assert "acme" not in token
    assert set(token) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")


def test_a_model_that_is_added_between_two_pages_repeats_and_hides_none() -> None:
    models = numbered(4)
    token = read("gemini", models, pageSize="2")["nextPageToken"]

    newer = [*models, bare("newest", created=2_000_000_000)]

    assert names(read("gemini", newer, pageToken=token)) == ["models/m2", "models/m1"]


def test_a_token_counts_on_when_its_model_has_gone() -> None:
    models = numbered(4)
    token = read("gemini", models, pageSize="2")["nextPageToken"]

    without = [model for model in models if model.id != "m3"]
    assert names(read("gemini", without, pageToken=token)) == ["models/m1"]
    assert names(read("gemini", models[:1], pageToken=token)) == []


@pytest.mark.parametrize(
    "token",
    [
        "nonsense",
        "%%%",
        "ä",
        "b2Zmc2V0PTUw",
        base64.urlsafe_b64encode(b"-1:m1").decode(),
        base64.urlsafe_b64encode(b"2:").decode(),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
        base64.urlsafe_b64encode(b"9" * 5000 + b":m").decode(),
    ],
)
def test_a_token_that_is_not_ours_is_refused(token: str) -> None:
    with pytest.raises(BadPageError) as caught:
        answer("gemini", numbered(3), pageToken=token)

    assert caught.value.field == "pageToken"


@pytest.mark.parametrize("size", ["-1", "many", "1e3"])
def test_a_page_size_that_is_none_is_refused(size: str) -> None:
    with pytest.raises(BadPageError) as caught:
        answer("gemini", numbered(3), pageSize=size)

    assert caught.value.field == "pageSize"


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (400, "INVALID_ARGUMENT"),
        (401, "UNAUTHENTICATED"),
        (403, "PERMISSION_DENIED"),
        (404, "NOT_FOUND"),
        (406, "INVALID_ARGUMENT"),
        (409, "ABORTED"),
        (429, "RESOURCE_EXHAUSTED"),
        (500, "INTERNAL"),
        (502, "INTERNAL"),
        (503, "UNAVAILABLE"),
    ],
)
def test_a_refusal_has_the_word_of_the_real_api(status: int, word: str) -> None:
    assert shape("gemini").error(status, "ours", "No.", "pageSize") == {
        "error": {"code": status, "message": "No.", "status": word}
    }
