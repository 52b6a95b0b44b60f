from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import resolve
from tests.architecture.source import ROOT

# One after the other: they measure time, or start many processes.
pytestmark = pytest.mark.xdist_group("processes")


def test_the_quick_run_asks_for_every_caller_and_reveals_keys(tmp_path: Path) -> None:
    arguments = ["--quick", "--database", "sqlite", "--results", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.resolve", *arguments],
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
    titles = re.findall(r"^### (.+)$", figures, re.MULTILINE)
    assert titles == [
        "sqlite, 2 people",
        "sqlite, 2 people: revealing keys",
        "sqlite, 10 people",
        "sqlite, 10 people: revealing keys",
    ]
    for caller in (resolve.OWN, resolve.APPLICATION, "with the key", "without", "bare view"):
        assert len(re.findall(rf"^\| {caller} ", figures, re.MULTILINE)) == 2, figures
    assert figures.count("The larger web process: RSS ") == 2


def test_the_goal_and_the_sizes_are_those_we_promise() -> None:
    assert resolve.FULL.goal == 0.7
    assert resolve.FULL.people == (10, 100_000)
    assert resolve.FULL.reveals < 60  # of one token in a minute
