"""The shapes of what clients report: each key only when it is set, nothing shared."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.formats import reported

HANDLERS = ["openai", "claude", "gemini", "anthropic", "other", ""]
FULL: dict[str, Any] = {
    "id": "m",
    "object": "something",
    "created": 1_771_372_800,
    "owned_by": "acme",
    "type": "chat",
    "display_name": "Full",
    "name": "models/m",
    "version": "2",
    "description": "desc",
    "inputTokenLimit": 1000,
    "outputTokenLimit": 200,
    "supportedGenerationMethods": ["generateContent"],
    "context_length": 128_000,
    "max_completion_tokens": 4096,
    "supported_parameters": ["top_p"],
    "thinking": {"min": 1, "max": 10, "levels": ["low"]},
}
infos = st.fixed_dictionaries(
    {"id": st.just("m")},
    optional={
        name: st.none() | st.just(value) | st.sampled_from([type(value)()])
        for name, value in FULL.items()
        if name != "id"
    },
)


def test_nothing_that_is_unknown_has_a_key() -> None:
    empty = {name: type(value)() for name, value in FULL.items()} | {"id": "m"}
    head = {"id": "m", "object": "model"}

    assert reported.entry("openai", empty) == head | {"owned_by": ""}
    assert reported.entry("claude", empty) == head | {"owned_by": ""}
    assert reported.entry("gemini", empty) == {"name": "m"}
    assert reported.entry("other", empty) == head


@pytest.mark.parametrize("length", [0, -1, None])
def test_a_length_that_is_not_positive_is_unknown(length: int | None) -> None:
    info = {"id": "m", "context_length": length, "inputTokenLimit": length, "created": length}

    assert reported.entry("openai", info) == {"id": "m", "object": "model", "owned_by": ""}
    assert reported.entry("gemini", info) == {"name": "m"}


def test_a_negative_moment_is_kept_by_the_generic_shape_alone() -> None:
    info = {"id": "m", "created": -5}

    assert reported.entry("", info) == {"id": "m", "object": "model", "created": -5}
    for handler in ("openai", "claude", "anthropic"):
        found = reported.entry(handler, info)
        assert "created" not in found
        assert "created_at" not in found


@pytest.mark.parametrize("handler", ["OpenAI", " openai "])
def test_a_handler_is_known_in_any_case(handler: str) -> None:
    assert reported.entry(handler, FULL) == reported.entry("openai", FULL)


def test_the_real_shape_of_anthropic() -> None:
    assert reported.entry("anthropic", FULL) == {
        "id": "m",
        "object": "model",
        "owned_by": "acme",
        "type": "model",
        "display_name": "Full",
        "created_at": "2026-02-18T00:00:00Z",
        "max_input_tokens": 128_000,
        "max_tokens": 4096,
    }
    bare = reported.entry("anthropic", {"id": "m", "inputTokenLimit": 5, "outputTokenLimit": 6})
    assert (bare["display_name"], bare["max_input_tokens"], bare["max_tokens"]) == ("m", 5, 6)


@pytest.mark.parametrize("created", [2**53, 10**12])
def test_a_moment_that_no_date_can_tell_is_left_out(created: int) -> None:
    assert "created_at" not in reported.entry("anthropic", {"id": "m", "created": created})
    assert reported.entry("openai", {"id": "m", "created": created})["created"] == created


@given(st.sampled_from(HANDLERS), infos)
def test_any_description_has_an_entry_that_shares_nothing_with_it(
    handler: str, info: dict[str, Any]
) -> None:
    before = deepcopy(info)

    found = reported.entry(handler, info)
    for value in found.values():
        if isinstance(value, list):
            value.append("changed")

    assert info == before
    assert None not in found.values()
    assert found.get("object", "model") == "model"
    assert found.get("id", "m") == "m"
