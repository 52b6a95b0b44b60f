from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from pytest_django import Settings

from registry.management.commands.dev import gunicorn_arguments
from tests import process_table
from tests.architecture.source import ROOT
from tests.config import processes
from tests.config.test_start import GOOD

# One after the other: they measure time, or start many processes.
pytestmark = pytest.mark.xdist_group("processes")

# Until a process that must end has ended, in seconds.
END_SECONDS = 40


@dataclass
class Service:
    """`manage.py dev` in a folder of its own."""

    process: subprocess.Popen[bytes]
    folder: Path
    port: int

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def status(self, path: str) -> int:
        """Return the status of an answer; 0 as long as nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as found:
                return int(found.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except OSError:
            return 0

    def wait_for(self, happened: Callable[[], object], what: str) -> None:
        deadline = time.monotonic() + processes.PATIENCE_SECONDS
        while not happened():
            assert time.monotonic() < deadline, f"no {what}:\n{self.log}"
            time.sleep(0.1)

    def wait_until_ready(self) -> None:
        self.wait_for(lambda: self.status("/readyz") == 200, "ready web server")
        self.wait_for(lambda: self.workers_ready() == 1, "ready worker")

    def workers_ready(self) -> int:
        return self.log.count(" ready.")

    def child(self, word: str) -> int:
        """Return the number of the process that the supervisor started for `word`."""
        found = process_table.children_of(self.process.pid)
        (pid,) = (pid for pid, command in found.items() if word in command)
        return pid

    def ended(self) -> int:
        return self.process.wait(END_SECONDS)

    def leaves_nothing(self) -> bool:
        deadline = time.monotonic() + END_SECONDS
        while process_table.of_folder(self.folder):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return True


@contextmanager
def running(folder: Path) -> Iterator[Service]:
    port = processes.free_port()
    environ = processes.environment(
        folder,
        **GOOD,
        PORT=str(port),
        REGISTRY_SANDBOX_PORT=str(processes.free_port()),
        REGISTRY_WEB_WORKERS="1",
        REGISTRY_PUBLIC_LISTS="1",
    )
    with (folder / "log").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "dev"],
            cwd=ROOT,
            env=environ,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Service(process, folder, port)
    finally:
        process.kill()
        process.wait()
        for pid in process_table.of_folder(folder):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Be the folder of an installation with an empty database."""
    folder = tmp_path_factory.mktemp("migrated")
    done = processes.manage("migrate", processes.environment(folder, **GOOD))
    assert done.code == 0, done.err
    return folder


@pytest.fixture
def service(migrated: Path, tmp_path: Path) -> Iterator[Service]:
    """A running installation, its web server and its worker ready."""
    shutil.copytree(migrated, tmp_path, dirs_exist_ok=True)
    with running(tmp_path) as found:
        found.wait_until_ready()
        yield found


def test_dev_says_where_it_is_and_that_it_is_not_ready(tmp_path: Path) -> None:
    with running(tmp_path) as found:
        found.wait_for(lambda: found.status("/livez") == 200, "web server")
        ready = found.status("/readyz")
        found.process.terminate()
        code = found.ended()

    # No migration has run in this folder: the process lives, and says that it is not ready.
    assert (ready, code) == (503, 0), found.log
    assert f"http://127.0.0.1:{found.port}/admin/" in found.log
    assert "Anyone who reaches it may read the model lists." in found.log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_one_signal_stops_the_web_server_and_the_worker(service: Service, number: int) -> None:
    assert len(process_table.of_folder(service.folder)) >= 4

    service.process.send_signal(number)

    assert service.ended() == 0, service.log
    assert service.leaves_nothing()


def test_a_killed_worker_is_started_again_and_leaves_nothing(service: Service) -> None:
    killed = service.child("celery")
    os.kill(killed, signal.SIGKILL)

    service.wait_for(lambda: service.workers_ready() == 2, "second worker")

    assert service.status("/readyz") == 200
    assert service.child("celery") != killed
    # The periodic work is done once: the killed worker's part of it has not outlived it.
    beats = [row for row in process_table.of_folder(service.folder).values() if "--beat" in row]
    assert len(beats) == 2, beats  # the worker and what it started
    service.process.terminate()
    assert service.ended() == 0
    assert service.leaves_nothing()


def test_a_killed_web_server_ends_all(service: Service) -> None:
    os.kill(service.child("gunicorn"), signal.SIGKILL)

    assert service.ended() != 0
    assert "the web server has ended with -9: everything ends" in service.log
    assert service.leaves_nothing()


def test_a_killed_supervisor_leaves_no_process(service: Service) -> None:
    service.process.kill()

    service.ended()
    assert service.leaves_nothing(), process_table.of_folder(service.folder)


@pytest.mark.parametrize("level", ["INFO", "ERROR"])
def test_the_server_is_the_measured_one(settings: Settings, level: str) -> None:
    settings.REGISTRY_WEB_WORKERS, settings.REGISTRY_WEB_THREADS = 3, 5
    settings.REGISTRY_LOG_LEVEL = level

    arguments = " ".join(gunicorn_arguments("127.0.0.1:8000"))

    assert "--worker-class gthread --workers 3 --threads 5" in arguments
    assert "--no-control-socket" in arguments
    assert arguments.endswith(f"--log-level {level.lower()}")
