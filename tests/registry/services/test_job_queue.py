"""Who gets a job: one worker, in turn, and as many at once as may call a host."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from audit import context
from audit.choices import Source
from registry.choices import JobState
from registry.models.job import FIRST, SECOND
from registry.services import job_queue
from registry.services.clock import database_now
from tests.factories import make_user
from tests.queueing import HOST, KIND, OTHER_HOST, SECONDS, Bell, ask, claimed, done, stored

pytestmark = pytest.mark.django_db

UNKNOWN = "00000000-0000-4000-8000-000000000000"


# Asking
# ----------------------------------------------------------------------------
def test_of_one_subject_one_job_runs_and_one_waits_behind_it() -> None:
    first = claimed(ask())
    second, is_new = job_queue.enqueue(KIND, "llm:1")
    third, is_third_new = job_queue.enqueue(KIND, "llm:1")

    assert (first.turn, second.turn, is_new) == (FIRST, SECOND, True)
    assert (third, is_third_new) == (second, False)


def test_a_second_request_waits_behind_one_that_has_not_begun() -> None:
    first, second, third = ask(), ask(), ask()

    assert (first.turn, second.turn) == (FIRST, SECOND)
    assert third == second


def test_who_wants_no_place_behind_joins_the_one_that_has_not_begun() -> None:
    first = ask()

    joined, is_new = job_queue.enqueue(KIND, "llm:1", behind=False)

    assert (joined, is_new) == (first, False)


def test_who_wants_no_place_behind_still_waits_for_one_that_runs() -> None:
    first = claimed(ask())

    second, is_new = job_queue.enqueue(KIND, "llm:1", behind=False)

    assert (second.turn, is_new) == (SECOND, True)
    assert second != first


def test_other_subjects_do_not_wait() -> None:
    assert ask("llm:1").turn == ask("llm:2").turn == FIRST


def test_a_finished_job_is_joined_by_nobody() -> None:
    first = claimed(ask())
    done(first)

    assert ask() != first


def test_a_job_keeps_who_asked_and_from_where() -> None:
    user = make_user()

    with context.use(source=Source.API, actor=user, request_id="r-1", application="shop"):
        job = stored(ask())

    assert (job.requested_by, job.source) == (user, Source.API)
    assert (job.request_id, job.application) == ("r-1", "shop")


@pytest.mark.without_context
def test_without_circumstances_the_service_itself_has_asked() -> None:
    job = ask()

    assert (job.requested_by_id, job.source, job.request_id) == (None, Source.SYSTEM, "")


def test_the_pause_counts_from_the_start_of_the_job_before() -> None:
    began = database_now()
    pause = timedelta(seconds=10)
    first = ask(pause=pause, now=began)
    started = began + timedelta(seconds=9)  # its host was busy until then
    done(claimed(first, now=started))

    second = ask(pause=pause, now=started + timedelta(seconds=2))

    assert first.not_before == began
    assert second.not_before == started + pause


def test_the_pause_counts_from_the_end_of_a_pause_that_is_not_over() -> None:
    began = database_now()
    pause = timedelta(seconds=10)
    done(claimed(ask(pause=pause, now=began), now=began))
    second = ask(pause=pause, now=began + timedelta(seconds=1))
    job_queue.finish(second, JobState.FAILED)  # it never started

    third = ask(pause=pause, now=began + timedelta(seconds=2))

    assert second.not_before == began + pause
    assert third.not_before == began + 2 * pause


def test_a_pause_that_is_over_delays_nothing() -> None:
    began = database_now()
    done(claimed(ask(now=began), now=began))
    later = began + timedelta(seconds=60)

    assert ask(pause=timedelta(seconds=10), now=later).not_before == later


def test_a_worker_is_rung_once_after_the_commit_and_after_the_pause(
    bell: Bell,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        first = ask()
        ask(behind=False)
        assert bell.ids == []
    assert (bell.ids, bell.delays) == ([first.pk], [0])
    done(claimed(first))

    with django_capture_on_commit_callbacks(execute=True):
        second = ask(pause=timedelta(seconds=100))

    assert bell.ids[-1] == second.pk
    assert 90 < bell.delays[-1] <= 100


def test_who_rings_himself_is_not_rung_for(
    bell: Bell,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        ask(rings=False)

    assert bell.ids == []


# Taking
# ----------------------------------------------------------------------------
def test_one_worker_gets_a_job_however_often_it_is_rung() -> None:
    job = ask()

    assert job_queue.claim(job.pk, seconds=SECONDS) is not None
    assert job_queue.claim(job.pk, seconds=SECONDS) is None


@pytest.mark.parametrize("name", [UUID(UNKNOWN), UNKNOWN, "", "no uuid", "a\x00b", 7])
def test_an_unknown_id_is_nobodys_job(name: object) -> None:
    ask()

    assert job_queue.find(name) is None  # type: ignore[arg-type]
    assert job_queue.claim(UUID(UNKNOWN), seconds=SECONDS) is None


def test_a_job_is_found_by_its_id_whatever_its_state() -> None:
    job = ask()

    assert job_queue.find(job.pk) == job_queue.find(str(job.pk)) == job
    done(claimed(job))
    assert job_queue.find(job.pk) == job


def test_a_finished_job_is_not_taken_again() -> None:
    job = claimed(ask())
    done(job)

    assert job_queue.claim(job.pk, seconds=SECONDS) is None


def test_a_job_is_not_taken_before_its_moment() -> None:
    moment = database_now()
    done(claimed(ask(now=moment), now=moment))
    job = ask(pause=timedelta(seconds=10), now=moment)

    early = job_queue.claim(job.pk, seconds=SECONDS, now=moment + timedelta(seconds=9.9))
    in_time = job_queue.claim(job.pk, seconds=SECONDS, now=moment + timedelta(seconds=10))

    assert early is None
    assert in_time is not None


def test_a_job_is_not_taken_before_its_turn() -> None:
    first, second = claimed(ask()), ask()

    assert job_queue.claim(second.pk, seconds=SECONDS) is None
    done(first)
    assert job_queue.claim(second.pk, seconds=SECONDS) is not None


def test_a_worker_holds_a_job_for_its_time_and_the_lease_beyond() -> None:
    moment = database_now()

    job = stored(claimed(ask(now=moment), now=moment))

    assert (job.state, job.attempt, job.started_at) == (JobState.RUNNING, 1, moment)
    assert job.token is not None
    assert job.lease_until == moment + timedelta(seconds=SECONDS) + job_queue.LEASE


def test_no_more_jobs_than_allowed_call_a_host_at_once(settings: Settings) -> None:
    settings.REGISTRY_HOST_CONCURRENCY = 2
    jobs_of_host = [ask(f"llm:{number}", host=HOST) for number in range(3)]
    other = ask("llm:other", host=OTHER_HOST)

    taken = [job_queue.claim(job.pk, seconds=SECONDS) for job in [*jobs_of_host, other]]

    assert [job is not None for job in taken] == [True, True, False, True]
    assert stored(jobs_of_host[2]).state == JobState.QUEUED
    assert stored(jobs_of_host[2]).attempt == 0
    assert {job.slot for job in taken[:2] if job} == {0, 1}


def test_a_slot_is_free_again_when_its_job_ends(settings: Settings) -> None:
    settings.REGISTRY_HOST_CONCURRENCY = 1
    first, second = ask("llm:1", host=HOST), ask("llm:2", host=HOST)
    done(claimed(first))

    assert stored(first).slot is None
    assert job_queue.claim(second.pk, seconds=SECONDS) is not None


def test_what_calls_no_host_needs_no_slot(settings: Settings) -> None:
    settings.REGISTRY_HOST_CONCURRENCY = 1

    assert claimed(ask("llm:1")).slot is claimed(ask("llm:2")).slot is None


def test_the_next_job_is_the_oldest_of_the_same_host() -> None:
    moment = database_now()
    ask("llm:0", host=OTHER_HOST, now=moment - timedelta(seconds=9))
    ask("llm:1", host=HOST, now=moment - timedelta(seconds=1))
    oldest = ask("llm:2", host=HOST, now=moment - timedelta(seconds=5))

    taken = job_queue.claim_next(KIND, HOST, seconds=SECONDS, now=moment)

    assert taken == oldest


def test_there_is_no_next_job_where_none_waits_or_the_host_is_busy(settings: Settings) -> None:
    settings.REGISTRY_HOST_CONCURRENCY = 1
    assert job_queue.claim_next(KIND, HOST, seconds=SECONDS) is None
    claimed(ask("llm:1", host=HOST))
    ask("llm:2", host=HOST)

    assert job_queue.claim_next(KIND, HOST, seconds=SECONDS) is None
