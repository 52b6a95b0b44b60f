"""What the LiteLLM proxy would say of our models at `GET /model/info`."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.formats.base import encode
from tests.registry.formats.listing import bare, known, read, shape


def info(**fields: Any) -> dict[str, Any]:
    (entry,) = read("litellm", [known(**fields)])["data"]
    found = entry["model_info"]
    assert isinstance(found, dict)
    return found


def test_an_entry_names_the_model_for_us_and_for_litellm() -> None:
    (entry,) = read("litellm", [known("acme/chat")])["data"]

    assert set(entry) == {"model_name", "litellm_params", "model_info"}
    assert entry["model_name"] == "acme/chat"
    # No key and no address: whoever reads the list learns none.
    assert entry["litellm_params"] == {"model": "openai/acme/chat"}


def test_it_tells_what_litellm_keeps_of_a_model() -> None:
    found = info(dimensions=None)

    assert {key: value for key, value in found.items() if value is not None} == {
        "id": "acme-chat",
        "db_model": False,
        "key": "openai/acme-chat",
        "litellm_provider": "openai",
        "mode": "chat",
        "max_tokens": 8_192,
        "max_input_tokens": 100_000,
        "max_output_tokens": 8_192,
        "input_cost_per_token": Decimal("1.5E-7"),
        "output_cost_per_token": Decimal("6E-7"),
        "supports_vision": True,
        "supports_function_calling": True,
        "supports_reasoning": True,
        "supports_audio_input": False,
        "supported_openai_params": ["temperature", "tools"],
        "deprecation_date": "2027-03-31",
    }


def test_what_is_not_known_is_null_and_never_nought() -> None:
    (entry,) = read("litellm", [bare()])["data"]

    told = {key for key, value in entry["model_info"].items() if value is not None}
    assert told == {"id", "db_model", "key"}


@pytest.mark.parametrize(
    ("fields", "mode"),
    [
        ({"mode": "responses"}, "responses"),
        ({"mode": "", "type": "generation"}, "chat"),
        ({"mode": "", "type": "embedding"}, "embedding"),
        ({"mode": "", "type": "image"}, "image_generation"),
        ({"mode": "", "type": "ner"}, None),
    ],
)
def test_the_mode_is_litellms_word(fields: dict[str, str], mode: str | None) -> None:
    assert info(**fields)["mode"] == mode


def test_a_provider_without_a_prefix_goes_by_its_own_name() -> None:
    found = info(proxy_prefix="")

    assert (found["litellm_provider"], found["key"]) == ("acme", "acme-chat")


def test_every_unit_has_its_word_and_a_piece_is_not_divided() -> None:
    units = ("cached_input", "cache_write", "reasoning", "audio", "image", "request")
    found = info(prices={unit: Decimal("2.5") for unit in units})

    assert {key: value for key, value in found.items() if "cost" in key and value} == {
        "cache_read_input_token_cost": Decimal("0.0000025"),
        "cache_creation_input_token_cost": Decimal("0.0000025"),
        "output_cost_per_reasoning_token": Decimal("0.0000025"),
        "input_cost_per_audio_token": Decimal("0.0000025"),
        "input_cost_per_image": Decimal("2.5"),
        "input_cost_per_request": Decimal("2.5"),
    }


def test_a_price_of_nought_is_free_and_not_unknown() -> None:
    assert info(prices={"input": Decimal("0E-9")})["input_cost_per_token"] == 0


@given(st.decimals(min_value=0, max_value=999_999, places=9))
def test_a_price_is_a_number_that_is_exact_to_the_last_digit(price: Decimal) -> None:
    # As many digits as the ledger keeps: DecimalField(15, 9).
    entry = encode(shape("litellm").entry(known(prices={"input": price})))
    told = json.loads(entry, parse_float=Decimal)["model_info"]["input_cost_per_token"]

    assert told == price.scaleb(-6)


def test_a_model_alone_is_a_list_of_one() -> None:
    form = shape("litellm")

    assert form.single(known()) == {"data": [form.entry(known())]}


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, "auth_error"), (400, "invalid_request_error"), (404, "not_found_error")],
)
def test_a_refusal_has_the_status_as_a_text(status: int, kind: str) -> None:
    assert shape("litellm").error(status, "ours", "No.") == {
        "error": {"message": "No.", "type": kind, "param": None, "code": str(status)}
    }
