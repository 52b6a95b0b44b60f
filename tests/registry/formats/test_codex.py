"""The list that the Codex CLI reads; its reader refuses a list with one wrong entry."""

from __future__ import annotations

from typing import Any

import pytest

from registry.types import Thinking
from tests.registry.formats.listing import bare, known, read, shape

# What its reader must find, and of which type; the others may be missing.
REQUIRED: dict[str, type] = {
    "slug": str,
    "display_name": str,
    "supported_reasoning_levels": list,
    "shell_type": str,
    "visibility": str,
    "supported_in_api": bool,
    "priority": int,
    "base_instructions": str,
    "supports_reasoning_summaries": bool,
    "support_verbosity": bool,
    "truncation_policy": dict,
    "supports_parallel_tool_calls": bool,
    "experimental_supported_tools": list,
    "input_modalities": list,
}


def entry(**fields: Any) -> dict[str, Any]:
    (found,) = read("codex", [known(**fields)])["models"]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("model", [bare(), known()])
def test_every_key_that_the_reader_needs_is_there(model: Any) -> None:
    (found,) = read("codex", [model])["models"]

    assert {key: type(found[key]) for key in REQUIRED} == REQUIRED


def test_a_model_goes_by_its_id_and_shows_its_name() -> None:
    found = entry()

    assert (found["slug"], found["display_name"]) == ("acme-chat", "Acme Chat")
    assert (found["description"], found["context_window"]) == ("Talks.", 128_000)


def test_a_context_that_is_not_known_is_left_out() -> None:
    assert "context_window" not in entry(context_window=None)


def test_only_levels_that_the_reader_knows_are_told() -> None:
    thinking = Thinking(levels=("ultra", "high", "medium"))

    assert entry(thinking=thinking)["supported_reasoning_levels"] == [
        {"effort": "medium", "description": "Medium"},
        {"effort": "high", "description": "High"},
    ]


def test_the_middle_level_is_the_usual_one_where_there_is_one() -> None:
    assert entry(thinking=Thinking(levels=("medium",)))["default_reasoning_level"] == "medium"
    assert "default_reasoning_level" not in entry(thinking=Thinking(levels=("high",)))
    assert "default_reasoning_level" not in entry(thinking=None)


@pytest.mark.parametrize(
    ("fields", "visibility"),
    [
        ({"type": "generation", "mode": "chat"}, "list"),
        ({"type": "", "mode": "responses"}, "list"),
        ({"type": "embedding", "mode": "embedding"}, "hide"),
        ({"type": "ner", "mode": ""}, "hide"),
    ],
)
def test_only_what_can_hold_a_conversation_can_be_picked(
    fields: dict[str, str], visibility: str
) -> None:
    assert entry(**fields)["visibility"] == visibility


def test_a_picture_is_taken_only_where_that_is_known() -> None:
    assert entry()["input_modalities"] == ["text", "image"]
    assert entry(capabilities={})["input_modalities"] == ["text"]


def test_who_takes_over_is_offered_as_the_upgrade() -> None:
    assert entry(replacement="acme-5")["upgrade"] == {
        "model": "acme-5",
        "migration_markdown": "",
    }
    assert entry()["upgrade"] is None


def test_it_refuses_as_the_openai_list_does() -> None:
    refused = (401, "not_authenticated", "No.")

    assert shape("codex").error(*refused) == shape("openai").error(*refused)
