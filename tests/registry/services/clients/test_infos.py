from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from registry.services.clients import Held, ignored_words, read_infos

FULL: dict[str, Any] = {
    "id": "acme/m-1",
    "object": "model",
    "created": 1_700_000_000,
    "owned_by": "acme",
    "type": "openai",
    "display_name": "One",
    "name": "models/m-1",
    "version": "2",
    "description": "Line one.\nLine two.",
    "inputTokenLimit": 1000,
    "outputTokenLimit": 0,
    "supportedGenerationMethods": ["generateContent"],
    "context_length": 2**31 - 1,
    "max_completion_tokens": 4096,
    "supported_parameters": ["temperature", "top_p"],
    "thinking": {
        "min": 1,
        "max": 10,
        "zero_allowed": True,
        "dynamic_allowed": False,
        "levels": ["low", "high"],
    },
}


def refused(models: object) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as caught:
        read_infos(models)
    found: dict[str, list[str]] = caught.value.message_dict
    return found


def test_a_description_is_kept_word_for_word() -> None:
    assert read_infos([FULL]) == [Held("acme/m-1", 1, FULL)]


def test_ids_are_trimmed_and_each_mention_is_a_seat() -> None:
    first, second = {"id": "m", "name": "first"}, {"id": " m\t", "name": "second"}

    assert read_infos([first, {"id": "n"}, second]) == [
        Held("m", 2, {"id": "m", "name": "first"}),
        Held("n", 1, {"id": "n"}),
    ]


@pytest.mark.parametrize("entry", [None, {}, {"id": ""}, {"id": " "}, {"id": None}])
def test_null_entries_and_blank_ids_are_skipped(entry: object) -> None:
    assert read_infos([entry, {"id": "m"}]) == [Held("m", 1, {"id": "m"})]


def test_null_and_unknown_words_are_dropped() -> None:
    entry = {"id": "m", "created": None, "colour": "red", "thinking": {"min": 1, "depth": 2}}

    assert read_infos([entry])[0].info == {"id": "m", "thinking": {"min": 1}}


def test_what_is_handed_in_is_copied() -> None:
    given = deepcopy(FULL)

    (held,) = read_infos([given])
    given["display_name"] = "Two"
    given["supported_parameters"].append("top_k")
    given["thinking"]["levels"][0] = "none"

    assert held.info == FULL


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("id", 7),
        ("id", "two words"),
        ("id", "a\x00b"),
        ("id", "m" * 201),
        ("id", "m" * 10_000),
        ("created", "1700000000"),
        ("created", 1.5),
        ("created", True),
        ("created", 2**53 + 1),
        ("created", -(2**53) - 1),
        ("context_length", -(2**40)),
        ("context_length", 2**31),
        ("owned_by", []),
        ("owned_by", "\x00"),
        ("owned_by", "\ud800"),
        ("display_name", "d" * 2_001),
        ("description", "d" * 20_001),
        ("description", {"text": "d"}),
        ("supported_parameters", "temperature"),
        ("supported_parameters", ["p"] * 201),
        ("supported_parameters", ["temperature", 1]),
        ("supported_parameters", ["\x00"]),
        ("thinking", True),
        ("thinking", []),
    ],
)
def test_a_wrong_value_is_told_by_its_place(word: str, value: object) -> None:
    found = refused([{"id": "fine"}, None, {"id": "m", word: value}])

    assert list(found) == [f"models.2.{word}"]


@pytest.mark.parametrize(
    ("thinking", "word"),
    [
        ({"min": 2, "max": 1}, "min"),
        ({"min": -1}, "min"),
        ({"max": "high"}, "max"),
        ({"zero_allowed": 1}, "zero_allowed"),
        ({"levels": [None]}, "levels"),
    ],
)
def test_a_wrong_word_of_thinking_is_told_by_its_place(
    thinking: dict[str, object], word: str
) -> None:
    assert list(refused([{"id": "m", "thinking": thinking}])) == [f"models.0.thinking.{word}"]


@pytest.mark.parametrize("created", [0, -1, 2**53, -(2**53)])
def test_any_moment_that_json_can_carry_is_kept(created: int) -> None:
    assert read_infos([{"id": "m", "created": created}])[0].info["created"] == created


@pytest.mark.parametrize("entry", ["m", 7, [], True])
def test_an_entry_is_an_object(entry: object) -> None:
    assert list(refused([{"id": "m"}, entry])) == ["models.1"]


@pytest.mark.parametrize("models", [None, {}, "m", 7, {"id": "m"}])
def test_models_are_a_list(models: object) -> None:
    assert list(refused(models)) == ["models"]


def test_every_wrong_value_is_told_at_once() -> None:
    found = refused([{"id": 1, "created": "x"}, {"id": "m", "name": 2}])

    assert list(found) == ["models.0.id", "models.0.created", "models.1.name"]


def test_what_stands_behind_a_first_description_is_read_as_well() -> None:
    assert list(refused([{"id": "m"}, {"id": "m", "name": 2}])) == ["models.1.name"]


def test_a_list_has_a_most() -> None:
    assert len(read_infos([{"id": f"m{n}"} for n in range(2_000)])) == 2_000

    assert refused([{"id": "m"}] * 2_001) == {"models": ["Enter at most 2,000 models in one call."]}


def test_an_answer_does_not_tell_thousands_of_problems() -> None:
    assert 100 <= len(refused([dict.fromkeys(FULL, object())] * 2_000)) < 150


def test_unknown_words_are_named_once() -> None:
    models = [
        None,
        {"id": "m", "colour": "red", "thinking": {"depth": 2, "min": 1}},
        {"id": "n", "colour": "blue", "thinking": 7},
        "m",
    ]

    assert ignored_words(models) == ["colour", "thinking.depth"]
    assert ignored_words([FULL]) == []


def test_few_unknown_words_are_named_and_none_at_length() -> None:
    found = ignored_words([{f"{n}" + "x" * 500: 1 for n in range(50)}, {"\ud800": 1}])

    assert len(found) == 20
    assert {len(word) for word in found} == {100}
    assert ignored_words([{"\ud800": 1}]) == ["\\ud800"]
