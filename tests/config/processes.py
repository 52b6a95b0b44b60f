"""Starting the service as a process of its own, the way an operator does."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.architecture.source import ROOT

# A refusal must come within 5 s of work; the rest is for a machine that runs two such tests.
REFUSAL_SECONDS = 5
PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str
    seconds: float


def environment(folder: Path, **values: str) -> dict[str, str]:
    """Return a bare environment with its own DATA_DIR; nothing of the developer's shell."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "DATA_DIR": str(folder),
        **values,
    }


def run(arguments: list[str], environ: Mapping[str, str]) -> Outcome:
    """Run `python <arguments>` in the project and wait for its end."""
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=dict(environ),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr, time.monotonic() - started)


def manage(command: str, environ: Mapping[str, str]) -> Outcome:
    return run(["manage.py", *command.split()], environ)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def web(environ: Mapping[str, str]) -> Outcome:
    """Start the web server as `manage.py dev` does, for as long as it wants to run."""
    arguments = ["-m", "gunicorn", "config.wsgi", "--no-control-socket"]
    return run([*arguments, "--bind", f"127.0.0.1:{free_port()}"], environ)
