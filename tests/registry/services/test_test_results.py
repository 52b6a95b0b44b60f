"""What is stored of a test: its result, one event, health, and no piece of the key."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import Settings

from audit import context
from audit.choices import Source
from registry.choices import Dialect, Health, JobState, LLMStatus, ProbeCode, Stage
from registry.models import Connection, ConnectionTest, Job, LLMModel
from registry.outbound.calls import Answer, Call
from registry.services import connection_tests
from registry.services.clock import database_now
from registry.types import LLMChange, Secret
from tests.factories import (
    API_KEY,
    make_connection,
    make_llm,
    make_provider,
    make_user,
)
from tests.outbound import answer, far_side
from tests.providers import (
    Part,
    carry_out,
    embedded,
    listed,
    paths,
    provider,
    refused,
    spoken,
)
from tests.trail import payload, written

pytestmark = pytest.mark.django_db


def model(**columns: Any) -> LLMModel:
    return make_llm(model_id="model-1", **columns)


def ask(llm: LLMModel, **options: bool) -> ConnectionTest:
    return connection_tests.request_test(llm, **{"inference": False} | options).test


# What is stored
# ----------------------------------------------------------------------------
def test_a_good_test_leaves_a_result_an_event_and_health(monkeypatch: pytest.MonkeyPatch) -> None:
    provider(monkeypatch)
    llm, ada = model(), make_user("ada")
    with context.use(source=Source.ADMIN, actor=ada, request_id="r-7", application="shop"):
        test = ask(llm, inference=True)

    with written() as trail:
        test = carry_out(test)

    assert (test.code, test.success, test.job.state) == (ProbeCode.OK, True, JobState.DONE)
    assert [row["name"] for row in test.stages] == Stage.values
    assert {row["code"] for row in test.stages} == {ProbeCode.OK}
    assert (test.billed_calls, test.prompt_tokens, test.output_tokens) == (1, 3, 1)
    entry = trail.only
    assert (entry.event, entry.object_pk) == ("model_tested", str(llm.pk))
    assert (entry.actor_name, entry.source) == ("ada", Source.TASK)
    assert (entry.cid, entry.application) == ("r-7", "shop")
    told = payload(entry)
    assert (told["success"], told["code"], told["inference"]) == (True, "ok", True)
    assert (told["test"], told["attempt"]) == (str(test.pk), 1)
    assert told["message"].startswith("Answers in ")
    llm.refresh_from_db()
    assert (llm.health, llm.tested_at) == (Health.OK, llm.health_since)


def test_the_free_calls_come_first_and_nothing_is_billed_unasked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    far = provider(monkeypatch)

    test = carry_out(ask(model()))

    assert paths(far.calls) == ["models"]
    assert (test.code, test.billed_calls) == (ProbeCode.OK, 0)
    assert [row["code"] for row in test.stages] == ["ok", "ok", "ok", "skipped"]


def test_a_failed_free_call_spares_the_billed_one(monkeypatch: pytest.MonkeyPatch) -> None:
    far = provider(monkeypatch, models=refused(401, code="invalid_api_key"))

    test = carry_out(ask(model(), inference=True))

    assert paths(far.calls) == ["models"]
    assert (test.code, test.billed_calls, test.success) == (ProbeCode.BAD_KEY, 0, False)


def test_a_vector_of_another_length_fails_the_test_and_not_the_status(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    provider(monkeypatch, embeddings=embedded(768))
    llm = model(llm_type="embedding", dimensions=1024)

    test = carry_out(ask(llm, inference=True))

    llm.refresh_from_db()
    assert (test.code, test.success) == (ProbeCode.DIMENSION_MISMATCH, False)
    assert (test.dimensions, test.expected_dimensions) == (768, 1024)
    assert (llm.health, llm.status, llm.dimensions) == (Health.DEGRADED, LLMStatus.ACTIVE, 1024)


def test_an_answer_after_a_correction_is_degraded(monkeypatch: pytest.MonkeyPatch) -> None:
    def chat(call: Call) -> Answer:
        if "max_tokens" in (call.body or {}):
            return refused(
                400,
                "Unsupported parameter: 'max_tokens'.",
                type="invalid_request_error",
                code="unsupported_parameter",
                param="max_tokens",
            )
        return spoken()

    far = provider(monkeypatch, chat=chat)
    llm = model()

    test = carry_out(ask(llm, inference=True))

    llm.refresh_from_db()
    assert paths(far.calls) == ["models", "completions", "completions"]
    assert (test.code, test.success, test.billed_calls) == (ProbeCode.DEGRADED, True, 2)
    assert test.detail == "max_tokens"
    assert llm.health == Health.DEGRADED


def test_the_key_is_in_nothing_that_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    echo = f"Incorrect API key provided: {API_KEY}."
    provider(monkeypatch, models=refused(401, echo, code="invalid_api_key"))
    test = ask(model())

    with written() as trail:
        test = carry_out(test)

    row = ConnectionTest.objects.values().get(pk=test.pk)
    assert "Incorrect API key" in test.said
    for text in (str(row), str(trail.only.additional_data), str(trail.only.changes)):
        assert API_KEY[:8] not in text
        assert API_KEY[-8:] not in text


def test_a_connection_test_asks_for_no_model_and_is_told_of_the_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    far = provider(monkeypatch)
    connection = make_connection()
    test = connection_tests.request_connection_test(connection).test

    with written() as trail:
        test = carry_out(test)

    assert paths(far.calls) == ["models"]
    assert [row["code"] for row in test.stages] == ["ok", "ok", "skipped", "skipped"]
    assert (trail.only.event, trail.only.object_pk) == ("connection_tested", str(connection.pk))
    connection.refresh_from_db()
    assert connection.last_success_at is not None
    assert connection.revision == 1


# The last success of a connection
# ----------------------------------------------------------------------------
NO_LIST = answer(b"<html>", status=500, content_type="text/html")


@pytest.mark.parametrize(
    ("models", "inference", "noted"),
    [
        (listed("model-1"), False, True),
        (listed("model-1"), True, True),
        (refused(401, code="invalid_api_key"), False, False),
        (NO_LIST, False, False),  # something answers: that says nothing of the key
        (NO_LIST, True, True),  # whoever infers was let in
    ],
)
def test_a_success_is_noted_where_the_key_was_let_in(
    monkeypatch: pytest.MonkeyPatch, models: Part, inference: bool, noted: bool
) -> None:
    provider(monkeypatch, models=models)
    carry_out(ask(model(), inference=inference))

    connection = Connection.objects.get()
    assert (connection.last_success_at is not None) is noted


def test_inference_proves_what_the_free_calls_could_not(monkeypatch: pytest.MonkeyPatch) -> None:
    provider(monkeypatch, models=NO_LIST)
    test = ask(model(), inference=True)

    with written() as trail:
        test = carry_out(test)

    assert {row["code"] for row in test.stages} == {ProbeCode.OK}
    assert payload(trail.only)["message"].startswith("Answers in ")


# Time to load a model
# ----------------------------------------------------------------------------
def test_a_worker_holds_its_job_as_long_as_a_host_may_need_to_load_a_model(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.REGISTRY_TEST_SECONDS, settings.REGISTRY_LOAD_SECONDS = 15, 45
    ollama = make_provider(dialect=Dialect.OLLAMA, auth_required=False)
    change = LLMChange(api_endpoint="http://gpu.example:11434")
    test = ask(make_llm(provider=ollama, change=change), inference=True)
    held: dict[str, float] = {}

    def handle(call: Call) -> Answer:
        path = call.url.rpartition("/")[2]
        job = Job.objects.get(pk=test.job_id)
        assert job.lease_until is not None
        held[path] = (job.lease_until - database_now()).total_seconds()
        return {
            "version": answer({"version": "0.9"}),
            "show": answer({"details": {}, "capabilities": ["completion"]}),
            "chat": answer({"message": {"content": "pong"}, "done_reason": "stop"}),
        }[path]

    far_side(monkeypatch, handle)
    test = carry_out(test)

    assert test.code == ProbeCode.OK
    assert held["version"] <= 45 < held["chat"]  # with a lease of 30 s beyond


def test_a_private_host_of_a_long_name_has_a_result(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL refuses what is longer than a column."""
    host = f"{'a.' * 120}localhost"
    access = LLMChange(api_endpoint=f"http://{host}/v1", api_key=Secret(API_KEY))
    provider(monkeypatch)

    test = carry_out(ask(model(change=access)))

    assert (test.code, len(test.detail)) == (ProbeCode.ADDRESS_BLOCKED, 200)
    assert test.job.state == JobState.DONE
