"""One host with much to do keeps neither the other hosts nor the sweeper from their turn."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from registry.choices import JobState
from registry.models import ConnectionTest, Job
from registry.services import job_queue, workers
from registry.services.clock import database_now
from tests.factories import make_llm, make_provider, make_test
from tests.providers import provider
from tests.queueing import Bell, ask, claimed, done

pytestmark = pytest.mark.django_db

MANY = 60  # hosts, more than are rung for in a round


def of_one_host(number: int) -> list[ConnectionTest]:
    one = make_provider()
    return [make_test(make_llm(provider=one)) for _ in range(number)]


def states(tests: list[ConnectionTest]) -> list[str]:
    return [Job.objects.get(pk=test.job_id).state for test in tests]


@pytest.fixture
def long_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test takes a whole shift."""
    provider(monkeypatch)
    monkeypatch.setattr(workers, "SHIFT", 0.0)


def test_after_its_shift_a_worker_rings_for_the_next_job_instead_of_doing_it(
    long_tests: None, bell: Bell
) -> None:
    here = of_one_host(3)

    assert workers.work(here[0].job_id) == 1
    assert states(here) == [JobState.DONE, JobState.QUEUED, JobState.QUEUED]
    assert bell.ids == [here[1].job_id]


def test_a_worker_that_can_hand_on_to_nobody_goes_on(long_tests: None, bell: Bell) -> None:
    here = of_one_host(3)
    bell.is_down = True

    assert workers.work(here[0].job_id) == 3
    assert set(states(here)) == {JobState.DONE}


def test_nobody_is_rung_when_the_host_has_nothing_left_to_do(long_tests: None, bell: Bell) -> None:
    (only,) = of_one_host(1)

    workers.work(only.job_id)

    assert bell.ids == []


def test_who_is_rung_for_a_job_that_is_taken_does_the_next_of_its_host(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    provider(monkeypatch)
    here, there = of_one_host(2), of_one_host(1)
    job_queue.claim(here[0].job_id, seconds=15)

    assert workers.work(here[0].job_id) == 1
    assert states([*here, *there]) == [JobState.RUNNING, JobState.DONE, JobState.QUEUED]


def test_a_worker_that_is_told_to_end_ends_after_the_job_in_its_hands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    provider(monkeypatch)
    here = of_one_host(3)
    told: Iterator[bool] = iter([False, True])

    assert workers.work(here[0].job_id, is_stopping=lambda: next(told)) == 1
    assert states(here) == [JobState.DONE, JobState.QUEUED, JobState.QUEUED]


def test_many_hosts_that_wait_hide_no_other(settings: Settings) -> None:
    settings.REGISTRY_HOST_CONCURRENCY = 2
    moment = database_now()
    for number in range(MANY):
        ask(f"llm:{number}", host=f"https://{number % (MANY // 2)}.example:443", now=moment)
    late = ask("llm:late", host="https://late.example:443", now=moment)

    waiting = job_queue.waiting_jobs(now=moment)

    assert len({job.host for job in waiting}) == MANY // 2 + 1
    assert late in waiting


def test_for_a_host_that_is_called_as_often_as_it_may_be_nobody_is_rung(
    settings: Settings,
) -> None:
    settings.REGISTRY_HOST_CONCURRENCY = 1
    moment = database_now()
    claimed(ask("llm:1", host="https://full.example:443", now=moment), now=moment)
    ask("llm:2", host="https://full.example:443", now=moment)
    free = ask("llm:3", host="https://free.example:443", now=moment)
    claimed(ask("llm:4", now=moment), now=moment)  # what calls no host is bound by none
    nowhere = ask("llm:5", now=moment)

    assert set(job_queue.waiting_jobs(now=moment)) == {free, nowhere}


def test_one_job_that_cannot_be_settled_stands_in_nobodys_way(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tests = of_one_host(2)
    for test in tests:
        job_queue.claim(test.job_id, seconds=15)
    later = database_now() + 2 * job_queue.LEASE
    put_back = job_queue.put_back

    def stumble(job: Job) -> None:
        if job.pk == tests[0].job_id:
            raise RuntimeError("damaged")
        put_back(job)

    monkeypatch.setattr(job_queue, "put_back", stumble)
    found = workers.sweep(later)

    assert (found["failed"], found["put_back"]) == (1, 1)
    assert states(tests) == [JobState.RUNNING, JobState.QUEUED]
    assert str(tests[0].job_id) in caplog.text


def test_old_jobs_are_forgotten_in_portions_and_all_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(job_queue, "PORTION", 2)
    for number in range(5):
        done(claimed(ask(f"llm:{number}")))
    kept = ask("llm:kept")

    assert job_queue.forget_finished(database_now() + job_queue.LEASE) == 5
    assert list(Job.objects.all()) == [kept]
