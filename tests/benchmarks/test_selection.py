from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import selection
from tests.architecture.source import ROOT

# One after the other: they measure time, or start many processes.
pytestmark = pytest.mark.xdist_group("processes")


def test_the_quick_run_asks_every_question(tmp_path: Path) -> None:
    arguments = ["--quick", "--database", "sqlite", "--results", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.selection", *arguments],
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
    for question in ("bare", "recommend best", "recommend cheapest", "cheapest route", "find_best"):
        assert f"| {question} " in figures


def test_the_goal_is_the_one_we_promise() -> None:
    assert selection.GOAL == 2.0
    assert max(selection.SIZES) == 10_000
