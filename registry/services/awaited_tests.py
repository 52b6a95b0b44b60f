"""Tests that somebody waits for: a request for some seconds, or a command until all have ended."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connections

from registry.models import ConnectionTest, Job
from registry.models.job import UNFINISHED
from registry.services import workers
from registry.services.clock import database_now

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from concurrent.futures import Future
    from uuid import UUID

    from registry.models import Sweep

LOOK = 0.1  # seconds between two looks at the rows
RESCUE = 5.0  # seconds between two looks for workers that were lost
_seats = threading.BoundedSemaphore(max(1, settings.REGISTRY_WEB_THREADS // 2))


def wait(test_id: UUID | str, *, seconds: float) -> ConnectionTest | None:
    """Return the test once it has ended, or None when it has not within `seconds`.

    To be called outside of any transaction: each look reads what is committed by then. Half of
    a process's threads may wait at most; who comes then is answered at once, so that waiting
    never keeps others from being answered.
    """
    with _seat() as is_free:
        return _look(test_id, seconds if is_free else 0)


@contextmanager
def _seat() -> Iterator[bool]:
    is_free = _seats.acquire(blocking=False)
    try:
        yield is_free
    finally:
        if is_free:
            _seats.release()


def _look(test_id: UUID | str, seconds: float) -> ConnectionTest | None:
    deadline = time.monotonic() + seconds
    ended = ConnectionTest.objects.with_links().exclude(job__state__in=UNFINISHED)
    while True:
        test: ConnectionTest | None = ended.filter(pk=test_id).first()
        if test is not None or time.monotonic() >= deadline:
            return test
        time.sleep(LOOK)


def carry_out(sweep: Sweep, *, told: Callable[[ConnectionTest], None]) -> None:
    """Do the tests of a sweep in this process, and wait for those that other workers took.

    `told` hears of each as it ends. To be called outside of any transaction.
    """
    stopped = threading.Event()
    working: dict[UUID, Future[None]] = {}
    heard: set[UUID] = set()
    rescue_at = time.monotonic() + RESCUE
    with ThreadPoolExecutor(settings.REGISTRY_WORKER_THREADS) as pool:
        try:
            while _tell_ended(sweep, heard, told):
                for job_id in [job_id for job_id, future in working.items() if future.done()]:
                    working.pop(job_id).result()
                for job_id in _next_jobs(sweep, working):
                    working[job_id] = pool.submit(_work, job_id, stopped)
                if time.monotonic() >= rescue_at:
                    workers.rescue_lost()
                    rescue_at = time.monotonic() + RESCUE
                time.sleep(LOOK)
        finally:
            stopped.set()


def _tell_ended(sweep: Sweep, heard: set[UUID], told: Callable[[ConnectionTest], None]) -> bool:
    """Tell of the tests that have ended meanwhile; return whether others have not."""
    states = dict(sweep.tests.values_list("pk", "job__state"))
    ended = {pk for pk, state in states.items() if state not in UNFINISHED}
    fresh = sweep.tests.with_links().filter(pk__in=ended - heard)
    for test in fresh.order_by("job__finished_at"):
        told(test)
    heard |= ended
    return len(states) > len(ended)


def _next_jobs(sweep: Sweep, working: Collection[UUID]) -> list[UUID]:
    """Return jobs for the free threads, those before which ours wait among them.

    One host never gets more of them than it may.
    """
    free = settings.REGISTRY_WORKER_THREADS - len(working)
    if not free:
        return []
    ours = Job.objects.unfinished().filter(connection_test__sweeps=sweep)
    able = Job.objects.startable(database_now()).of_free_hosts()
    rows = able.filter(subject__in=ours.values("subject"))
    hosts: Counter[str] = Counter()
    chosen: list[UUID] = []
    for job_id, host in rows.exclude(pk__in=list(working)).values_list("pk", "host"):
        if len(chosen) >= free:
            break
        if hosts[host] < settings.REGISTRY_HOST_CONCURRENCY:
            hosts[host] += 1
            chosen.append(job_id)
    return chosen


def _work(job_id: UUID, stopped: threading.Event) -> None:
    try:
        workers.work(job_id, is_stopping=stopped.is_set)
    finally:
        connections.close_all()  # this thread's
