"""A process of its own that changes one model a second, beside what is measured."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any

from benchmarks.installation import ROOT, Installation


class Writer:
    """What tells that process when to write, by its standard input and output."""

    def __init__(self, orders: IO[str], answers: IO[str]) -> None:
        self._orders = orders
        self._answers = answers
        self.end()  # it has started

    def begin(self, seconds: float, path: str = "") -> None:
        """Let it write for so long; with a path it looks for each change in that list."""
        self._orders.write(json.dumps({"seconds": seconds, "path": path}) + "\n")
        self._orders.flush()

    def end(self) -> dict[str, Any]:
        """Wait until it is done; return what it saw of its changes."""
        line = self._answers.readline()
        if not line:
            raise RuntimeError("the writer has ended")
        found: dict[str, Any] = json.loads(line)
        return found


@contextmanager
def writing(installation: Installation, port: int, headers: Mapping[str, str]) -> Iterator[Writer]:
    """Start the process; it looks at the server that answers on this port."""
    command = ("-m", "benchmarks.lists_inside", "write", str(port), json.dumps(headers))
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env=installation.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("a process without pipes")
        try:
            yield Writer(process.stdin, process.stdout)
        finally:
            process.stdin.close()
