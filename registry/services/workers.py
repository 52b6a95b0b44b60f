"""What a worker does when it is rung, and the round that finds what no bell told of."""

from __future__ import annotations

import logging
import time
from collections import Counter
from datetime import datetime, timedelta
from itertools import takewhile
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from registry import jobs
from registry.choices import JobKind, JobState
from registry.errors import LeaseLostError
from registry.models import Heartbeat, Job, Sweep
from registry.services import (
    changes,
    clients,
    connection_tests,
    idempotency,
    job_queue,
    prices,
    throttling,
)
from registry.services.clock import database_now

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

logger = logging.getLogger(__name__)

_RUN: dict[str, Callable[[Job], None]] = {JobKind.CONNECTION_TEST: connection_tests.run}
_GIVE_UP: dict[str, Callable[[Job, str], None]] = {
    JobKind.CONNECTION_TEST: connection_tests.give_up
}
SWEEPER = "sweeper"
SHIFT = 5.0  # seconds that a thread works for one host while others may wait
# How long a typed key may wait for its test.
UNSAVED_WAITS = timedelta(minutes=10)
ABSENT_AFTER = timedelta(seconds=60)


def work(job_id: UUID | str, *, is_stopping: Callable[[], bool] = lambda: False) -> int:
    """Do this job, then those that wait for the same host; return how many were done.

    Nothing happens for an unknown job, nor while its host is busy: whoever ends a call to that
    host takes the next one. After SHIFT the next one is rung for instead of done: it stands in
    line behind the sweeper and the jobs of other hosts, which else wait until all are done.
    """
    done = 0
    seconds = float(settings.REGISTRY_TEST_SECONDS)
    job = None if is_stopping() else _first(job_id, seconds)
    shift_ends = time.monotonic() + SHIFT
    while job is not None:
        try:
            _RUN[job.kind](job)
        except LeaseLostError:
            logger.warning("job %s was taken over by another worker", job.pk)
        done += 1
        if is_stopping():
            break
        if time.monotonic() >= shift_ends:
            if _hand_on(job):
                break
            shift_ends = time.monotonic() + SHIFT
        job = job_queue.claim_next(job.kind, job.host, seconds=seconds)
    return done


def _first(job_id: UUID | str, seconds: float) -> Job | None:
    """Take the job that was rung for; if it is taken, the next one of its host."""
    rung = job_queue.find(job_id)
    if rung is None:
        return None
    job = job_queue.claim(rung.pk, seconds=seconds)
    return job or job_queue.claim_next(rung.kind, rung.host, seconds=seconds)


def _hand_on(job: Job) -> bool:
    """Ring for the next job of the same host; False if there is one, and no broker takes it."""
    following = job_queue.next_of(job.kind, job.host)
    return following is None or jobs.ring_if_possible(job.kind, following)


def sweep(now: datetime | None = None) -> dict[str, int]:
    """Put back what lost workers held, give up what failed too often, ring what still waits.

    Clients that are gone and marks that have ended are taken off; prices whose time has come are
    brought into force. Returns how many of each. Running it twice, or in two workers at once,
    does no more.
    """
    moment = database_now(now)
    Heartbeat.objects.update_or_create(pk=SWEEPER, defaults={"at": moment})
    found = rescue_lost(moment)
    found += _each(_stale(moment), lambda job: _give_up(job, JobState.QUEUED, "too_old"))
    found += _tend_clients(moment)
    found["rung"] = _ring_waiting(moment)
    if priced := prices.apply_due(moment):
        found["priced"] = priced
    return dict(found)


def rescue_lost(now: datetime | None = None) -> Counter[str]:
    """Put back what lost workers held, or give it up; return how many of each."""
    moment = database_now(now)
    return _each(job_queue.expired_jobs(moment), lambda job: _rescue(job, moment))


def _each(found: list[Job], settle: Callable[[Job], str]) -> Counter[str]:
    """Settle each job, whatever becomes of another: one must not stand in the way of the rest."""
    counted: Counter[str] = Counter()
    for job in found:
        try:
            counted[settle(job)] += 1
        except Exception:  # logged, and tried again in the next round
            logger.exception("job %s could not be settled", job.pk)
            counted["failed"] += 1
    return counted


def _rescue(job: Job, moment: datetime) -> str:
    with transaction.atomic():
        rows = Job.objects.select_for_update().expired(moment)
        lost = rows.filter(pk=job.pk, token=job.token).first()
        if lost is None:
            return "settled"
        if lost.kind not in _RUN:  # it was done in person, and that person is gone
            lost.delete()
            return "settled"
        if lost.attempt < job_queue.MOST_ATTEMPTS:
            job_queue.put_back(lost)
            return "put_back"
        return _give_up(job, JobState.RUNNING, "gave_up")


def _stale(moment: datetime) -> list[Job]:
    """Return tests of unsaved settings that nobody took: nobody looks at them any more."""
    return list(
        Job.objects.filter(
            state=JobState.QUEUED,
            subject__startswith="unsaved:",
            created_at__lt=moment - UNSAVED_WAITS,
        )
    )


def _give_up(job: Job, state: str, reason: str) -> str:
    with transaction.atomic():
        rows = Job.objects.select_for_update().filter(pk=job.pk, token=job.token, state=state)
        held = rows.first()
        if held is None:
            return "settled"
        _GIVE_UP[held.kind](held, reason)
        job_queue.finish(held, JobState.FAILED)
    return "given_up"


def _ring_waiting(moment: datetime) -> int:
    """Ring for as many jobs of each host as may run at once; each worker takes on from there."""
    waiting = job_queue.waiting_jobs(now=moment)
    # A broker that did not take one is not asked about the rest in this round.
    return sum(1 for _ in takewhile(lambda job: jobs.ring_if_possible(job.kind, job.pk), waiting))


def _tend_clients(moment: datetime) -> Counter[str]:
    """Take off who is gone and what has ended; neither work stands in the way of the other."""
    counted: Counter[str] = Counter()
    for word, tend in (("expired", clients.expire_stale), ("unmarked", clients.clear_ended)):
        try:
            counted[word] += tend(moment)
        except Exception:  # logged, and tried again in the next round
            logger.exception("clients could not be tended: %s", word)
            counted["failed"] += 1
    return counted


def is_present(now: datetime | None = None) -> bool:
    """Say whether a worker has been heard of within the last minute."""
    last = Heartbeat.objects.filter(pk=SWEEPER).values_list("at", flat=True).first()
    return last is not None and database_now(now) - last < ABSENT_AFTER


def forget_old(now: datetime | None = None) -> dict[str, int]:
    """Delete what is kept for a time only: old tests, changes, remembered requests."""
    moment = database_now(now)
    before = moment - timedelta(days=settings.REGISTRY_TEST_DAYS)
    old_sweeps = Sweep.objects.filter(created_at__lt=before).delete()[1]
    return {
        "jobs": job_queue.forget_finished(before),
        "sweeps": old_sweeps.get("registry.Sweep", 0),
        "changes": changes.forget(moment),
        "requests": idempotency.forget_expired(now=moment),
        "windows": throttling.forget_ended(now=moment),
    }
