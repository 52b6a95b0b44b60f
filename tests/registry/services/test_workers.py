"""What a worker does that is rung; how long typed keys and old tests are kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import Settings

from registry.choices import Health, JobState, ProbeCode, Stage
from registry.models import ConnectionTest, Heartbeat, Job, LLMModel, Provider, Sweep
from registry.outbound.calls import Answer, Call
from registry.services import connection_tests, job_queue, workers
from registry.services.clock import database_now
from registry.types import LLMChange, Secret
from tests.factories import API_KEY, make_llm, make_provider, make_test
from tests.providers import listed, provider
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


def unsaved(one: Provider) -> ConnectionTest:
    llm = LLMModel(type="generation", provider=one, model_id="m-1")
    change = LLMChange(api_key=Secret(API_KEY))
    return connection_tests.request_unsaved(llm, change, inference=False).test


def test_a_worker_does_one_job_after_the_other_of_the_same_host(
    one: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider(monkeypatch)
    here, there = waiting(one, 3), waiting(make_provider())

    done = workers.work(here[1].job_id)

    assert done == 3
    assert [state_of(test) for test in here] == [JobState.DONE] * 3
    assert state_of(there[0]) == JobState.QUEUED


def test_a_worker_that_is_to_end_takes_nothing_at_all(one: Provider) -> None:
    (test,) = waiting(one)

    assert workers.work(test.job_id, is_stopping=lambda: True) == 0
    assert state_of(test) == JobState.QUEUED


def test_a_worker_that_finds_its_host_busy_leaves_the_job_to_the_others(
    one: Provider, settings: Settings
) -> None:
    settings.REGISTRY_HOST_CONCURRENCY = 1
    running, second = waiting(one, 2)
    job_queue.claim(running.job_id, seconds=15)

    assert workers.work(second.job_id) == 0
    assert state_of(second) == JobState.QUEUED


def test_a_worker_that_lost_a_job_goes_on_with_the_next(
    one: Provider, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = waiting(one, 2)
    calls: list[str] = []

    def models(call: Call) -> Answer:
        calls.append(call.url)
        if len(calls) == 1:  # the worker slept: another one has the job meanwhile
            job_queue.put_back(Job.objects.get(pk=first.job_id))
            assert job_queue.claim(first.job_id, seconds=15) is not None
        return listed("model-1")

    provider(monkeypatch, models=models)
    done = workers.work(first.job_id)

    assert done == 2
    assert state_of(first) == JobState.RUNNING
    assert ConnectionTest.objects.get(pk=first.pk).code == ""
    assert state_of(second) == JobState.DONE
    assert str(first.job_id) in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_down_does_not_stop_a_worker_on_its_way(
    one: Provider, bell: Bell, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider(monkeypatch)
    llm = make_llm(provider=one)
    first, second = make_test(llm), make_test(llm)
    bell.is_down = True

    assert workers.work(first.job_id) == 2
    assert state_of(second) == JobState.DONE


# Unsaved settings
# ----------------------------------------------------------------------------
def test_a_typed_key_waits_ten_minutes_for_a_worker_and_no_longer(one: Provider) -> None:
    test = unsaved(one)
    began = Job.objects.get(pk=test.job_id).created_at
    assert test.api_key is not None

    workers.sweep(began + timedelta(minutes=9, seconds=59))
    assert state_of(test) == JobState.QUEUED

    with written() as trail:
        workers.sweep(began + timedelta(minutes=10, seconds=1))

    test.refresh_from_db()
    assert state_of(test) == JobState.FAILED
    assert ConnectionTest.objects.filter(pk=test.pk, api_key__isnull=True).exists()
    assert (test.code, test.detail) == (ProbeCode.CANNOT_TEST, "too_old")
    assert "Is a worker running?" in payload(trail.named("model_tested"))["message"]


def test_a_test_of_a_stored_model_waits_as_long_as_it_takes(one: Provider) -> None:
    (test,) = waiting(one)

    workers.sweep(database_now() + timedelta(days=2))

    assert state_of(test) == JobState.QUEUED


def test_a_test_that_a_worker_took_at_the_last_moment_is_not_given_up(one: Provider) -> None:
    test = unsaved(one)
    late = database_now() + timedelta(minutes=11)
    (stale,) = workers._stale(late)
    assert job_queue.claim(test.job_id, seconds=15) is not None

    assert workers._give_up(stale, JobState.QUEUED, "too_old") == "settled"
    assert state_of(test) == JobState.RUNNING


# Presence, and what is kept for a time
# ----------------------------------------------------------------------------
@pytest.mark.parametrize(("seconds", "present"), [(0, True), (59, True), (61, False)])
def test_a_worker_is_there_if_it_was_heard_of_within_a_minute(seconds: int, present: bool) -> None:
    moment = database_now()
    workers.sweep(moment)

    assert workers.is_present(moment + timedelta(seconds=seconds)) is present


def test_no_worker_is_there_before_the_first_sweep() -> None:
    assert not workers.is_present()
    assert not Heartbeat.objects.exists()


def test_old_tests_are_forgotten_and_the_timeline_stays(one: Provider, settings: Settings) -> None:
    settings.REGISTRY_TEST_DAYS = 30
    test = make_test(make_llm(provider=one), code=ProbeCode.BAD_KEY, stage=Stage.AUTH)
    sweep = Sweep.objects.create()
    sweep.tests.add(test)
    now = database_now() + timedelta(days=31)

    forgotten = workers.forget_old(now)

    assert (forgotten["jobs"], forgotten["sweeps"]) == (1, 1)
    assert not ConnectionTest.objects.exists()
    llm = LLMModel.objects.get()
    assert llm.health == Health.DOWN
    assert [change.code for change in llm.health_changes.all()] == [ProbeCode.BAD_KEY]
