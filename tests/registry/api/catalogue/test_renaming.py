"""The names of /api/registry, and back."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.exceptions import ValidationError

from registry.api.catalogue.renaming import NAMES, OURS, THEIRS

OUR_MODEL: dict[str, Any] = {
    "id": "6d1c2c28-7b06-4492-99df-96aa46920138",
    "slug": "gpt-4o",
    "provider": "openai",
    "model_id": "gpt-4o-2024-08-06",
    "config": {"context_window": 128000, "max_output_tokens": None, "top_p": 1.0},
    "latency_ms": 300,
    "tokens_per_second": None,
    "settings": {"region": "eu"},
    "capabilities": {"vision": True},
}
THEIR_MODEL: dict[str, Any] = {
    "id": "gpt-4o",
    "model_id": "gpt-4o",
    "provider_id": "openai",
    "model_string": "gpt-4o-2024-08-06",
    "config": {"top_p": 1.0},
    "context_window": 128000,
    "max_output_tokens": None,
    "performance": {"latency_ms": 300, "tokens_per_second": None},
    "platform_configs": {"region": "eu"},
    "capabilities": {"vision": True},
}
OUR_ROUTE = {"id": "1", "slug": "a@b", "model": "a", "platform": "b", "provider": "c"}
THEIR_ROUTE = {
    "id": "a@b",
    "route_id": "a@b",
    "model_id": "a",
    "platform_id": "b",
    "provider_id": "c",
}


def test_a_model_is_told_by_the_names_of_the_mount() -> None:
    assert THEIRS.theirs("model", OUR_MODEL) == THEIR_MODEL


def test_a_body_under_those_names_means_our_fields() -> None:
    body = {name: value for name, value in THEIR_MODEL.items() if name != "id"}

    found = THEIRS.ours("model", body, is_new=False)

    assert found == {name: value for name, value in OUR_MODEL.items() if name != "id"}


def test_our_own_names_are_understood_there_too() -> None:
    body = {"slug": "a", "provider": "b", "config": {"context_window": 4096}, "latency_ms": 5}

    assert THEIRS.ours("model", body, is_new=False) == body


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"model_id": "a", "slug": "b"}, "model_id"),
        ({"provider_id": "a", "provider": "a"}, "provider_id"),
        ({"context_window": 4096, "config": {"context_window": 8192}}, "context_window"),
        ({"context_window": 4096, "config": "none"}, "context_window"),
    ],
)
def test_a_value_is_given_once(body: dict[str, Any], named: str) -> None:
    with pytest.raises(ValidationError) as refused:
        THEIRS.ours("model", body, is_new=False)

    assert set(refused.value.detail) == {named}


@pytest.mark.parametrize("value", [5, None, [], "fast", {}, {"colour": 1}])
def test_what_the_layer_does_not_know_is_left_for_the_resource_to_refuse(value: Any) -> None:
    assert THEIRS.ours("model", {"performance": value}, is_new=False) == {"performance": value}


def test_a_new_model_without_a_type_is_for_generation() -> None:
    assert THEIRS.ours("model", {}, is_new=True) == {"type": "generation"}
    assert THEIRS.ours("model", {"type": "ner"}, is_new=True) == {"type": "ner"}
    assert THEIRS.ours("model", {}, is_new=False) == {}
    assert OURS.ours("model", {}, is_new=True) == {}


def test_the_body_that_was_sent_stays_as_it_is() -> None:
    body = {"context_window": 4096, "config": {"top_p": 1}}

    THEIRS.ours("model", body, is_new=False)

    assert body == {"context_window": 4096, "config": {"top_p": 1}}


def test_lists_and_what_is_inside_of_an_answer_are_renamed() -> None:
    page = {"count": 1, "next": None, "previous": None, "results": [OUR_MODEL]}
    choice = {
        "results": [{"model": OUR_MODEL, "route": OUR_ROUTE}, {"model": OUR_MODEL, "route": None}],
        "rejected": [{"model": "x", "reasons": []}],
    }

    assert THEIRS.theirs("model", page)["results"] == [THEIR_MODEL]
    assert THEIRS.theirs("choice", choice) == {
        "results": [
            {"model": THEIR_MODEL, "route": THEIR_ROUTE},
            {"model": THEIR_MODEL, "route": None},
        ],
        "rejected": [{"model_id": "x", "reasons": []}],
    }


def test_a_complaint_names_the_field_that_was_sent() -> None:
    error = {"error": {"code": "invalid", "fields": {"slug": ["a"], "model_id": ["b"]}}}

    found = THEIRS.theirs("model", error)

    assert found["error"]["fields"] == {"model_id": ["a"], "model_string": ["b"]}
    assert THEIRS.theirs("model", {"error": {"code": "in_use"}}) == {"error": {"code": "in_use"}}
    assert THEIRS.field("model", "config.context_window") == "context_window"


def test_under_our_mount_nothing_is_renamed() -> None:
    for kind in NAMES:
        assert OURS.theirs(kind, OUR_MODEL) is OUR_MODEL
        assert OURS.field(kind, "slug") == "slug"
