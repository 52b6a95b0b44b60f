"""Background work: who does what, one worker a job, and what a lost worker leaves behind.

The rows decide. A message only rings, and may be lost, late or sent twice.
"""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Window
from django.db.models.functions import RowNumber

from audit import context
from audit.choices import Source
from registry import jobs
from registry.choices import JobState
from registry.errors import HostBusyError, LeaseLostError
from registry.models import Job
from registry.models.base import is_uuid
from registry.models.job import FIRST, SECOND
from registry.services.clock import database_now

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from registry.models.job import JobQuerySet

LEASE = timedelta(seconds=30)  # beyond the time that the work itself may take
MOST_ATTEMPTS = 3
PORTION = 500  # jobs that are forgotten in one transaction
_TRIES = 5  # to place a row among others that are written at the same moment


def enqueue(
    kind: str,
    subject: str,
    *,
    host: str = "",
    behind: bool = True,
    pause: timedelta = timedelta(),
    rings: bool = True,
    now: datetime | None = None,
) -> tuple[Job, bool]:
    """Return the job that will do this, and whether it is new; a worker is rung after commit.

    At most one job of a subject runs and one waits behind it: a further request gets the
    waiting one. With `behind` False one that has not started yet is enough, too. `pause` is
    kept since the start of the job before. Without `rings` the caller rings himself.
    To be called in a transaction.
    """
    for attempt in count(1):
        rows = Job.objects.filter(kind=kind, subject=subject)
        # Held until the commit, so that the one ahead cannot end without seeing who waits
        # behind it, nor the waiting one begin before it is joined.
        unfinished = list(rows.unfinished().select_for_update().order_by("turn"))
        waiting = [job for job in unfinished if job.state == JobState.QUEUED]
        if waiting and (len(unfinished) > 1 or not behind):
            return waiting[-1], False
        moment = database_now(now)
        job = new_job(kind, subject, host=host, moment=moment)
        job.turn = SECOND if unfinished else FIRST
        job.not_before = max(moment, _end_of_pause(rows, pause) or moment)
        if not _place(job, is_last_try=attempt == _TRIES):
            continue
        if rings:
            delay_s = (job.not_before - moment).total_seconds()
            transaction.on_commit(partial(jobs.ring, kind, job.pk, delay_s=delay_s))
        return job, True
    raise AssertionError("count() never ends")


def _place(job: Job, *, is_last_try: bool) -> bool:
    """Insert a job; False means that somebody else was first, so that one has to look again."""
    try:
        with transaction.atomic():
            job.save(force_insert=True)
    except IntegrityError:
        if is_last_try:
            raise
        return False
    return True


def _end_of_pause(rows: JobQuerySet, pause: timedelta) -> datetime | None:
    """Return when the next of `rows` may start; None without a pause or a job before."""
    last = rows.order_by("-created_at").first() if pause else None
    return None if last is None else (last.started_at or last.not_before) + pause


def new_job(kind: str, subject: str, *, host: str, moment: datetime) -> Job:
    """Return a job in memory, asked for by whoever acts now."""
    asked = context.current()
    return Job(
        kind=kind,
        subject=subject,
        host=host,
        created_at=moment,
        not_before=moment,
        requested_by_id=asked.person_id if asked else None,
        source=asked.source if asked else Source.SYSTEM,
        request_id=asked.request_id if asked else "",
        application=asked.application if asked else "",
    )


def find(job_id: UUID | str) -> Job | None:
    """Return the job of this id, whatever its state. Anybody may have sent the id."""
    return Job.objects.filter(pk=job_id).first() if is_uuid(str(job_id)) else None


def next_of(kind: str, host: str, *, now: datetime | None = None) -> UUID | None:
    """Return the oldest job of this kind that waits for this host, without taking it."""
    rows = Job.objects.startable(database_now(now)).filter(kind=kind, host=host)
    found: UUID | None = rows.values_list("pk", flat=True).first()
    return found


def claim(job_id: UUID | str, *, seconds: float, now: datetime | None = None) -> Job | None:
    """Take a waiting job, or return None: unknown, taken, not its turn, or its host is busy.

    The caller holds it for `seconds` and the lease beyond. Anybody may have sent the id.
    """
    if not is_uuid(str(job_id)):
        return None
    moment = database_now(now)
    with transaction.atomic():
        # Whoever has locked it is about to join it, or to take it: soon there is an answer.
        rows = Job.objects.select_for_update().startable(moment)
        job = rows.filter(pk=job_id).first()
        if job is None:
            return None
        return job if _take(job, seconds, moment) else None


def claim_next(kind: str, host: str, *, seconds: float, now: datetime | None = None) -> Job | None:
    """Take the oldest job of this kind that waits for this host."""
    moment = database_now(now)
    with transaction.atomic():
        rows = Job.objects.select_for_update(skip_locked=_can_skip()).startable(moment)
        job = rows.filter(kind=kind, host=host).first()
        if job is None:
            return None
        return job if _take(job, seconds, moment) else None


