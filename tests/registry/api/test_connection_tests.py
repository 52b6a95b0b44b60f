"""Tests of stored models and connections over the API: asked for, and read."""

from __future__ import annotations

from typing import Any

import pytest

from audit.models import LogEntry
from registry.models import Job, LLMModel, Provider
from tests.factories import make_connection, make_llm
from tests.outbound import answer
from tests.provider import (
    PROXY_KEY,
    FakeProvider,
    bad_key,
    echo_key,
    embedding,
    provider_behind_the_door,
)
from tests.registry.api.client import (
    CONNECTIONS,
    MODELS,
    Api,
    body_of_generation,
    create,
    fields_of,
)
from tests.registry.api.tested import TESTS, ended, work


@pytest.fixture(autouse=True)
def provider(monkeypatch: pytest.MonkeyPatch) -> FakeProvider:
    return provider_behind_the_door(monkeypatch)


@pytest.fixture
def llm(openai: Provider) -> LLMModel:
    return make_llm(provider=openai, slug="chat", model_id="gpt-4o")


def test_a_test_is_asked_for_and_read_at_its_location(api: Api, llm: LLMModel) -> None:
    asked = api.post(f"{MODELS}/chat/test")
    test_id = asked.json()["id"]

    assert asked.status_code == 202
    assert asked.headers["Location"] == f"{TESTS}/{test_id}"
    assert "ETag" not in asked.headers
    body = asked.json()
    assert (body["state"], body["success"], body["code"], body["message"]) == (
        *("queued", None, None, None),
    )
    work()
    result = api.get(asked.headers["Location"]).json()
    assert (result["state"], result["success"], result["code"]) == ("done", True, "ok")
    assert result["message"].startswith("Answers in ")
    assert result["advice"] == ""
    assert [stage["name"] for stage in result["stages"]] == [
        *("reach", "auth", "model", "inference"),
    ]
    assert {stage["code"] for stage in result["stages"]} == {"ok"}
    assert result["details"] == {"billed_calls": 1, "prompt_tokens": 3, "output_tokens": 2}
    assert (result["model"], result["connection"], result["name"]) == (
        *(str(llm.pk), None, llm.name),
    )
    assert (result["inference"], result["requested_by"], result["attempt"]) == (True, "ada", 1)
    assert result["created_at"] <= result["started_at"] <= result["finished_at"]
    for path in (f"{MODELS}/chat/tests/{test_id}", f"{MODELS}/tests/{test_id}"):
        assert api.get(path).json() == result


@pytest.mark.parametrize(("body", "calls"), [(None, 2), ({"inference": True}, 2)])
def test_the_whole_test_is_made_unless_inference_is_declined(
    api: Api, llm: LLMModel, provider: FakeProvider, body: Any, calls: int
) -> None:
    result = ended(api, f"{MODELS}/chat/test", body)

    assert result["inference"]
    assert result["details"]["billed_calls"] == 1
    assert len(provider.calls) == calls


def test_without_inference_nothing_is_billed(
    api: Api, llm: LLMModel, provider: FakeProvider
) -> None:
    result = ended(api, f"{MODELS}/chat/test", {"inference": False})

    assert (result["success"], result["inference"]) == (True, False)
    assert result["details"] == {"billed_calls": 0}
    assert result["stages"][-1] == {"name": "inference", "code": "skipped", "latency_ms": None}
    assert [call.method for call in provider.calls] == ["GET"]


def test_a_failure_says_what_and_what_to_do(
    api: Api, llm: LLMModel, provider: FakeProvider
) -> None:
    provider.mood = bad_key

    result = ended(api, f"{MODELS}/chat/test")

    assert (result["success"], result["code"]) == (False, "bad_key")
    assert (result["message"], result["advice"]) == (
        "The provider refuses the key.",
        "Replace the key.",
    )
    assert result["details"] == {
        "billed_calls": 0,
        "provider_said": "Incorrect API key provided.",
    }


def test_what_the_provider_says_has_no_key_in_it(
    api: Api, llm: LLMModel, provider: FakeProvider
) -> None:
    provider.mood = echo_key

    result = ended(api, f"{MODELS}/chat/test")

    said = result["details"]["provider_said"]
    (key,) = set(provider.keys)
    assert said.startswith("Incorrect API key provided: ***")
    for place in (str(result), str(list(LogEntry.objects.values_list()))):
        assert key not in place
        assert PROXY_KEY not in place


def test_a_vector_of_another_length_fails_and_says_both(
    api: Api, openai: Provider, provider: FakeProvider
) -> None:
    make_llm("embedding", provider=openai, slug="vectors", model_id="v", dimensions=1024)
    provider.mood = embedding(768)

    result = ended(api, f"{MODELS}/vectors/test")

    assert (result["success"], result["code"]) == (False, "dimension_mismatch")
    assert result["message"] == "Returns 768 numbers, registered are 1,024."
    details = result["details"]
    assert (details["dimensions"], details["expected_dimensions"]) == (768, 1024)
    model = api.get(f"{MODELS}/vectors").json()
    assert (model["health"], model["status"]) == ("degraded", "active")


def test_a_corrected_parameter_is_named(api: Api, llm: LLMModel, provider: FakeProvider) -> None:
    well = provider.mood

    def strict(self: FakeProvider, call: Any, seconds: float) -> Any:
        if "max_completion_tokens" in (call.body or {}):
            error = {
                "message": "Unsupported parameter: 'max_completion_tokens'.",
                "param": "max_completion_tokens",
                "code": "unsupported_parameter",
            }
            return answer({"error": error}, status=400)
        return well(self, call, seconds)

    provider.mood = strict

    result = ended(api, f"{MODELS}/chat/test")

    assert (result["code"], result["success"]) == ("degraded", True)
    assert result["details"]["corrected"] == ["max_completion_tokens"]
    assert result["details"]["billed_calls"] == 2


