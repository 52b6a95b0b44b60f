"""The catalogue in the shape of models.dev."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from registry.formats.base import encode
from registry.types import Thinking
from tests.registry.formats.listing import bare, known, numbered, read, shape


def entry(**fields: Any) -> dict[str, Any]:
    found = read("models_dev", [known(**fields)])["acme"]["models"]["acme-chat"]
    assert isinstance(found, dict)
    return found


def test_a_provider_holds_its_models_by_id() -> None:
    found = read("models_dev", [known("acme/chat")])

    assert list(found) == ["acme"]
    provider = found["acme"]
    assert list(provider.pop("models")) == ["acme/chat"]
    assert provider == {
        "id": "acme",
        "name": "Acme Inc.",
        "env": ["ACME_API_KEY"],
        "npm": "@ai-sdk/openai-compatible",
    }


def test_a_known_provider_has_a_package_of_its_own() -> None:
    found = read("models_dev", [known(owned_by="anthropic")])

    assert found["anthropic"]["npm"] == "@ai-sdk/anthropic"


def test_an_entry_has_the_keys_of_the_real_file() -> None:
    assert entry() == {
        "id": "acme-chat",
        "name": "Acme Chat",
        "family": "Acme 4",
        "attachment": True,
        "reasoning": True,
        "reasoning_options": [
            {"type": "toggle"},
            {"type": "effort", "values": ["low", "high"]},
            {"type": "budget_tokens", "min": 0, "max": 1024},
        ],
        "tool_call": True,
        "temperature": True,
        "release_date": "2025-10-09",
        "last_updated": "2026-02-01",
        "modalities": {"input": ["text", "image"], "output": ["text"]},
        "limit": {"context": 128_000, "input": 100_000, "output": 8_192},
        "cost": {"input": Decimal("0.15"), "output": Decimal("0.6")},
    }


def test_what_is_not_known_is_left_out() -> None:
    found = read("models_dev", [bare()])

    assert found["unknown"]["models"]["acme-chat"] == {
        "id": "acme-chat",
        "name": "acme-chat",
        "modalities": {"input": ["text"], "output": ["text"]},
        "limit": {},
    }


def test_models_of_nobody_stand_together_with_those_of_a_provider_called_unknown() -> None:
    models = [bare("a"), bare("b", owned_by="openai"), bare("c", owned_by="unknown")]
    found = read("models_dev", models)

    assert {slug: list(provider["models"]) for slug, provider in found.items()} == {
        "openai": ["b"],
        "unknown": ["a", "c"],
    }
    assert found["unknown"]["env"] == []


def test_a_provider_is_called_by_the_first_name_that_anyone_gives_it() -> None:
    found = read("models_dev", [bare("a", owned_by="acme"), known("b"), bare("c", owned_by="x")])

    assert (found["acme"]["name"], found["x"]["name"]) == ("Acme Inc.", "x")


def test_each_model_stands_once_and_providers_in_order() -> None:
    models = [bare(f"m{number}", owned_by=f"p{number % 3}") for number in range(30)]
    found = read("models_dev", models)

    assert list(found) == ["p0", "p1", "p2"]
    assert sum(len(provider["models"]) for provider in found.values()) == 30


def test_the_newest_model_of_a_provider_comes_first() -> None:
    (provider,) = read("models_dev", numbered(3)).values()

    assert list(provider["models"]) == ["m3", "m2", "m1"]


@pytest.mark.parametrize(
    ("capabilities", "attachment"),
    [({}, None), ({"vision": False}, False), ({"pdf_input": True}, True), ({"audio": True}, True)],
)
def test_an_attachment_is_whatever_is_not_text(
    capabilities: dict[str, bool], attachment: bool | None
) -> None:
    assert entry(capabilities=capabilities).get("attachment") is attachment


@pytest.mark.parametrize(
    ("parameters", "temperature"), [((), None), (("tools",), False), (("temperature",), True)]
)
def test_without_a_list_of_parameters_the_temperature_is_not_known(
    parameters: tuple[str, ...], temperature: bool | None
) -> None:
    assert entry(supported_parameters=parameters).get("temperature") is temperature


def test_a_price_is_for_a_million_tokens_to_the_last_digit() -> None:
    prices = {"input": "123456.123456789", "output": "3", "cached_input": "0.3", "audio": "7"}
    told = entry(prices={unit: Decimal(price) for unit, price in prices.items()})["cost"]

    assert told == {
        "input": Decimal("123456.123456789"),
        "output": 3,
        "cache_read": Decimal("0.3"),
        "input_audio": 7,
    }


def test_half_a_price_is_none() -> None:
    # Its reader would take the missing half for nothing to pay.
    assert "cost" not in entry(prices={"input": Decimal(1)})
    assert "cost" not in entry(prices={})


def test_an_embedding_has_no_output_to_pay_for() -> None:
    found = entry(type="embedding", prices={"input": Decimal("0.02")})

    assert found["cost"] == {"input": Decimal("0.02"), "output": 0}


@pytest.mark.parametrize(
    ("status", "told"),
    [("active", None), ("beta", "beta"), ("deprecated", "deprecated")],
)
def test_only_a_status_that_is_out_of_the_ordinary_is_told(status: str, told: str | None) -> None:
    assert entry(status=status).get("status") == told


@pytest.mark.parametrize(
    ("fields", "released", "updated"),
    [
        ({"release_date": None, "updated_at": None}, "2025-10-09", "2025-10-09"),
        ({"release_date": None, "updated_at": None, "created": 0}, None, None),
        ({"release_date": None, "updated_at": None, "created": 2**53}, None, None),
        ({"updated_at": datetime(2026, 5, 1, tzinfo=UTC)}, "2025-10-09", "2026-05-01"),
    ],
)
def test_dates_are_days(fields: dict[str, Any], released: str | None, updated: str | None) -> None:
    found = entry(**fields)

    assert (found.get("release_date"), found.get("last_updated")) == (released, updated)


def test_thinking_that_cannot_be_set_has_no_options() -> None:
    assert "reasoning_options" not in entry(thinking=Thinking())


def test_entries_without_their_models_are_the_file_of_all_models() -> None:
    form = shape("models_dev")
    found = form.frame([encode({"id": "a"}), encode({"id": "b"})], ["a", "b"], None)

    assert found == b'{"a":{"id":"a"},"b":{"id":"b"}}'
