"""The list that Ollama's client reads, and what it shows of one model."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.registry.formats.listing import bare, known, read, shape


def show(**fields: Any) -> dict[str, Any]:
    return shape("ollama").single(known(**fields))


def test_a_tag_has_the_keys_of_the_real_api() -> None:
    assert read("ollama", [known("acme:7b")]) == {
        "models": [
            {
                "name": "acme:7b",
                "model": "acme:7b",
                "modified_at": "2026-02-01T10:00:00Z",
                "size": 0,
                "digest": hashlib.sha256(b"acme:7b").hexdigest(),
                "details": {
                    "parent_model": "",
                    "format": "",
                    "family": "Acme 4",
                    "families": ["Acme 4"],
                    "parameter_size": "",
                    "quantization_level": "",
                },
            }
        ]
    }


def test_a_family_that_is_not_known_is_empty_and_its_list_null() -> None:
    details = shape("ollama").entry(bare())["details"]

    assert (details["family"], details["families"]) == ("", None)


def test_a_digest_stays_the_same_when_the_model_changes() -> None:
    form = shape("ollama")

    assert form.entry(known())["digest"] == form.entry(bare())["digest"]
    assert form.entry(bare("other"))["digest"] != form.entry(bare())["digest"]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"updated_at": datetime(2026, 2, 1, 10, 0, tzinfo=UTC)}, "2026-02-01T10:00:00Z"),
        ({"updated_at": None}, "2025-10-09T08:53:20Z"),
        ({"updated_at": None, "created": 0}, "0001-01-01T00:00:00Z"),
    ],
)
def test_a_model_was_modified_when_it_changed_or_else_when_it_was_made(
    fields: dict[str, Any], told: str
) -> None:
    assert shape("ollama").entry(known(**fields))["modified_at"] == told
    assert show(**fields)["modified_at"] == told


def test_a_model_alone_tells_its_limits_under_the_architecture_it_declares() -> None:
    info = show(dimensions=4096)["model_info"]

    assert info == {
        "general.architecture": "acme-4",
        "acme-4.context_length": 128_000,
        "acme-4.embedding_length": 4096,
    }


@pytest.mark.parametrize("family", ["", "  ", "日本"])
def test_an_architecture_is_always_declared(family: str) -> None:
    assert show(family=family)["model_info"]["general.architecture"] == "unknown"


def test_a_limit_that_is_not_known_is_left_out() -> None:
    assert show(context_window=None, dimensions=None)["model_info"] == {
        "general.architecture": "acme-4"
    }


def test_the_parameters_are_lines_of_a_modelfile() -> None:
    assert show()["parameters"].splitlines() == [
        "num_ctx 128000",
        "temperature 0.7",
        "top_k 40",
        "top_p 0.9",
    ]


def test_parameters_that_are_not_known_are_no_lines() -> None:
    assert shape("ollama").single(bare())["parameters"] == ""


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, ["completion", "tools", "vision", "thinking"]),
        ({"capabilities": {"tools": False}}, ["completion"]),
        ({"type": "embedding", "mode": "", "capabilities": {}}, ["embedding"]),
        ({"type": "", "mode": "embedding", "capabilities": {}}, ["embedding"]),
        ({"type": "", "mode": "responses", "capabilities": {}}, ["completion"]),
    ],
)
def test_its_capabilities_are_ollamas_words(fields: dict[str, Any], words: list[str]) -> None:
    assert show(**fields)["capabilities"] == words


def test_where_nothing_is_known_of_its_capabilities_nothing_is_said() -> None:
    # An empty list would say that it can do nothing.
    assert "capabilities" not in shape("ollama").single(bare())


def test_an_empty_list_is_a_list() -> None:
    assert read("ollama", []) == {"models": []}


def test_a_refusal_is_a_text() -> None:
    error = shape("ollama").error(404, "not_found", "model 'x' not found", "model")

    assert error == {"error": "model 'x' not found"}
