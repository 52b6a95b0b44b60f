"""A config.yaml as the LiteLLM proxy reads it: with PyYAML, which speaks YAML 1.1."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import yaml

from tests.registry.formats.listing import answer, bare, known, shape


def load(*models: Any) -> list[dict[str, Any]]:
    found = yaml.safe_load(answer("litellm_config", models))["model_list"]
    assert isinstance(found, list)
    return found


def test_it_says_that_it_is_yaml() -> None:
    assert shape("litellm_config").content_type == "application/yaml"


def test_an_entry_is_a_deployment() -> None:
    assert load(known("acme/chat", capabilities={"tools": True})) == [
        {
            "model_name": "acme/chat",
            "litellm_params": {
                "model": "openai/acme/chat",
                "api_key": "os.environ/ACME_API_KEY",
            },
            "model_info": {
                "id": "acme/chat",
                "litellm_provider": "openai",
                "mode": "chat",
                "max_tokens": 8_192,
                "max_input_tokens": 100_000,
                "max_output_tokens": 8_192,
                "input_cost_per_token": 1.5e-7,
                "output_cost_per_token": 6e-7,
                "supports_function_calling": True,
                "supported_openai_params": ["temperature", "tools"],
                "deprecation_date": "2027-03-31",
            },
        }
    ]


def test_what_is_not_known_is_left_out() -> None:
    assert load(bare()) == [
        {
            "model_name": "acme-chat",
            "litellm_params": {"model": "acme-chat"},
            "model_info": {"id": "acme-chat"},
        }
    ]


def test_no_models_are_an_empty_list() -> None:
    assert load() == []


def test_a_person_can_read_it() -> None:
    text = answer("litellm_config", [known(prices={"input": Decimal("0.1")})]).decode()

    assert '  - model_name: "acme-chat"\n    litellm_params:\n      model: "openai/acme' in text
    assert "      input_cost_per_token: 0.0000001\n" in text


@pytest.mark.parametrize("price", ["0", "1", "3", "0.000000001", "123456.123456789"])
def test_a_price_is_a_number_to_yaml_too(price: str) -> None:
    # 5e-07 would be a text there.
    (entry,) = load(known(prices={"input": Decimal(price)}))

    told = entry["model_info"]["input_cost_per_token"]
    assert isinstance(told, int | float)
    assert told == pytest.approx(float(Decimal(price)) / 1e6, rel=1e-12)


@pytest.mark.parametrize(
    "model_id",
    [
        "acme/chat:free",
        "- item",
        "yes",
        "1.0",
        "null",
        "a: b #c",
        "*anchor",
        "!!python/object:os.system",
        '"quoted" \\ and more',
        "line\nbreak\ttab\x00nul",
        "\x7f\x85\x9f\u2028\u2029\ufeff\uffff",
        "日本語 😀",
    ],
)
def test_any_id_comes_out_as_it_went_in(model_id: str) -> None:
    (entry,) = load(bare(model_id))

    assert entry["model_name"] == model_id
    assert entry["litellm_params"] == {"model": model_id}


@pytest.mark.parametrize(
    ("provider", "variable"),
    [
        ("openai", "OPENAI_API_KEY"),
        ("openai-compatible", "OPENAI_COMPATIBLE_API_KEY"),
        ("Acme Inc. & Söhne", "ACME_INC_S_HNE_API_KEY"),
        ("01-ai", "_01_AI_API_KEY"),
    ],
)
def test_a_key_is_the_name_of_a_variable(provider: str, variable: str) -> None:
    (entry,) = load(known(owned_by=provider))

    assert entry["litellm_params"]["api_key"] == f"os.environ/{variable}"


@pytest.mark.parametrize("provider", ["", "日本", "--"])
def test_a_provider_without_a_name_has_no_variable(provider: str) -> None:
    (entry,) = load(known(owned_by=provider))

    assert "api_key" not in entry["litellm_params"]


def test_a_client_cannot_make_the_proxy_send_one_of_its_own_secrets_as_a_model() -> None:
    named = [bare("os.environ/LITELLM_MASTER_KEY"), known("fine")]

    assert [entry["model_name"] for entry in load(*named)] == ["fine"]


def test_an_id_that_only_looks_so_behind_a_prefix_is_a_name() -> None:
    (entry,) = load(known("os.environ/X"))

    assert entry["litellm_params"]["model"] == "openai/os.environ/X"


def test_a_refusal_has_the_shape_of_our_own_api() -> None:
    assert shape("litellm_config").error(403, "permission_denied", "No.") == {
        "error": {"code": "permission_denied", "message": "No."}
    }
