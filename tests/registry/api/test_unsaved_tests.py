"""Tests of settings that nobody has saved: POST /models/test."""

from __future__ import annotations

from typing import Any

import pytest

from audit.models import LogEntry
from registry.models import Connection, ConnectionTest, IdempotentRequest, Job, LLMModel, Provider
from tests.factories import API_KEY, make_connection, make_llm, make_user
from tests.provider import FakeProvider, bad_key, embedding, provider_behind_the_door
from tests.registry.api.client import (
    KEY,
    MODELS,
    Api,
    body_of_embedding,
    body_of_generation,
    code_of,
    fields_of,
    with_token,
)
from tests.registry.api.tested import TESTS, ended, work

UNSAVED = f"{MODELS}/test"


@pytest.fixture(autouse=True)
def provider(monkeypatch: pytest.MonkeyPatch) -> FakeProvider:
    return provider_behind_the_door(monkeypatch)


def test_the_body_of_a_new_model_is_tested_and_nothing_is_saved(
    api: Api, provider: FakeProvider
) -> None:
    result = ended(api, UNSAVED, body_of_generation())

    assert (result["state"], result["code"], result["inference"]) == ("done", "ok", True)
    assert (result["model"], result["connection"]) == (None, None)
    assert result["name"] == "New Generation"
    assert set(provider.keys) == {KEY}
    assert all(call.url.startswith("https://api.openai.com/v1/") for call in provider.calls)
    assert not LLMModel.objects.exists()
    assert not Connection.objects.exists()
    entry = LogEntry.objects.get(event="model_tested")
    assert (entry.actor_name, entry.object_pk, entry.object_repr) == ("ada", "", "New Generation")


def test_inference_may_be_declined(api: Api, provider: FakeProvider) -> None:
    result = ended(api, UNSAVED, {**body_of_generation(), "inference": False})

    assert (result["success"], result["details"]) == (True, {"billed_calls": 0})
    assert [call.method for call in provider.calls] == ["GET"]


def test_a_failed_test_tells_what_saving_would_not(api: Api, provider: FakeProvider) -> None:
    provider.mood = bad_key

    result = ended(api, UNSAVED, body_of_generation())

    assert (result["success"], result["code"]) == (False, "bad_key")
    assert api.post(MODELS, body_of_generation()).status_code == 201


def test_the_measured_length_is_told_before_saving(api: Api, provider: FakeProvider) -> None:
    provider.mood = embedding(1536)

    result = ended(api, UNSAVED, body_of_embedding())

    assert result["message"] == "Returns 1,536 numbers, registered are 3,072."
    assert result["details"]["dimensions"] == 1536


def test_the_typed_key_is_sealed_while_it_waits_and_forgotten_afterwards(api: Api) -> None:
    asked = api.post(UNSAVED, body_of_generation(), Idempotency_Key="a")

    waiting = ConnectionTest.objects.get()
    assert waiting.api_key is not None
    assert waiting.api_key.open(waiting.binding).reveal() == KEY
    assert KEY not in str(waiting.settings)
    assert KEY not in asked.content.decode()
    assert KEY not in str(list(IdempotentRequest.objects.values_list()))
    work()
    assert ConnectionTest.objects.get().api_key is None


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"api_key": ""}, {"api_key"}),
        ({"api_key": None}, {"api_key"}),
        ({"api_key": "********"}, {"api_key"}),
        ({"api_endpoint": "ftp://x.example"}, {"api_endpoint"}),
        ({"api_endpoint": "http://169.254.169.254"}, {"api_endpoint"}),
        ({"model_id": ""}, {"model_id"}),
        ({"provider": "nobody"}, {"provider"}),
        ({"type": "video"}, {"type"}),
        ({"base_url": "https://sink.example"}, {"base_url"}),
        ({"inference": 1}, {"inference"}),
        ({"probe_max_tokens": 0}, {"probe_max_tokens"}),
        ({"provider": "azure"}, {"api_endpoint"}),
        ({"provider": "gemini", "api_endpoint": "https://x.example"}, {"api_endpoint"}),
    ],
)
def test_what_could_not_be_saved_is_not_tested(
    api: Api, change: dict[str, Any], fields: set[str]
) -> None:
    refused = api.post(UNSAVED, body_of_generation() | change)

    assert (refused.status_code, fields_of(refused)) == (400, fields)
    assert not Job.objects.exists()


def test_an_embedding_needs_its_dimensions(api: Api) -> None:
    refused = api.post(UNSAVED, body_of_embedding(config={}))

    assert (refused.status_code, fields_of(refused)) == (400, {"dimensions"})


def test_what_a_test_does_not_read_may_be_missing(api: Api) -> None:
    body = {"type": "generation", "provider": "openai", "model_id": "gpt-4o", "api_key": KEY}

    assert ended(api, UNSAVED, body)["success"]


def test_fields_that_only_answers_have_are_listed_as_ignored(api: Api) -> None:
    body = body_of_generation() | {"revision": 5, "health": "ok"}

    assert api.post(UNSAVED, body).json()["warnings"] == ["Ignored: health, revision"]


# Stored keys and typed addresses
# ----------------------------------------------------------------------------
def test_a_connection_is_tested_at_its_own_address_with_its_own_key(
    api: Api, openai: Provider, provider: FakeProvider
) -> None:
    row = make_connection(openai, api_url="https://team.example/v1")
    body = body_of_generation(connection=str(row.pk))
    del body["api_key"]

    assert ended(api, UNSAVED, body)["success"]
    assert set(provider.keys) == {API_KEY}
    assert {call.url.partition("/v1")[0] for call in provider.calls} == {"https://team.example"}


