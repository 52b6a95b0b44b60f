"""Several processes as one: they start together and end on one signal."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType

_TICK = 0.1  # seconds between two looks at the processes
GRACE = 30.0  # seconds that they have to end by themselves
_LONGEST_PAUSE = 30.0  # seconds before a process that keeps ending is started again
_PR_SET_PDEATHSIG = 1


@dataclass
class Child:
    """One process. `on_exit` says what its end means: for all, for itself only, or a new start."""

    name: str
    arguments: Sequence[str]
    on_exit: str = "stop"  # or "restart", "ignore"
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0
    is_over: bool = False
    not_before: float = 0.0

    def start(self) -> None:
        # Not in our process group: a Ctrl-C of the terminal reaches us alone, and we pass it on.
        self.process = subprocess.Popen(  # noqa: S603  # our own commands
            [sys.executable, *self.arguments],
            start_new_session=True,
            preexec_fn=_end_with_parent,  # noqa: PLW1509  # one thread runs here
        )
        self.starts += 1


def _end_with_parent() -> None:
    """Let the kernel end this process when the supervisor is killed; Linux only."""
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    except AttributeError:
        return


class Supervisor:
    """Starts its children, starts again those that may, and ends all when one must not end."""

    def __init__(self, children: Sequence[Child]) -> None:
        self.children = children
        self.is_stopping = False
        self.status = 0

    def run(self) -> int:
        """Return the exit status: 0 after a signal, else that of the child that ended all."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        for child in self.children:
            child.start()
        while not self.is_stopping:
            for child in self.children:
                self._look_at(child)
            time.sleep(_TICK)
        self._end_all()
        return self.status

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.is_stopping = True

    def _look_at(self, child: Child) -> None:
        if child.process is None:
            if time.monotonic() >= child.not_before and not self.is_stopping:
                child.start()
            return
        status = child.process.poll()
        if status is None or child.is_over:
            return
        _end_group(child.process.pid)
        if child.on_exit == "ignore":
            child.is_over = True
            _say(f"the {child.name} has ended")
        elif child.on_exit == "restart":
            pause = min(_LONGEST_PAUSE, 2.0 ** min(child.starts, 8) / 2)
            _say(f"the {child.name} has ended with {status}: it starts again in {pause:.0f} s")
            child.process, child.not_before = None, time.monotonic() + pause
        else:
            _say(f"the {child.name} has ended with {status}: everything ends")
            self.status = status or 1
            self.is_stopping = True

    def _end_all(self) -> None:
        alive = [row.process for row in self.children if row.process and not row.is_over]
        for process in alive:
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + GRACE
        for process in alive:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
            _end_group(process.pid)
            process.wait()


def _end_group(number: int) -> None:
    """Kill what is left of a child and of those that it started: a killed one leaves them."""
    with suppress(ProcessLookupError):
        os.killpg(number, signal.SIGKILL)


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
