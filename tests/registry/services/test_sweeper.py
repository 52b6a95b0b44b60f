"""The sweeper: it finds what no bell told of, and what a lost worker left behind."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from registry.choices import Health, JobKind, JobState, ProbeCode
from registry.models import ConnectionTest, Job, LLMModel, Provider
from registry.outbound.calls import Answer, Call
from registry.services import job_queue, workers
from registry.services.clock import database_now
from tests.factories import make_llm, make_provider, make_test
from tests.providers import carry_out, listed, provider
from tests.queueing import Bell
from tests.trail import payload, written

pytestmark = pytest.mark.django_db


@pytest.fixture
def one() -> Provider:
    return make_provider()


def waiting(one: Provider, number: int = 1) -> list[ConnectionTest]:
    return [make_test(make_llm(provider=one)) for _ in range(number)]


def state_of(test: ConnectionTest) -> str:
    return str(Job.objects.get(pk=test.job_id).state)


def lost(test: ConnectionTest, *, attempt: int = 1) -> Job:
    """Return the test's job, whose worker took it an hour ago and was not heard of again."""
    Job.objects.filter(pk=test.job_id).update(attempt=attempt - 1)
    past = database_now() - timedelta(hours=1)
    Job.objects.filter(pk=test.job_id).update(not_before=past)
    job = job_queue.claim(test.job_id, seconds=15, now=past)
    assert job is not None
    return job


def test_the_job_of_a_lost_worker_runs_again(
    one: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider(monkeypatch)
    (test,) = waiting(one)
    lost(test)

    found = workers.sweep()
    assert (found["put_back"], state_of(test)) == (1, JobState.QUEUED)

    with written() as trail:
        test = carry_out(test)
    assert (test.code, test.job.attempt) == (ProbeCode.OK, 2)
    assert payload(trail.named("model_tested"))["attempt"] == 2


def test_a_job_that_lost_three_workers_is_given_up_and_says_so(one: Provider) -> None:
    (test,) = waiting(one)
    lost(test, attempt=3)

    with written() as trail:
        found = workers.sweep()

    test = ConnectionTest.objects.with_links().get(pk=test.pk)
    assert (found["given_up"], test.job.state) == (1, JobState.FAILED)
    assert (test.code, test.detail, test.success) == (ProbeCode.CANNOT_TEST, "gave_up", False)
    assert LLMModel.objects.get().health == Health.UNKNOWN
    told = payload(trail.named("model_tested"))
    assert (told["success"], told["code"]) == (False, "cannot_test")
    assert "No worker could finish it" in told["message"]


def test_the_worker_of_a_job_that_was_given_up_is_too_late(
    one: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    (test,) = waiting(one)

    def models(call: Call) -> Answer:
        past = database_now() - timedelta(hours=1)
        Job.objects.filter(pk=test.job_id).update(attempt=3, lease_until=past)
        workers.sweep()
        return listed("model-1")

    provider(monkeypatch, models=models)
    with written() as trail:
        workers.work(test.job_id)

    test = ConnectionTest.objects.with_links().get(pk=test.pk)
    assert (test.code, test.job.state) == (ProbeCode.CANNOT_TEST, JobState.FAILED)
    assert trail.names == ["model_tested"]


def test_a_lost_job_gives_the_one_behind_it_its_turn_when_it_is_given_up(one: Provider) -> None:
    llm = make_llm(provider=one)
    first, second = make_test(llm), make_test(llm)
    lost(first, attempt=3)

    workers.sweep()

    assert state_of(first) == JobState.FAILED
    assert job_queue.claim(second.job_id, seconds=15) is not None


def test_a_job_within_its_lease_is_left_alone(one: Provider) -> None:
    (test,) = waiting(one)
    job_queue.claim(test.job_id, seconds=15)

    assert workers.sweep()["rung"] == 0
    assert state_of(test) == JobState.RUNNING


def test_work_in_person_that_was_left_behind_is_forgotten() -> None:
    past = database_now() - timedelta(hours=1)
    job = job_queue.new_job(JobKind.HOST_MODELS, "host_models:x", host="h", moment=past)
    assert job_queue._take(job, 10, past)

    assert workers.sweep() == {"settled": 1, "rung": 0}
    assert not Job.objects.exists()


def test_what_is_not_kept_by_a_lost_worker_is_rung_for_again(one: Provider, bell: Bell) -> None:
    (test,) = waiting(one)

    assert workers.sweep()["rung"] == 1
    assert bell.ids == [test.job_id]


def test_of_each_host_as_many_are_rung_for_as_may_run_at_once(
    one: Provider, bell: Bell, settings: Settings
) -> None:
    settings.REGISTRY_HOST_CONCURRENCY = 2
    waiting(one, 5)
    others = waiting(make_provider(), 1)

    assert workers.sweep()["rung"] == 3
    assert others[0].job_id in bell.ids


def test_a_broker_that_is_down_is_asked_once_a_round(one: Provider, bell: Bell) -> None:
    bell.is_down = True
    tests = waiting(one, 3)

    assert workers.sweep()["rung"] == 0
    assert len(bell.ids) == 1
    assert {state_of(test) for test in tests} == {JobState.QUEUED}


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_down_keeps_no_lost_job_from_its_place(one: Provider, bell: Bell) -> None:
    tests = waiting(one, 3)
    for test in tests:
        lost(test)
    bell.is_down = True

    assert workers.sweep()["put_back"] == 3
    assert {state_of(test) for test in tests} == {JobState.QUEUED}


def test_a_second_sweep_does_no_more(one: Provider) -> None:
    again, over = waiting(one, 2)
    lost(again)
    lost(over, attempt=3)

    with written() as trail:
        first = workers.sweep()
        second = workers.sweep()

    assert (first["put_back"], first["given_up"]) == (1, 1)
    assert ("put_back" in second, "given_up" in second) == (False, False)
    assert trail.names == ["model_tested"]


def test_a_quiet_round_asks_the_database_little(one: Provider) -> None:
    workers.sweep()

    with CaptureQueriesContext(
        connection,
    ) as queries:
        workers.sweep()

    assert len(queries) <= 10