def test_a_test_is_one_event_of_whoever_asked(api: Api, llm: LLMModel) -> None:
    asked = api.post(f"{MODELS}/chat/test", X_Request_ID="req-1")
    assert not LogEntry.objects.filter(event="model_tested").exists()

    work()

    entry = LogEntry.objects.get(event="model_tested")
    assert (entry.actor_name, entry.source, entry.application) == ("ada", "task", "tests")
    assert (entry.cid, entry.object_pk) == ("req-1", str(llm.pk))
    told = entry.additional_data or {}
    assert (told["success"], told["code"], told["inference"]) == (True, "ok", True)
    assert told["message"].startswith("Answers in ")
    assert told["test"] == asked.json()["id"]


def test_a_test_moves_the_health_and_no_revision(api: Api, llm: LLMModel) -> None:
    before = api.get(f"{MODELS}/chat")
    unknown = before.json()
    assert (unknown["health"], unknown["health_since"], unknown["tested_at"]) == (
        *("unknown", None, None),
    )

    ended(api, f"{MODELS}/chat/test")

    after = api.get(f"{MODELS}/chat", If_None_Match=before.headers["ETag"])
    assert after.status_code == 200  # the tag is the same, what was measured is not
    assert after.headers["ETag"] == before.headers["ETag"]
    assert (after.json()["health"], after.json()["revision"]) == ("ok", unknown["revision"])
    assert after.json()["tested_at"] == after.json()["health_since"] is not None
    assert [row["slug"] for row in api.get(f"{MODELS}?health=ok").json()["results"]] == ["chat"]
    assert api.get(f"{MODELS}?health=down").json()["count"] == 0
    assert fields_of(api.get(f"{MODELS}?health=fine")) == {"health"}


def test_the_settings_of_tests_are_written_and_read(
    api: Api, openai: Provider, provider: FakeProvider
) -> None:
    told = {"probe_max_tokens": 64, "probe_reasoning_effort": "low"}
    row = create(api, body_of_generation(slug="chat", **told))

    assert {name: row[name] for name in told} == told
    ended(api, f"{MODELS}/chat/test")
    body = provider.calls[-1].body or {}
    assert (body["max_completion_tokens"], body["reasoning_effort"]) == (64, "low")
    cleared = api.patch(f"{MODELS}/chat", dict.fromkeys(told)).json()
    assert {name: cleared[name] for name in told} == dict.fromkeys(told)
    wrong = api.patch(f"{MODELS}/chat", {"probe_max_tokens": 0, "probe_reasoning_effort": "no"})
    assert wrong.status_code == 400


def test_health_is_not_written(api: Api, llm: LLMModel) -> None:
    sent = {"health": "ok", "health_since": "2026-01-01T00:00:00Z", "tested_at": None}

    answered = api.patch(f"{MODELS}/chat", sent)

    assert answered.json()["warnings"] == ["Ignored: health, health_since, tested_at"]
    assert answered.json()["health"] == "unknown"


# Connections
# ----------------------------------------------------------------------------
def test_a_connection_is_tested_without_a_model(api: Api, openai: Provider) -> None:
    row = make_connection(openai)
    before = api.get(f"{CONNECTIONS}/{row.pk}")
    assert before.json()["last_success_at"] is None

    result = ended(api, f"{CONNECTIONS}/{row.pk}/test")

    assert (result["code"], result["connection"], result["model"]) == ("ok", str(row.pk), None)
    assert result["inference"] is False
    assert result["details"] == {"billed_calls": 0}
    after = api.get(f"{CONNECTIONS}/{row.pk}", If_None_Match=before.headers["ETag"])
    assert after.status_code == 200
    assert after.json()["last_success_at"] is not None
    assert LogEntry.objects.filter(event="connection_tested", actor_name="ada").count() == 1


@pytest.mark.parametrize("body", [{"base_url": "https://sink.example"}, {"inference": True}])
def test_a_test_of_a_connection_takes_no_body(api: Api, openai: Provider, body: Any) -> None:
    refused = api.post(f"{CONNECTIONS}/{make_connection(openai).pk}/test", body)

    assert (refused.status_code, fields_of(refused)) == (400, set(body))
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    "body",
    [{"api_endpoint": "https://sink.example"}, {"inference": "yes"}, {"inference": None}],
)
def test_a_test_of_a_model_takes_inference_alone(api: Api, llm: LLMModel, body: Any) -> None:
    refused = api.post(f"{MODELS}/chat/test", body)

    assert (refused.status_code, fields_of(refused)) == (400, set(body))
    assert not Job.objects.exists()


@pytest.mark.parametrize("name", ["nothing", "00000000-0000-0000-0000-000000000000", "%00"])
def test_what_is_not_there_is_not_tested(api: Api, name: str) -> None:
    for path in (
        *(f"{MODELS}/{name}/test", f"{CONNECTIONS}/{name}/test", f"{CONNECTIONS}/{name}/models"),
    ):
        assert api.post(path).status_code == 404
    for path in (f"{MODELS}/{name}/tests", f"{TESTS}/{name}", f"{MODELS}/tests/{name}"):
        assert api.get(path).status_code == 404
