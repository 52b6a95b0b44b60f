"""Models: the four verbs."""

from __future__ import annotations

from typing import Any

import pytest

from audit.models import LogEntry
from registry.models import Connection, LLMModel, Provider
from tests.factories import make_connection, make_knowledge_base, make_llm
from tests.registry.api.client import (
    MODELS,
    Api,
    body_of_embedding,
    body_of_generation,
    code_of,
    create,
)

READ_ONLY = {
    *("id", "has_api_key", "key_fingerprint", "knowledge_bases", "created_at"),
    *("updated_at", "revision", "state", "health", "health_since", "tested_at"),
    "deprecated_at",
}


@pytest.mark.parametrize("body", [body_of_embedding(), body_of_generation()])
def test_a_model_is_created_with_what_was_sent(api: Api, body: dict[str, Any]) -> None:
    answer = api.post(MODELS, body)

    sent = {name: value for name, value in body.items() if name != "api_key"}
    shown = answer.json()
    assert answer.status_code == 201
    assert {name: shown[name] for name in sent} == sent
    assert shown["has_api_key"] is True
    assert shown["revision"] == 1
    assert "warnings" not in shown
    assert answer.headers["ETag"] == '"1"'
    assert answer.headers["Location"] == f"{MODELS}/{shown['id']}"


def test_an_entity_model_has_one_parameter(api: Api) -> None:
    shown = create(api, body_of_generation(type="ner", config={"max_tokens": 4096}))

    assert shown["config"] == {"max_tokens": 4096}


def test_a_model_is_read_by_id_and_by_slug(api: Api) -> None:
    shown = create(api, body_of_generation())

    assert api.get(f"{MODELS}/{shown['id']}").json() == shown
    assert api.get(f"{MODELS}/gpt-4o").json() == shown


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("name", ["00000000-0000-0000-0000-000000000000", "nobody", "a%00b", "é"])
def test_an_unknown_model_is_404(api: Api, method: str, name: str) -> None:
    answer = api.call(method, f"{MODELS}/{name}", {} if method[0] == "P" else None)

    assert answer.status_code == 404
    assert code_of(answer) == "not_found"


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_only_what_is_named_changes(api: Api, method: str) -> None:
    before = create(api, body_of_embedding(tags=["a"], description="Old"))

    answer = api.call(method, f"{MODELS}/{before['id']}", {"name": "New name"})

    after = answer.json()
    changed = {name for name in before if before[name] != after[name]}
    assert answer.status_code == 200
    assert changed == {"name", "updated_at", "revision"}


@pytest.mark.parametrize(
    "body",
    [
        body_of_embedding(tags=["a"]),
        body_of_generation(),
        body_of_generation(pricing={"input_cost": "2.50", "request_cost": 0}),
        body_of_generation(known_params=["seed", "stop"], settings={"region": ["eu", 1.5]}),
    ],
)
def test_what_was_read_can_be_put_back_and_changes_nothing(api: Api, body: dict[str, Any]) -> None:
    shown = create(api, body)
    path = f"{MODELS}/{shown['id']}"
    events = LogEntry.objects.count()

    answer = api.put(path, shown)

    warning = answer.json().pop("warnings")
    assert answer.status_code == 200
    assert warning == [f"Ignored: {', '.join(sorted(READ_ONLY))}"]
    assert api.get(path).json() == shown
    assert LogEntry.objects.count() == events


def test_what_a_shared_connection_gave_can_be_put_back(api: Api, openai: Provider) -> None:
    connection = make_connection(openai, api_url="https://eu.example/v1")
    body = body_of_generation(connection=str(connection.pk))
    body.pop("api_key")
    shown = create(api, body)

    answer = api.put(f"{MODELS}/{shown['id']}", shown)

    assert answer.status_code == 200
    assert answer.json()["api_endpoint"] == "https://eu.example/v1"
    assert answer.json()["revision"] == 1


def test_config_merges_by_name_and_null_clears(api: Api) -> None:
    shown = create(api, body_of_embedding())
    path = f"{MODELS}/{shown['id']}"

    answer = api.patch(path, {"config": {"batch_size": 7, "distance_metric": None}})

    expected = shown["config"] | {"batch_size": 7, "distance_metric": None}
    assert answer.json()["config"] == expected


def test_capabilities_merge_by_name_and_lists_replace(api: Api) -> None:
    first = {"capabilities": {"vision": True, "tools": False}, "tags": ["a", "b"]}
    shown = create(api, body_of_generation(**first, aliases=["one"]))

    answer = api.patch(
        f"{MODELS}/{shown['id']}",
        {"capabilities": {"vision": None, "audio": True}, "tags": ["c"], "aliases": None},
    )

    after = answer.json()
    assert after["capabilities"] == {"tools": False, "audio": True}
    assert after["tags"] == ["c"]
    assert after["aliases"] == []


def test_a_provider_goes_by_its_alias(api: Api) -> None:
    shown = create(api, body_of_generation(provider="google", model_id="gemini-2.5-pro"))

    assert shown["provider"] == "gemini"


def test_a_model_that_nobody_uses_is_deleted(api: Api, openai: Provider) -> None:
    llm = make_llm(provider=openai)

    answer = api.delete(f"{MODELS}/{llm.pk}")

    assert answer.status_code == 204
    assert answer.content == b""
    assert not LLMModel.objects.exists()
    assert not Connection.objects.exists()


def test_a_blocked_deletion_names_who_blocks_it(api: Api, openai: Provider) -> None:
    llm = make_llm("embedding", provider=openai, is_default=True)
    make_knowledge_base("Legal", embedding_model=llm)
    make_knowledge_base("Docs", embedding_model=llm)

    answer = api.delete(f"{MODELS}/{llm.pk}")

    error = answer.json()["error"]
    assert answer.status_code == 409
    assert error["code"] == "in_use"
    assert error["knowledge_bases"] == ["Docs", "Legal"]
    assert error["is_default"] is True
    blocked = LogEntry.objects.filter(event="model_delete_blocked").get()
    assert blocked.actor_name == "ada"


def test_what_depends_on_a_model_can_move(api: Api, openai: Provider) -> None:
    llm = make_llm("embedding", provider=openai, is_default=True)
    other = make_llm("embedding", provider=openai)
    base = make_knowledge_base("Docs", embedding_model=llm)

    answer = api.delete(f"{MODELS}/{llm.pk}?reassign_to={other.slug}")

    base.refresh_from_db()
    other.refresh_from_db()
    assert answer.status_code == 204
    assert base.embedding_model == other
    assert other.is_default
