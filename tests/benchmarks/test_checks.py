from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import checks
from config.settings import base
from tests.architecture.source import ROOT

# One after the other: they measure time, or start many processes.
pytestmark = pytest.mark.xdist_group("processes")


def test_the_quick_run_carries_out_every_test(tmp_path: Path) -> None:
    arguments = ["--quick", "--delay-ms", "20", "--database", "sqlite", "--results", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.checks", *arguments],
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
    assert "16 of 16" in figures
    assert "ok 16" in figures
    assert "meanwhile p99" in figures


def test_the_goal_and_the_calls_at_once_are_those_we_promise() -> None:
    assert checks.GOAL == 1.5
    assert checks.AT_ONCE == base.REGISTRY_HOST_CONCURRENCY == 8
