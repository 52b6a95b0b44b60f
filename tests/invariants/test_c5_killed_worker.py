"""C5: a worker that dies, or sleeps past its lease, loses no test and doubles none.

The workers are Celery processes of their own: on SQLite over the folder of files that a machine
without a broker has, on PostgreSQL over Redis.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from celery import Celery
from django.db import connection
from pytest_django import Settings

from audit.models import LogEntry
from registry.choices import JobState, ProbeCode
from registry.models import ConnectionTest, Job, LLMModel
from registry.sandbox.server import SandboxServer
from registry.services import connection_tests
from registry.services.clock import database_now
from tests.architecture.source import ROOT
from tests.factories import make_llm, make_provider
from tests.sandbox import running_sandbox
from tests.workers import (
    PATIENCE,
    all_done,
    bell,
    ring,
    running_redis,
    running_worker,
    service_environment,
    wait_for,
)

# One after the other: they measure time, or start many processes.
pytestmark = pytest.mark.xdist_group("processes")

# Where the worker dies, in the first attempt only: the function, before or after it ran.
POINTS = {
    "after the claim": ("registry.services.connection_tests.run", "before"),
    "after the first call": ("registry.outbound.http.send", "after"),
    "before the billed call": ("registry.services.connection_tests._show_progress", "after"),
    "after the last call": ("registry.services.probing.run", "after"),
    "inside the transaction of the result": ("registry.services.connection_tests.store", "after"),
    "after its commit": ("registry.services.connection_tests.run", "after"),
}
# A worker whose `function` ends in kill -9.
KILLED = """
import os, signal, sys
from importlib import import_module
import django
django.setup()
path, when = sys.argv[1:3]
module, _, name = path.rpartition(".")
place = import_module(module)
original = getattr(place, name)

def die():
    os.killpg(os.getpid(), signal.SIGKILL)

def dying(*args, **kwargs):
    if when == "before":
        die()
    found = original(*args, **kwargs)
    die()
    return found

setattr(place, name, dying)
from registry.services import connection_tests, workers
workers._RUN["connection_test"] = connection_tests.run
from config.celery import app
app.worker_main(["--quiet", "worker", "--without-gossip", "--without-mingle"])
"""
LONGEST_WAIT = timedelta(seconds=80)  # then the next round (10 s) takes it: 90 s in all


@pytest.fixture
def sandbox(settings: Settings) -> Iterator[SandboxServer]:
    with running_sandbox() as found:
        settings.REGISTRY_PRIVATE_HOSTS = [f"127.0.0.1:{found.port}"]
        yield found


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[str]:
    """Return the address of the broker of this database's run; empty is the folder of files."""
    if connection.vendor != "postgresql":
        yield ""
        return
    with running_redis(tmp_path) as server:
        yield server.url


@pytest.fixture
def app(tmp_path: Path, broker: str) -> Celery:
    return bell(tmp_path, broker)


def ask_for_tests(sandbox: SandboxServer, count: int) -> list[ConnectionTest]:
    provider = make_provider("sandbox", direct_api_url=sandbox.address("/v1"))
    llms = [
        make_llm(provider=provider, model_id="sandbox-chat", api_key="open-sesame-77")
        for _number in range(count)
    ]
    return [connection_tests.request_test(llm, inference=True).test for llm in llms]


def die_at(point: str, folder: Path, broker: str, ring_it: Callable[[], None]) -> int:
    """Start a worker that kills itself at `point`, ring it, and return how it ended."""
    path, when = POINTS[point]
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, path, when],
        cwd=ROOT,
        env=service_environment(folder, REDIS_URL=broker),
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        ring_it()
        return process.wait(PATIENCE)


def expire_leases() -> timedelta:
    """Let the time of all leases be over; return how long the longest had still to run."""
    now = database_now()
    held = list(Job.objects.filter(state=JobState.RUNNING))
    for job in held:
        Job.objects.filter(pk=job.pk).update(lease_until=now - timedelta(seconds=1))
    return max((job.lease_until - now for job in held if job.lease_until), default=timedelta())


@pytest.mark.invariant("C5")
@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_loses_no_test_and_doubles_none(
    tmp_path: Path, sandbox: SandboxServer, broker: str, app: Celery, figure: Callable[..., None]
) -> None:
    tests = ask_for_tests(sandbox, len(POINTS))
    ended = [
        die_at(point, tmp_path, broker, partial(ring, app, [test.job_id]))
        for point, test in zip(POINTS, tests, strict=True)
    ]
    events_at_death = LogEntry.objects.filter(event="model_tested").count()
    longest = expire_leases()

    with running_worker(tmp_path, REDIS_URL=broker):
        seconds = wait_for(all_done, "end of all jobs")

    assert ended == [-9] * len(POINTS)
    assert events_at_death == 1  # of the one that died after its commit
    assert longest <= LONGEST_WAIT
    codes = set(ConnectionTest.objects.values_list("code", flat=True))
    assert codes == {ProbeCode.OK}
    assert LogEntry.objects.filter(event="model_tested").count() == len(POINTS)
    attempts = Job.objects.values_list("attempt", flat=True)
    assert sorted(attempts) == [1, 2, 2, 2, 2, 2]
    figure(points=len(POINTS), results=len(POINTS), events=len(POINTS), healed_s=f"{seconds:.1f}")


@pytest.mark.invariant("C5")
@pytest.mark.django_db(transaction=True)
def test_a_worker_that_slept_past_its_lease_is_too_late(
    tmp_path: Path, settings: Settings, broker: str, app: Celery, figure: Callable[..., None]
) -> None:
    with running_sandbox(delay_ms=1500) as sandbox:
        settings.REGISTRY_PRIVATE_HOSTS = [f"127.0.0.1:{sandbox.port}"]
        (test,) = ask_for_tests(sandbox, 1)
        with running_worker(tmp_path, beat=False, REDIS_URL=broker) as sleeper:
            ring(app, [test.job_id])
            wait_for(lambda: Job.objects.filter(state=JobState.RUNNING), "running job")
            sleeper.pause()
            expire_leases()
            with running_worker(tmp_path, REDIS_URL=broker):
                wait_for(all_done, "end of the job")
                before = ConnectionTest.objects.values().get()
                sleeper.resume()
                wait_for(lambda: "taken over" in sleeper.said(), "refusal of the late result")

    assert ConnectionTest.objects.values().get() == before
    assert Job.objects.get().attempt == 2
    assert LogEntry.objects.filter(event="model_tested").count() == 1
    assert LLMModel.objects.get().health == "ok"
    figure(late_results=1, refused=1)