def _can_skip() -> bool:
    return bool(transaction.get_connection().features.has_select_for_update_skip_locked)


def _take(job: Job, seconds: float, moment: datetime) -> bool:
    """Write who holds the job. The table refuses a host's slot that is taken."""
    job.state = JobState.RUNNING
    job.token = uuid.uuid4()
    job.attempt += 1
    job.started_at = moment
    job.lease_until = moment + timedelta(seconds=seconds) + LEASE
    if not job.host:
        job.save()
        return True
    running = Job.objects.filter(state=JobState.RUNNING, host=job.host)
    taken = set(running.values_list("slot", flat=True))
    places = settings.REGISTRY_HOST_CONCURRENCY
    for number in range(places):
        slot = (job.token.int + number) % places  # workers begin at different ones
        if slot in taken:
            continue
        job.slot = slot
        try:
            with transaction.atomic():
                job.save()
        except IntegrityError:
            continue
        return True
    return False


def renew(job: Job, *, seconds: float, now: datetime | None = None) -> None:
    """Hold a job for `seconds` and the lease beyond. Raises LeaseLostError if it is another's."""
    until = database_now(now) + timedelta(seconds=seconds) + LEASE
    held = Job.objects.filter(pk=job.pk, token=job.token, state=JobState.RUNNING)
    with transaction.atomic():  # SQLite lets those who begin have equal chances
        is_held = held.update(lease_until=until)
    if not is_held:
        raise LeaseLostError


@contextmanager
def in_person(kind: str, *, host: str, seconds: float) -> Iterator[Job]:
    """Do short work here and now, counted among the calls to its host like a worker's.

    Raises HostBusyError when the host is asked as often as allowed already.
    """
    moment = database_now()
    with transaction.atomic():
        job = new_job(kind, f"{kind}:{uuid.uuid4()}", host=host, moment=moment)
        if not _take(job, seconds, moment):
            raise HostBusyError
    try:
        yield job
    finally:
        job.delete()


@contextmanager
def holding(job: Job) -> Iterator[Job]:
    """Write a job's outcome: all of it, and only if this worker still holds the job.

    Raises LeaseLostError otherwise, and nothing is written. At the end the job is done and the
    one that waited behind it has its turn.
    """
    with transaction.atomic():
        held = Job.objects.select_for_update().filter(
            pk=job.pk, token=job.token, state=JobState.RUNNING
        )
        present = held.first()
        if present is None:
            raise LeaseLostError
        yield present
        finish(present, JobState.DONE)


def finish(job: Job, state: str) -> None:
    """End a job, in the caller's transaction, and give the next one its turn."""
    job.state = state
    job.finished_at = database_now()
    job.slot = job.lease_until = None
    job.save()
    second = Job.objects.filter(
        kind=job.kind, subject=job.subject, state=JobState.QUEUED, turn=SECOND
    ).first()
    if second is not None:
        second.turn = FIRST
        second.save(update_fields=["turn"])
        transaction.on_commit(partial(jobs.ring_if_possible, second.kind, second.pk))


def expired_jobs(now: datetime | None = None) -> list[Job]:
    return list(Job.objects.expired(database_now(now)))


def put_back(job: Job) -> None:
    """Let another worker have a job whose worker is lost; the old token no longer counts.

    To be called in a transaction that holds the job's row.
    """
    job.state = JobState.QUEUED
    job.token = job.lease_until = job.slot = None
    job.save()
    transaction.on_commit(partial(jobs.ring_if_possible, job.kind, job.pk))


def waiting_jobs(*, now: datetime | None = None, most: int = 50) -> list[Job]:
    """Return jobs that could start: those whose message may have been lost.

    Hosts that are called as often as they may be are left out, and each other one's first comes
    before any one's second: neither many busy hosts nor a thousand jobs of one hide another.
    """
    place = Window(RowNumber(), partition_by=[F("host")], order_by=["created_at", "id"])
    rows = Job.objects.startable(database_now(now)).of_free_hosts().annotate(place=place)
    fair = rows.filter(place__lte=settings.REGISTRY_HOST_CONCURRENCY)
    return list(fair.order_by("place", "created_at", "id")[:most])


def forget_finished(before: datetime) -> int:
    """Delete what ended before that moment, with its results; return how many jobs.

    In portions, so that nobody else who writes waits for long.
    """
    forgotten = 0
    old = Job.objects.filter(finished_at__lt=before)
    while portion := list(old.values_list("pk", flat=True)[:PORTION]):
        forgotten += Job.objects.filter(pk__in=portion).delete()[1].get("registry.Job", 0)
    return forgotten
