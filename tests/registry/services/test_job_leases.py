"""How long a worker holds a job, who is too late, and what is looked after."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from registry.choices import JobKind, JobState
from registry.errors import HostBusyError, LeaseLostError
from registry.models import Job
from registry.models.job import FIRST
from registry.services import job_queue
from registry.services.clock import database_now
from tests.factories import make_user
from tests.queueing import HOST, OTHER_HOST, SECONDS, Bell, ask, claimed, done, stored

pytestmark = pytest.mark.django_db


# Holding
# ----------------------------------------------------------------------------
def test_a_worker_may_hold_a_job_longer() -> None:
    job = claimed(ask())
    moment = database_now() + timedelta(seconds=5)

    job_queue.renew(job, seconds=60, now=moment)

    assert stored(job).lease_until == moment + timedelta(seconds=60) + job_queue.LEASE


def test_the_end_of_a_job_gives_the_next_its_turn(
    bell: Bell,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    first = claimed(ask())
    second = ask()

    with django_capture_on_commit_callbacks(execute=True):
        done(first)

    assert (stored(first).state, stored(second).turn) == (JobState.DONE, FIRST)
    assert stored(first).finished_at is not None
    assert bell.ids == [second.pk]


def test_an_error_while_a_result_is_written_ends_nothing() -> None:
    job = claimed(ask())

    with pytest.raises(ZeroDivisionError), job_queue.holding(job):
        raise ZeroDivisionError

    assert stored(job).state == JobState.RUNNING


def lost_job(how: str) -> Job:
    """Return a job as a worker knows it that has lost it meanwhile."""
    job = claimed(ask())
    row = stored(job)
    match how:
        case "put back":
            job_queue.put_back(row)
        case "taken over":
            job_queue.put_back(row)
            claimed(row)
        case "given up":
            job_queue.finish(row, JobState.FAILED)
        case "deleted":
            row.delete()
    return job


@pytest.mark.parametrize("how", ["put back", "taken over", "given up", "deleted"])
def test_a_late_worker_is_refused(how: str) -> None:
    job = lost_job(how)
    before = list(Job.objects.values())

    with pytest.raises(LeaseLostError):
        done(job)
    with pytest.raises(LeaseLostError):
        job_queue.renew(job, seconds=SECONDS)

    assert list(Job.objects.values()) == before


def test_a_late_worker_writes_nothing_of_what_it_found() -> None:
    job = lost_job("taken over")
    user = make_user()

    with pytest.raises(LeaseLostError), job_queue.holding(job):
        user.delete()

    user.refresh_from_db()


# In person
# ----------------------------------------------------------------------------
def test_work_in_person_counts_among_the_calls_to_its_host(settings: Settings) -> None:
    settings.REGISTRY_HOST_CONCURRENCY = 1
    waiting = ask(host=HOST)

    with job_queue.in_person(JobKind.HOST_MODELS, host=HOST, seconds=SECONDS) as job:
        assert stored(job).state == JobState.RUNNING
        assert job_queue.claim(waiting.pk, seconds=SECONDS) is None

    assert list(Job.objects.all()) == [waiting]
    assert job_queue.claim(waiting.pk, seconds=SECONDS) is not None


def test_work_in_person_is_refused_while_its_host_is_busy(settings: Settings) -> None:
    settings.REGISTRY_HOST_CONCURRENCY = 1
    running = claimed(ask(host=HOST))

    with (
        pytest.raises(HostBusyError) as refused,
        job_queue.in_person(JobKind.HOST_MODELS, host=HOST, seconds=SECONDS),
    ):
        pass

    assert refused.value.retry_after == 5
    assert list(Job.objects.all()) == [running]


def test_work_in_person_leaves_nothing_when_it_fails() -> None:
    with (
        pytest.raises(ZeroDivisionError),
        job_queue.in_person(JobKind.HOST_MODELS, host=HOST, seconds=SECONDS),
    ):
        raise ZeroDivisionError

    assert not Job.objects.exists()


# Looking after
# ----------------------------------------------------------------------------
def test_a_job_has_expired_when_its_lease_is_over() -> None:
    moment = database_now()
    job = claimed(ask(now=moment), now=moment)
    over = moment + timedelta(seconds=SECONDS) + job_queue.LEASE

    assert job_queue.expired_jobs(over) == []
    assert job_queue.expired_jobs(over + timedelta(milliseconds=1)) == [job]


def test_a_job_that_is_put_back_waits_for_a_second_attempt(
    bell: Bell,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    job = claimed(ask(host=HOST))

    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        job_queue.put_back(job)

    row = stored(job)
    assert (row.state, row.token, row.lease_until, row.slot) == (JobState.QUEUED, None, None, None)
    assert bell.ids == [job.pk]
    assert claimed(row).attempt == 2


def test_a_host_with_many_waiting_jobs_hides_no_other(settings: Settings) -> None:
    settings.REGISTRY_HOST_CONCURRENCY = 2
    moment = database_now()
    for number in range(60):
        ask(f"llm:{number}", host=HOST, now=moment)
    late = ask("llm:late", host=OTHER_HOST, now=moment)

    waiting = job_queue.waiting_jobs(now=moment)

    assert [job.host for job in waiting].count(HOST) == 2
    assert late in waiting


def test_the_first_job_of_each_host_comes_before_the_second_of_any() -> None:
    moment = database_now()
    early = [
        ask(f"llm:{number}", host=HOST, now=moment - timedelta(seconds=9)) for number in range(3)
    ]
    late = ask("llm:late", host=OTHER_HOST, now=moment)

    waiting = job_queue.waiting_jobs(now=moment, most=2)

    assert waiting[0] in early
    assert waiting[1] == late


def test_a_host_that_is_called_as_often_as_it_may_be_is_left_out(settings: Settings) -> None:
    settings.REGISTRY_HOST_CONCURRENCY = 1
    claimed(ask("llm:1", host=HOST))
    ask("llm:2", host=HOST)
    other = ask("llm:3", host=OTHER_HOST)
    claimed(ask("llm:4"))
    nowhere = ask("llm:5")  # calls no host: those are never too many

    assert set(job_queue.waiting_jobs()) == {other, nowhere}


def test_jobs_that_cannot_start_are_not_waiting() -> None:
    moment = database_now()
    running = claimed(ask(now=moment), now=moment)
    ask(now=moment)  # behind it
    done(claimed(ask("llm:2", now=moment), now=moment))
    ask("llm:2", pause=timedelta(seconds=10), now=moment)  # in ten seconds

    assert job_queue.waiting_jobs(now=moment) == []
    assert stored(running).state == JobState.RUNNING


@pytest.mark.parametrize(("age", "kept"), [(89, True), (91, False)])
def test_finished_jobs_are_forgotten_in_time(age: int, kept: bool) -> None:
    moment = database_now()
    job = claimed(ask())
    done(job)
    Job.objects.filter(pk=job.pk).update(finished_at=moment - timedelta(days=age))
    unfinished = ask("llm:2")

    forgotten = job_queue.forget_finished(moment - timedelta(days=90))

    assert forgotten == (not kept)
    assert Job.objects.filter(pk=job.pk).exists() is kept
    assert Job.objects.filter(pk=unfinished.pk).exists()


def test_many_old_jobs_are_forgotten_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_queue, "PORTION", 2)
    for number in range(5):
        done(claimed(ask(f"llm:{number}")))

    assert job_queue.forget_finished(database_now() + timedelta(seconds=1)) == 5
    assert not Job.objects.exists()
