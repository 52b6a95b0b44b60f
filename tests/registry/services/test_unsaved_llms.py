"""Testing before saving: what must be there, and that a typed key leaves no trace."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from audit.models import LogEntry
from registry.choices import Dialect, JobState, LLMType, Mode, ProbeCode
from registry.models import Connection, ConnectionTest, Job, LLMModel, Provider
from registry.services import connection_tests, job_queue, unsaved_llms, workers
from registry.services.clock import database_now
from registry.types import LLMChange, Secret
from tests.factories import API_KEY, make_connection, make_llm, make_provider
from tests.providers import carry_out, embedded, paths, provider, refused, spoken
from tests.trail import payload, written

pytestmark = pytest.mark.django_db


def draft(one: Provider, llm_type: str = LLMType.GENERATION, **columns: Any) -> LLMModel:
    return LLMModel(**{"type": llm_type, "provider": one, "model_id": "model-1"} | columns)


def ask(
    llm: LLMModel, *, key: str = API_KEY, inference: bool = False, **parts: Any
) -> ConnectionTest:
    change = LLMChange(api_key=Secret(key) if key else None, **parts)
    return connection_tests.request_unsaved(llm, change, inference=inference).test


def missing(llm: LLMModel, **parts: Any) -> set[str]:
    with pytest.raises(ValidationError) as refused_:
        ask(llm, **parts)
    assert not ConnectionTest.objects.exists()
    assert not Job.objects.exists()
    return set(refused_.value.message_dict)


def pieces() -> list[str]:
    return [API_KEY[at : at + 8] for at in range(len(API_KEY) - 7)]


# What must be there
# ----------------------------------------------------------------------------
def test_what_is_missing_is_named_as_saving_would() -> None:
    assert missing(LLMModel(), key="") == {"provider", "type", "model_id"}
    assert missing(draft(make_provider(), model_id="a b")) == {"model_id"}
    assert missing(draft(make_provider(), LLMType.EMBEDDING)) == {"dimensions"}
    assert missing(draft(make_provider(), LLMType.EMBEDDING, dimensions=9000)) == {"dimensions"}
    assert missing(draft(make_provider(), probe_max_tokens=0)) == {"probe_max_tokens"}
    assert missing(draft(make_provider()), key="") == {"api_key"}
    azure = make_provider(dialect=Dialect.AZURE, direct_api_url="")
    assert missing(draft(azure)) == {"api_endpoint"}
    assert missing(draft(make_provider()), api_endpoint="no address") == {"api_endpoint"}
    assert missing(draft(make_provider()), api_endpoint="http://169.254.169.254/") == {
        "api_endpoint"
    }
    anthropic = make_provider(dialect=Dialect.ANTHROPIC)
    assert missing(draft(anthropic, LLMType.EMBEDDING, dimensions=8)) == {"provider"}


def test_what_a_test_does_not_read_may_be_missing_or_wrong() -> None:
    make_llm(name="Taken", slug="taken")
    llm = draft(make_provider(), name="", slug="taken", temperature=99.0, status="asleep")

    assert ask(llm).job.state == JobState.QUEUED


def test_a_connection_of_another_provider_is_refused() -> None:
    other = make_connection()

    assert missing(draft(make_provider()), key="", connection=other) == {"connection"}


def test_a_stored_connection_needs_no_typed_key(monkeypatch: pytest.MonkeyPatch) -> None:
    far = provider(monkeypatch)
    connection = make_connection()

    test = carry_out(ask(draft(connection.provider), key="", connection=connection))

    assert (test.code, test.api_key) == (ProbeCode.OK, None)
    (call,) = far.calls
    assert call.credential is not None
    assert call.credential.secret == Secret(API_KEY)


# A test
# ----------------------------------------------------------------------------
def test_unsaved_settings_are_tested_like_saved_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    far = provider(monkeypatch, embeddings=embedded(768))
    llm = draft(make_provider(), LLMType.EMBEDDING, dimensions=1024, name="Draft")

    with written() as trail:
        test = carry_out(ask(llm, inference=True))

    assert paths(far.calls) == ["models", "embeddings"]
    assert (test.code, test.success) == (ProbeCode.DIMENSION_MISMATCH, False)
    assert (test.dimensions, test.expected_dimensions) == (768, 1024)
    entry = trail.named("model_tested")
    assert (entry.object_repr, entry.object_pk) == ("Draft", "")
    assert (payload(entry)["unsaved"], payload(entry)["test"]) == (True, str(test.pk))
    assert not LLMModel.objects.exists()


def test_a_model_without_a_name_is_told_by_its_id(monkeypatch: pytest.MonkeyPatch) -> None:
    provider(monkeypatch)

    with written() as trail:
        carry_out(ask(draft(make_provider())))

    assert trail.named("model_tested").object_repr == "model-1"


def test_two_people_test_the_same_settings_side_by_side() -> None:
    one = make_provider()

    first, second = ask(draft(one)), ask(draft(one))

    assert first.job_id != second.job_id
    assert first.job.turn == second.job.turn == 1


def test_settings_come_back_as_they_were_given() -> None:
    one = make_provider()
    llm = draft(
        one, LLMType.EMBEDDING, dimensions=8, probe_max_tokens=5, probe_reasoning_effort="low"
    )
    change = LLMChange(api_endpoint="https://EU.one.example/v1/")

    kept = unsaved_llms.as_settings(llm, change)
    back = unsaved_llms.from_settings(json.loads(json.dumps(kept)))

    assert kept["api_endpoint"] == "https://eu.one.example/v1"
    assert (back.provider, back.type, back.model_id, back.dimensions) == (
        *(one, LLMType.EMBEDDING, "model-1", 8),
    )
    assert (back.probe_max_tokens, back.probe_reasoning_effort) == (5, "low")
    assert (back.mode, back.connection) == (Mode.EMBEDDING, None)


# The typed key
# ----------------------------------------------------------------------------
def test_a_typed_key_waits_sealed_and_stands_nowhere_else() -> None:
    with written() as trail:
        test = ask(draft(make_provider()), api_endpoint="https://eu.one.example/v1")

    row = ConnectionTest.objects.get(pk=test.pk)
    assert row.api_key is not None
    assert row.api_key.open(row.binding) == Secret(API_KEY)
    columns = str(ConnectionTest.objects.values().get(pk=test.pk))
    job = str(Job.objects.values().get(pk=test.job_id))
    assert not [piece for piece in pieces() if piece in columns + job]
    assert not [entry for entry in trail if entry.event == "model_tested"]
    assert not Connection.objects.exists()


def ends_well(test: ConnectionTest, monkeypatch: pytest.MonkeyPatch) -> None:
    provider(monkeypatch, chat=spoken(f"your key is {API_KEY}"))
    carry_out(test)


def fails(test: ConnectionTest, monkeypatch: pytest.MonkeyPatch) -> None:
    provider(monkeypatch, models=refused(401, f"Bad key {API_KEY}", code="invalid_api_key"))
    carry_out(test)


def is_given_up(test: ConnectionTest, monkeypatch: pytest.MonkeyPatch) -> None:
    assert job_queue.claim(test.job_id, seconds=15) is not None
    past = database_now() - timedelta(hours=1)
    Job.objects.filter(pk=test.job_id).update(attempt=3, lease_until=past)
    workers.sweep()


def grows_too_old(test: ConnectionTest, monkeypatch: pytest.MonkeyPatch) -> None:
    workers.sweep(database_now() + timedelta(minutes=11))


def finds_its_provider_gone(test: ConnectionTest, monkeypatch: pytest.MonkeyPatch) -> None:
    Provider.objects.all().delete()
    carry_out(test)


def is_put_back_and_grows_too_old(test: ConnectionTest, monkeypatch: pytest.MonkeyPatch) -> None:
    assert job_queue.claim(test.job_id, seconds=15) is not None
    later = database_now() + timedelta(minutes=11)
    workers.sweep(later)
    workers.sweep(later)


ENDINGS: list[Callable[[ConnectionTest, pytest.MonkeyPatch], None]] = [
    ends_well,
    fails,
    is_given_up,
    grows_too_old,
    finds_its_provider_gone,
    is_put_back_and_grows_too_old,
]


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_typed_key_is_forgotten_however_its_test_ends(
    ending: Callable[[ConnectionTest, pytest.MonkeyPatch], None],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    test = ask(draft(make_provider()), inference=True)

    ending(test, monkeypatch)

    row = ConnectionTest.objects.select_related("job").get(pk=test.pk)
    assert row.job.is_finished
    assert row.code
    assert row.api_key is None
    columns = str(ConnectionTest.objects.values().get(pk=test.pk))
    entries = str(list(LogEntry.objects.values()))
    assert not [piece for piece in pieces() if piece in columns + entries + caplog.text]


def test_a_typed_key_is_sent_to_its_origin_only(monkeypatch: pytest.MonkeyPatch) -> None:
    far = provider(monkeypatch)

    carry_out(ask(draft(make_provider()), inference=True, api_endpoint="https://eu.one.example/v1"))

    assert {call.url.split("/")[2] for call in far.calls} == {"eu.one.example"}
    assert all(call.credential and call.credential.secret == Secret(API_KEY) for call in far.calls)
    assert all(API_KEY not in call.url + str(call.body) for call in far.calls)
