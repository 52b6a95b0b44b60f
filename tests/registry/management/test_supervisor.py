"""Several processes as one: they start together, end together, and leave nothing behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.source import ROOT
from tests.process_table import is_alive
from tests.stopwatch import stopwatch

# One after the other: they measure time, or start many processes.
pytestmark = pytest.mark.xdist_group("processes")

PATIENCE = 30  # seconds
SUPERVISED = """
import json, sys
from registry.management import supervisor
supervisor.GRACE = float(sys.argv[1])
children = [supervisor.Child(**row) for row in json.loads(sys.argv[2])]
sys.exit(supervisor.Supervisor(children).run())
"""
# Each writes its number into a file as soon as it is ready.
WRITE = "import os, sys, time; open(sys.argv[1], 'a').write(f'{os.getpid()}\\n')\n"
SLEEPS = f"{WRITE}time.sleep(600)"
ENDS = f"{WRITE}time.sleep(0.2); sys.exit(int(sys.argv[2]))"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n{WRITE}time.sleep(600)"
POLITE = f"""
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: (open(sys.argv[1] + "-bye", "w").close(), sys.exit()))
{SLEEPS}
"""
# It has a child of its own, which would outlive it; it ends as soon as that one is there.
PARENT = f"""
import os, subprocess, sys, time
subprocess.Popen([sys.executable, "-c", {SLEEPS!r}, sys.argv[1]])
while not os.path.exists(sys.argv[1]) or not os.path.getsize(sys.argv[1]):
    time.sleep(0.01)
"""

Start = Callable[..., subprocess.Popen[str]]


def child(code: str, mark: Path, *arguments: object, on_exit: str = "stop") -> dict[str, Any]:
    command = ["-c", code, str(mark), *map(str, arguments)]
    return {"name": mark.name, "arguments": command, "on_exit": on_exit}


def pids(mark: Path, number: int = 1) -> list[int]:
    """Return the numbers that were written, once there are so many."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = mark.read_text().split() if mark.exists() else []
        if len(found) >= number:
            return [int(pid) for pid in found]
        time.sleep(0.02)
    raise AssertionError(f"{mark.name} was not started {number} times")


def gone(*numbers: int) -> bool:
    deadline = time.monotonic() + PATIENCE
    while any(map(is_alive, numbers)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture
def start() -> Iterator[Start]:
    """Return a function that runs a supervisor over children in a process of its own."""
    running: list[subprocess.Popen[str]] = []

    def run(*children: dict[str, Any], grace: float = 10) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", SUPERVISED, str(grace), json.dumps(children)],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        return process

    yield run
    for process in running:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    text: str = process.stderr.read()
    return text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_one_signal_ends_all_in_good_order(start: Start, tmp_path: Path, number: int) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    process = start(child(POLITE, one), child(POLITE, two, on_exit="restart"))
    numbers = [*pids(one), *pids(two)]

    process.send_signal(number)

    assert process.wait(PATIENCE) == 0
    assert gone(*numbers)
    assert (tmp_path / "one-bye").exists()
    assert (tmp_path / "two-bye").exists()


@pytest.mark.parametrize(("status", "told"), [(0, 1), (3, 3)])
def test_a_process_that_must_not_end_ends_all(
    start: Start, tmp_path: Path, status: int, told: int
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    process = start(child(SLEEPS, two), child(ENDS, one, status))

    assert process.wait(PATIENCE) == told
    assert gone(*pids(two))
    assert f"the one has ended with {status}: everything ends" in said(process)


def test_a_process_that_may_end_ends_alone(start: Start, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    process = start(child(SLEEPS, two), child(ENDS, one, 0, on_exit="ignore"))
    assert gone(*pids(one))
    time.sleep(0.5)

    assert process.poll() is None
    assert is_alive(*pids(two))
    process.terminate()
    assert process.wait(PATIENCE) == 0
    assert said(process) == "the one has ended\n"
    assert len(pids(one)) == 1


def test_a_killed_process_is_started_again_after_a_pause(start: Start, tmp_path: Path) -> None:
    one = tmp_path / "one"
    process = start(child(SLEEPS, one, on_exit="restart"))
    (first,) = pids(one)

    with stopwatch() as watch:
        os.kill(first, signal.SIGKILL)
        second = pids(one, 2)[1]

    assert 1 <= watch.seconds < 10
    assert is_alive(second)
    process.terminate()
    assert process.wait(PATIENCE) == 0
    assert gone(second)
    assert said(process) == "the one has ended with -9: it starts again in 1 s\n"


def test_a_process_that_keeps_ending_waits_longer_each_time(start: Start, tmp_path: Path) -> None:
    process = start(child(ENDS, tmp_path / "one", 1, on_exit="restart"))
    pids(tmp_path / "one", 3)

    process.terminate()

    assert process.wait(PATIENCE) == 0
    pauses = [line.split(" in ")[1] for line in said(process).splitlines()]
    assert pauses[:2] == ["1 s", "2 s"]


def test_a_signal_while_a_process_waits_for_its_start_ends_all(
    start: Start, tmp_path: Path
) -> None:
    one = tmp_path / "one"
    process = start(child(ENDS, one, 1, on_exit="restart"), child(SLEEPS, tmp_path / "two"))
    assert gone(*pids(one))
    time.sleep(0.3)

    process.terminate()

    assert process.wait(PATIENCE) == 0
    assert gone(*pids(tmp_path / "two"))


def test_a_process_that_does_not_end_is_killed(start: Start, tmp_path: Path) -> None:
    one = tmp_path / "one"
    process = start(child(STUBBORN, one), grace=0.5)
    numbers = pids(one)

    process.terminate()

    assert process.wait(PATIENCE) == 0
    assert gone(*numbers)


def test_what_a_process_has_started_ends_with_it(start: Start, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    process = start(child(PARENT, one, on_exit="ignore"), child(SLEEPS, two))
    (orphan,) = pids(one)

    assert gone(orphan)  # its parent has ended by itself
    process.terminate()
    assert process.wait(PATIENCE) == 0
    assert gone(*pids(two))


def test_a_killed_supervisor_leaves_no_process(start: Start, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    process = start(child(SLEEPS, one), child(POLITE, two, on_exit="restart"))
    numbers = [*pids(one), *pids(two)]

    process.kill()

    process.wait(PATIENCE)
    assert gone(*numbers)
