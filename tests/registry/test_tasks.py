"""The tasks: an id in, rows out, and running one twice does no more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from celery.worker import state

from audit import context
from audit.choices import Source
from audit.models import LogEntry
from config.celery import app
from registry import jobs, tasks
from registry.choices import JobKind, JobState, LLMType, ProbeCode
from registry.models import ConnectionTest, Heartbeat, Job, LLMModel
from registry.outbound.calls import Answer, Call
from registry.services import connection_tests, job_queue
from registry.services.clock import database_now
from registry.types import LLMChange, Secret
from tests.factories import API_KEY, make_llm, make_provider, make_test, make_user
from tests.providers import listed, provider

UNKNOWN = "00000000-0000-4000-8000-000000000000"

# A worker has no circumstances of its own: each task must bring them.
pytestmark = [pytest.mark.django_db, pytest.mark.without_context]


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> list[ConnectionTest]:
    """Three tests of one host, which answers."""
    provider(monkeypatch)
    with context.use(source=Source.SYSTEM):
        ada = make_user("ada")
    with context.use(source=Source.API, actor=ada, request_id="r-1"):
        one = make_provider()
        return [make_test(make_llm(provider=one)) for _ in range(3)]


def events() -> list[LogEntry]:
    return list(LogEntry.objects.filter(event="model_tested"))


def test_every_kind_that_is_rung_for_has_a_task() -> None:
    assert set(jobs.TASKS) == {JobKind.CONNECTION_TEST}
    assert set(jobs.TASKS.values()) <= set(app.tasks)


def test_the_periodic_work_is_there_and_every_task_of_it_exists() -> None:
    names = {entry["task"] for entry in app.conf.beat_schedule.values()}

    assert names == {"registry.sweep", "registry.forget_old"}
    assert names <= set(app.tasks)


def test_a_worker_that_is_rung_does_the_job_and_what_waits_for_the_same_host(
    waiting: list[ConnectionTest],
) -> None:
    tasks.run_connection_test(str(waiting[0].job_id))

    assert {test.code for test in ConnectionTest.objects.all()} == {ProbeCode.OK}
    assert len(events()) == 3


def test_the_trail_names_who_asked_and_that_a_task_did_it(waiting: list[ConnectionTest]) -> None:
    tasks.run_connection_test(str(waiting[0].job_id))

    for entry in events():
        assert (entry.actor_name, entry.source, entry.cid) == ("ada", Source.TASK, "r-1")


def test_settings_that_nobody_has_saved_are_tested_for_who_typed_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    provider(monkeypatch)
    with context.use(source=Source.SYSTEM):
        ada, one = make_user("ada"), make_provider()
    with context.use(source=Source.ADMIN, actor=ada):
        llm = LLMModel(type=LLMType.GENERATION, provider=one, model_id="model-1")
        change = LLMChange(api_key=Secret(API_KEY))
        test = connection_tests.request_unsaved(llm, change, inference=True).test

    tasks.run_connection_test(str(test.job_id))

    test.refresh_from_db()
    assert (test.code, test.api_key) == (ProbeCode.OK, None)
    assert [entry.actor_name for entry in events()] == ["ada"]


def test_a_message_that_comes_twice_does_no_more(waiting: list[ConnectionTest]) -> None:
    for _ in range(2):
        for test in waiting:
            tasks.run_connection_test(str(test.job_id))

    assert len(events()) == 3
    assert {job.attempt for job in Job.objects.all()} == {1}


@pytest.mark.parametrize("name", [UNKNOWN, "no uuid", "", "a\x00b"])
def test_an_id_that_nobody_knows_is_ignored(waiting: list[ConnectionTest], name: str) -> None:
    tasks.run_connection_test(name)

    assert {job.state for job in Job.objects.all()} == {JobState.QUEUED}


@pytest.mark.parametrize("flag", ["should_stop", "should_terminate"])
def test_a_worker_that_is_to_end_takes_nothing_more(
    waiting: list[ConnectionTest], monkeypatch: pytest.MonkeyPatch, flag: str
) -> None:
    def models(call: Call) -> Answer:
        monkeypatch.setattr(state, flag, 0)  # the signal comes during the call
        return listed("model-1")

    provider(monkeypatch, models=models)

    for test in waiting:
        tasks.run_connection_test(str(test.job_id))

    states = [Job.objects.get(pk=test.job_id).state for test in waiting]
    assert states == [JobState.DONE, JobState.QUEUED, JobState.QUEUED]


def test_the_sweep_gives_up_with_the_requester_on_the_trail(
    waiting: list[ConnectionTest],
) -> None:
    job = job_queue.claim(waiting[0].job_id, seconds=15)
    assert job is not None
    past = database_now() - timedelta(minutes=5)
    Job.objects.filter(pk=job.pk).update(attempt=job_queue.MOST_ATTEMPTS, lease_until=past)

    for _ in range(2):
        tasks.sweep()

    (entry,) = events()
    assert (entry.actor_name, entry.source) == ("ada", Source.TASK)
    assert Heartbeat.objects.get(pk="sweeper").at > past


def test_old_rows_are_forgotten_once(waiting: list[ConnectionTest]) -> None:
    tasks.run_connection_test(str(waiting[0].job_id))
    Job.objects.update(finished_at=database_now() - timedelta(days=1000))

    for _ in range(2):
        tasks.forget_old()

    assert not Job.objects.exists()
    assert not ConnectionTest.objects.exists()
    assert len(events()) == 3  # the trail stays
