from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from pytest_django import Settings

from registry.management.commands.dev import gunicorn_arguments
from tests.architecture.source import ROOT
from tests.config import processes
from tests.config.test_start import GOOD


def answered(url: str, process: subprocess.Popen[str]) -> int:
    """Return the status of the first answer of a server that is starting."""
    deadline = time.monotonic() + processes.PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5) as response:
                status: int = response.status
                return status
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the server did not answer")


def test_dev_serves_and_stops_on_one_signal(tmp_path: Path) -> None:
    port = processes.free_port()
    environ = processes.environment(
        tmp_path, **GOOD, PORT=str(port), REGISTRY_WEB_WORKERS="1", REGISTRY_PUBLIC_LISTS="1"
    )
    log = tmp_path / "log"
    with (
        log.open("w") as output,
        subprocess.Popen(
            [sys.executable, "manage.py", "dev"],
            cwd=ROOT,
            env=environ,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process,
    ):
        try:
            alive = answered(f"http://127.0.0.1:{port}/livez", process)
            ready = answered(f"http://127.0.0.1:{port}/readyz", process)
        finally:
            os.kill(process.pid, signal.SIGTERM)
        code = process.wait(timeout=processes.PATIENCE_SECONDS)

    text = log.read_text()
    # No migration has run in this folder: the process lives, and says that it is not ready.
    assert (alive, ready, code) == (200, 503, 0), text
    assert f"http://127.0.0.1:{port}/admin/" in text
    assert "Anyone who reaches it may read the model lists." in text


@pytest.mark.parametrize("level", ["INFO", "ERROR"])
def test_the_server_is_the_measured_one(settings: Settings, level: str) -> None:
    settings.REGISTRY_WEB_WORKERS, settings.REGISTRY_WEB_THREADS = 3, 5
    settings.REGISTRY_LOG_LEVEL = level

    arguments = " ".join(gunicorn_arguments("127.0.0.1:8000"))

    assert "--worker-class gthread --workers 3 --threads 5" in arguments
    assert "--no-control-socket" in arguments
    assert arguments.endswith(f"--log-level {level.lower()}")
