"""The web servers that are compared, and what a running one costs."""

from __future__ import annotations

import http.client
import importlib.util
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.installation import ROOT, Installation

PATIENCE = 60  # seconds until a server must answer
PROCESSES = 2
TICKS = os.sysconf("SC_CLK_TCK")
_GUNICORN = "-m gunicorn config.wsgi --bind 127.0.0.1:$port --no-control-socket"


@dataclass(frozen=True)
class Kind:
    """A way to serve the project; `command` is Python's, `$port` is filled in."""

    name: str
    command: str


THREADS = Kind(
    "gunicorn gthread 2 x 4",
    f"{_GUNICORN} --worker-class gthread --workers {PROCESSES} --threads 4",
)
SYNC = Kind("gunicorn sync 2", f"{_GUNICORN} --worker-class sync --workers {PROCESSES}")
GRANIAN = Kind(
    "granian wsgi 2 x 4",
    "-m granian config.wsgi:application --interface wsgi --no-ws --log-level error "
    f"--host 127.0.0.1 --port $port --workers {PROCESSES} --blocking-threads 4",
)
# What `make run` and the documentation start: gthread, by way of manage.py.
PRODUCT = Kind("manage.py dev", "manage.py dev")


def compared() -> list[Kind]:
    """Return the servers that are installed; granian is no dependency of the project."""
    extra = [GRANIAN] if importlib.util.find_spec("granian") else []
    return [THREADS, SYNC, *extra]


@dataclass(frozen=True)
class Server:
    """A server that answers, and how long it took to."""

    kind: Kind
    port: int
    pid: int
    started_in: float

    @property
    def workers(self) -> list[int]:
        """Return the processes that answer requests: those below the first one."""
        return _children(self.pid)

    def cpu(self) -> float:
        """Return the processor time of the workers so far, in seconds."""
        return sum(_cpu(pid) for pid in self.workers)

    def memory(self) -> tuple[float, float]:
        """Return RSS and PSS of the largest worker, in MiB."""
        return max(_memory(pid) for pid in self.workers)


@contextmanager
def serving(installation: Installation, kind: Kind) -> Iterator[Server]:
    """Start a server, wait until `/livez` answers, and stop it in the end."""
    port = free_port()
    arguments = kind.command.replace("$port", str(port)).split()
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**installation.environment, "PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        _wait(process, port)
        yield Server(kind, port, process.pid, time.perf_counter() - started)
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            said = process.stderr.read().decode(errors="replace") if process.stderr else ""
            raise RuntimeError(f"the server ended:\n{said}")
        try:
            asked = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            asked.request("GET", "/livez")
            if asked.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.005)
        finally:
            asked.close()
    raise TimeoutError(f"no answer on /livez within {PATIENCE} s")


def _children(pid: int) -> list[int]:
    """Return all processes below `pid`."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        direct = [int(child) for child in (task / "children").read_text().split()]
        found += [*direct, *(below for child in direct for below in _children(child))]
    return found


def _cpu(pid: int) -> float:
    """Return user and system time of a process, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _memory(pid: int) -> tuple[float, float]:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    kib = {line.split(":")[0]: line.split()[1] for line in lines[1:]}
    return int(kib["Rss"]) / 1024, int(kib["Pss"]) / 1024
