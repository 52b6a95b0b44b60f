"""Models: what a body must have, and what it cannot have."""

from __future__ import annotations

from typing import Any

import pytest

from registry.models import LLMModel
from tests.registry.api.client import (
    MODELS,
    Api,
    body_of_embedding,
    body_of_generation,
    code_of,
    create,
    fields_of,
)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"type": None}, "type"),
        ({"type": "ner"}, "type"),
        ({"type": "image"}, "type"),
        ({"provider": "anthropic"}, "provider"),
        ({"provider": "nobody"}, "provider"),
        ({"provider": 1}, "provider"),
        ({"name": "   "}, "name"),
        ({"model_id": ""}, "model_id"),
        ({"slug": "Not A Slug"}, "slug"),
        ({"slug": "embedding"}, "slug"),
        ({"status": "sleeping"}, "status"),
        ({"is_default": "yes"}, "is_default"),
        ({"config": {"dimensions": 0}}, "dimensions"),
        ({"config": {"temperature": 1}}, "temperature"),
        ({"config": {"colour": 1}}, "colour"),
        ({"config": 5}, "config"),
        ({"api_endpoint": "file:///etc/passwd"}, "api_endpoint"),
        ({"api_endpoint": 5}, "api_endpoint"),
        ({"api_key": 5}, "api_key"),
        ({"connection": "5"}, "connection"),
        ({"connection": "00000000-0000-0000-0000-000000000000"}, "connection"),
        ({"tags": "a"}, "tags"),
        ({"tags": [5]}, "tags"),
        ({"aliases": [""]}, "aliases"),
        ({"capabilities": ["vision"]}, "capabilities"),
        ({"capabilities": {"vision": "yes"}}, "capabilities"),
        ({"capabilities": {"flight": True}}, "capabilities"),
        ({"deprecation_date": "soon"}, "deprecation_date"),
        ({"replacement": "nobody"}, "replacement"),
        ({"prices": {"input_cost": "1"}}, "prices"),
        ({"probe_max_tokens": 0}, "probe_max_tokens"),
        ({"probe_reasoning_effort": "utmost"}, "probe_reasoning_effort"),
        ({"is_healthy": True}, "is_healthy"),
    ],
)
def test_a_refusal_names_the_field_and_writes_nothing(
    api: Api, change: dict[str, Any], field: str
) -> None:
    shown = create(api, body_of_embedding())
    path = f"{MODELS}/{shown['id']}"

    answer = api.put(path, change)

    assert answer.status_code == 400, answer.content
    assert code_of(answer) == "invalid"
    assert field in fields_of(answer)
    assert api.get(path).json() == shown


@pytest.mark.parametrize("missing", ["type", "provider", "name", "model_id", "api_key"])
def test_what_a_new_model_needs(api: Api, missing: str) -> None:
    body = body_of_embedding()
    body.pop(missing)

    answer = api.post(MODELS, body)

    assert answer.status_code == 400
    assert fields_of(answer) == {missing}
    assert not LLMModel.objects.exists()


def test_azure_needs_key_and_address(api: Api) -> None:
    body = body_of_generation(provider="azure")
    body.pop("api_key")

    answer = api.post(MODELS, body)

    assert fields_of(answer) == {"api_key", "api_endpoint"}
