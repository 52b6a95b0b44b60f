"""Real worker processes on the database of a test, and a Redis of a test's own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import redis
from celery import Celery
from django.conf import settings
from django.db import connection

from config import queue
from registry.choices import JobKind
from registry.jobs import TASKS
from registry.models import Job
from registry.models.job import UNFINISHED
from tests.architecture.source import ROOT
from tests.config.processes import environment, free_port

PATIENCE = 60  # seconds until a process must be there
LOOK = 0.05  # seconds between two looks


def service_environment(folder: Path, **values: str) -> dict[str, str]:
    """Return what a process of the service needs to work on this test's database."""
    row = connection.settings_dict
    url = f"sqlite:///{row['NAME']}"
    if connection.vendor == "postgresql":
        url = f"postgres://{row['USER']}@{row['HOST']}:{row['PORT'] or 5432}/{row['NAME']}"
    return environment(
        folder,
        DJANGO_SETTINGS_MODULE="config.settings.base",
        DATABASE_URL=url,
        REGISTRY_ENCRYPTION_KEYS=" ".join(settings.REGISTRY_ENCRYPTION_KEYS),
        REGISTRY_SECRET_KEY=settings.REGISTRY_SECRET_KEY,
        REGISTRY_FINGERPRINT_KEY=settings.REGISTRY_FINGERPRINT_KEY,
        REGISTRY_PRIVATE_HOSTS=",".join(settings.REGISTRY_PRIVATE_HOSTS),
        **values,
    )


def wait_for(happened: Callable[[], object], what: str, *, seconds: float = PATIENCE) -> float:
    """Wait until `happened()` is true; return how long that took, in seconds."""
    began = time.monotonic()
    while not happened():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"within {seconds} s there was no {what}")
        time.sleep(LOOK)
    return time.monotonic() - began


def all_done() -> bool:
    return not Job.objects.filter(state__in=UNFINISHED).exists()


@dataclass
class Worker:
    """A worker process; `log` is what it says."""

    process: subprocess.Popen[bytes]
    log: Path

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def kill(self) -> None:
        """Kill it and everything it started, at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE)

    def pause(self) -> None:
        os.killpg(self.process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.killpg(self.process.pid, signal.SIGCONT)

    def stop(self) -> int:
        """End it as an operator does; return its exit status."""
        self.process.terminate()
        return self.process.wait(PATIENCE)


@contextmanager
def running_worker(folder: Path, *, beat: bool = True, **values: str) -> Iterator[Worker]:
    """Run `manage.py worker` until the end of the block; it is ready when the block begins."""
    log = folder / f"worker-{time.monotonic_ns()}.log"
    arguments = ["manage.py", "worker", *(["--beat"] if beat else [])]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=service_environment(folder, **values),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    worker = Worker(process, log)
    try:
        wait_for(lambda: is_ready(worker), "ready worker")
        yield worker
    finally:
        if process.poll() is None:
            worker.resume()
            worker.kill()


def is_ready(worker: Worker) -> bool:
    assert worker.process.poll() is None, worker.said()
    return " ready." in worker.said()


@dataclass
class Redis:
    """A Redis server of the test's own, without a file, on a port that stays the same."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        binary = shutil.which("redis-server")
        assert binary is not None, "redis-server is not installed"
        self.process = subprocess.Popen(
            [binary, "--port", str(self.port), "--save", "", "--bind", "127.0.0.1"],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for(self.answers, "answering Redis")

    def answers(self) -> bool:
        client = self.client()
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()

    def client(self) -> redis.Redis:
        return redis.Redis(port=self.port, socket_timeout=2, socket_connect_timeout=2)

    def kill(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait(PATIENCE)
            self.process = None

    def pause(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)


@contextmanager
def running_redis(folder: Path) -> Iterator[Redis]:
    server = Redis(folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()


def bell(folder: Path, url: str = "") -> Celery:
    """Return an application that rings the workers of `folder`, or those of the Redis at `url`."""
    app = Celery("bell", broker=url or "filesystem://", set_as_current=False)
    if not url:
        app.conf.broker_transport_options = queue.file_options(folder / "queue")
    return app


def ring(app: Celery, job_ids: Iterable[object]) -> None:
    for job_id in job_ids:
        app.send_task(TASKS[JobKind.CONNECTION_TEST], args=[str(job_id)], ignore_result=True)
