"""Models: the four verbs."""

from __future__ import annotations

from typing import Any

import pytest

from audit.models import LogEntry
from registry.models import Connection, LLMModel, Provider
from tests.factories import make_connection, make_knowledge_base, make_llm
from tests.registry.api.client import (
    KEY,
    MODELS,
    Api,
    body_of_embedding,
    body_of_generation,
    code_of,
    fields_of,
)

READ_ONLY = {
    *("id", "has_api_key", "key_fingerprint", "knowledge_bases", "created_at"),
    *("updated_at", "revision", "state"),
}


def create(api: Api, body: dict[str, Any]) -> dict[str, Any]:
    answer = api.post(MODELS, body)
    assert answer.status_code == 201, answer.content
    found: dict[str, Any] = answer.json()
    return found


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


def test_a_key_goes_in_and_never_out(api: Api) -> None:
    answers = [api.post(MODELS, body_of_embedding())]
    path = f"{MODELS}/{answers[0].json()['id']}"
    answers += [api.get(path), api.put(path, {"api_key": KEY + "2"}), api.get(MODELS)]
    answers += [api.get(f"{path}/history"), api.get("/api/v1/models/embedding")]

    for answer in answers:
        assert answer.status_code in (200, 201)
        assert KEY[3:11] not in answer.content.decode()
    assert Connection.objects.get().open_key().reveal() == KEY + "2"


def test_the_hint_is_eight_digits_of_a_keyed_hash(api: Api) -> None:
    one = create(api, body_of_embedding())
    same = create(api, body_of_generation())
    other = create(api, body_of_generation(model_id="x", api_key="sk-other-1234567"))

    assert one["key_fingerprint"] == same["key_fingerprint"] != other["key_fingerprint"]
    assert one["key_fingerprint"].startswith("key")
    assert len(one["key_fingerprint"]) == len("key") + 8


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


@pytest.mark.parametrize("body", [body_of_embedding(tags=["a"]), body_of_generation()])
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


@pytest.mark.parametrize("blank", ["", None, "   ", "********"])
def test_a_blank_or_masked_key_keeps_the_stored_one(api: Api, blank: str | None) -> None:
    shown = create(api, body_of_embedding())

    answer = api.put(f"{MODELS}/{shown['id']}", {"name": "Renamed", "api_key": blank})

    assert answer.status_code == 200
    assert answer.json()["has_api_key"] is True
    assert Connection.objects.get().open_key().reveal() == KEY


def test_the_hint_sent_as_a_key_keeps_the_stored_one(api: Api) -> None:
    shown = create(api, body_of_embedding())

    answer = api.put(f"{MODELS}/{shown['id']}", {"api_key": shown["key_fingerprint"]})

    assert answer.json()["revision"] == 1
    assert Connection.objects.get().open_key().reveal() == KEY


def test_a_mask_for_a_new_model_is_refused(api: Api) -> None:
    answer = api.post(MODELS, body_of_embedding(api_key="********"))

    assert answer.status_code == 400
    assert fields_of(answer) == {"api_key"}


def test_a_new_origin_drops_the_key_and_says_so(api: Api) -> None:
    shown = create(api, body_of_generation(api_endpoint="https://one.example/v1"))

    answer = api.put(f"{MODELS}/{shown['id']}", {"api_endpoint": "https://two.example/v1"})

    after = answer.json()
    assert (after["has_api_key"], after["state"]) == (False, "needs_key")
    assert any("key" in warning for warning in after["warnings"])


def test_null_clears_the_address(api: Api) -> None:
    shown = create(api, body_of_generation(api_endpoint="https://one.example/v1"))

    answer = api.put(f"{MODELS}/{shown['id']}", {"api_endpoint": None})

    assert answer.json()["api_endpoint"] is None
    assert answer.json()["state"] == "needs_key"


def test_a_provider_goes_by_its_alias(api: Api) -> None:
    shown = create(api, body_of_generation(provider="google", model_id="gemini-2.5-pro"))

    assert shown["provider"] == "gemini"


def test_a_key_or_address_on_a_shared_connection_is_refused(api: Api, openai: Provider) -> None:
    connection = make_connection(openai)
    body = body_of_generation(connection=str(connection.pk))
    body.pop("api_key")
    path = f"{MODELS}/{create(api, body)['id']}"

    for change in ({"api_key": KEY}, {"api_endpoint": "https://other.example"}):
        answer = api.put(path, change)
        assert answer.status_code == 409
        assert code_of(answer) == "shared_connection"
        assert answer.json()["error"]["connection"] == str(connection.pk)


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
        ({"pricing": {"input_cost": "1"}}, "pricing"),
        ({"health": "ok"}, "health"),
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
