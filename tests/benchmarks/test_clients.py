from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import clients
from benchmarks.clients_inside import HELD
from tests.architecture.source import ROOT

# One after the other: they measure time, or start many processes.
pytestmark = pytest.mark.xdist_group("processes")


def test_the_quick_run_counts_and_times_every_report(tmp_path: Path) -> None:
    arguments = ["--quick", "--database", "sqlite", "--results", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.clients", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    (written,) = tmp_path.glob("*.md")
    figures = written.read_text()
    assert figures in done.stdout
    for deed in ("bare bulk_create", "register", "register again, the same", "quota mark"):
        assert f"| {deed} " in figures
    for answer in ("values", "available", "prepared after a mark", "prepared"):
        assert f"| {answer} " in figures


def test_the_goal_and_the_numbers_are_those_we_promise() -> None:
    assert clients.FULL.goal == 3.0
    assert clients.FULL.clients == 1_000
    assert HELD == 50