@pytest.mark.parametrize(
    "beside", [{"api_key": KEY}, {"api_key": "", "api_endpoint": "https://sink.example"}]
)
def test_a_connection_takes_no_key_or_address_beside_it(
    api: Api, openai: Provider, provider: FakeProvider, beside: dict[str, str]
) -> None:
    row = make_connection(openai)

    refused = api.post(UNSAVED, body_of_generation(connection=str(row.pk)) | beside)

    assert (refused.status_code, fields_of(refused)) == (400, {"connection"})
    assert provider.calls == []


def test_a_typed_address_gets_the_key_typed_beside_it_or_none(
    api: Api, openai: Provider, provider: FakeProvider
) -> None:
    make_connection(openai)
    make_llm(provider=openai, slug="gpt-4o", model_id="gpt-4o")
    typed = body_of_generation(api_endpoint="https://sink.example/v1", api_key="sk-typed-0123456")
    keyless = body_of_generation(provider="ollama", api_endpoint="https://sink.example")

    assert ended(api, UNSAVED, typed)["success"]
    assert set(provider.keys) == {"sk-typed-0123456"}
    provider.calls.clear()
    assert ended(api, UNSAVED, keyless | {"api_key": ""})["success"]
    assert provider.calls != []
    assert provider.keys == []


def test_a_connection_that_went_away_meanwhile_is_told(api: Api, openai: Provider) -> None:
    row = make_connection(openai)
    body = body_of_generation(connection=str(row.pk))
    del body["api_key"]
    asked = api.post(UNSAVED, body)
    row.delete()

    work()

    result = api.get(asked.headers["Location"]).json()
    assert (result["code"], result["success"]) == ("cannot_test", False)
    assert "has been deleted meanwhile" in result["advice"]


def test_a_provider_that_moved_meanwhile_is_not_sent_the_key(
    api: Api, openai: Provider, provider: FakeProvider
) -> None:
    asked = api.post(UNSAVED, body_of_generation())
    openai.direct_api_url = "https://elsewhere.example/v1"
    openai.save()

    work()

    assert api.get(asked.headers["Location"]).json()["code"] == "needs_key"
    assert provider.calls == []


# The address
# ----------------------------------------------------------------------------
def test_a_model_called_test_keeps_its_address(api: Api, openai: Provider) -> None:
    llm = make_llm(provider=openai, slug="test", model_id="test")

    assert api.get(UNSAVED).json()["id"] == str(llm.pk)
    assert api.call("HEAD", UNSAVED).status_code == 200
    assert api.patch(UNSAVED, {"description": "One"}).json()["description"] == "One"
    assert api.put(UNSAVED, {"description": "Two"}).json()["description"] == "Two"
    assert api.post(f"{UNSAVED}/test").status_code == 202
    assert api.post(f"{UNSAVED}/default").status_code == 200
    assert api.patch(UNSAVED, {"is_default": False}).status_code == 200
    assert api.delete(UNSAVED).status_code == 204
    assert api.get(UNSAVED).status_code == 404


def test_a_model_called_tests_keeps_its_addresses(api: Api, openai: Provider) -> None:
    make_llm(provider=openai, slug="tests", model_id="tests")

    result = ended(api, f"{MODELS}/tests/test")

    assert api.get(f"{MODELS}/tests").json()["slug"] == "tests"
    assert api.get(f"{MODELS}/tests/history").status_code == 200
    assert api.get(f"{MODELS}/tests/tests").json()["results"] == [result]


# Rights and repeats
# ----------------------------------------------------------------------------
def test_it_needs_the_rights_to_add_a_model_and_to_run_tests(
    catalogue: None, openai: Provider
) -> None:
    row = make_connection(openai)
    over = body_of_generation(connection=str(row.pk))
    del over["api_key"]

    def status(body: dict[str, Any], *rights: str) -> int:
        caller = with_token(make_user(staff=True, permissions=rights))
        return int(caller.post(UNSAVED, body).status_code)

    assert status(body_of_generation(), "llmmodel.add") == 403
    assert status(body_of_generation(), "connectiontest.add", "llmmodel.view") == 403
    assert status(body_of_generation(), "connectiontest.add", "llmmodel.add") == 202
    assert status(over, "connectiontest.add", "llmmodel.add") == 403
    assert status(over, "connectiontest.add", "llmmodel.add", "connection.view") == 202


def test_a_repeat_under_one_key_is_one_test(api: Api) -> None:
    body = body_of_generation()

    first = api.post(UNSAVED, body, Idempotency_Key="a")
    again = api.post(UNSAVED, body, Idempotency_Key="a")
    other = api.post(UNSAVED, body | {"api_key": "sk-other-0123456"}, Idempotency_Key="a")

    assert again.json() == first.json()
    assert again.headers["Location"] == f"{TESTS}/{first.json()['id']}"
    assert (other.status_code, code_of(other)) == (422, "idempotency_conflict")
    assert ConnectionTest.objects.count() == 1


def test_two_unsaved_tests_do_not_wait_for_each_other(api: Api) -> None:
    asked = [api.post(UNSAVED, body_of_generation()).json()["id"] for _ in range(3)]

    assert len(set(asked)) == 3
    assert set(Job.objects.values_list("turn", flat=True)) == {1}
