from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import lists
from tests.architecture.source import ROOT

# One after the other: they measure time, or start many processes.
pytestmark = pytest.mark.xdist_group("processes")


def test_the_quick_run_measures_every_list_and_no_process_answers_an_old_one(
    tmp_path: Path,
) -> None:
    arguments = ["--quick", "--database", "sqlite", "--results", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.lists", *arguments],
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
    assert len(titles) == 6, titles
    for path in lists.LISTS:
        quiet = [line for line in figures.splitlines() if re.match(rf"\| {path} +\| [a-z]", line)]
        assert len(quiet) == 4, figures  # two sizes, with a token and without
        others = [line for line in figures.splitlines() if re.match(rf"\| {path} +\| [0-9]", line)]
        busy = [line for line in others if line.count("|") > 4]
        assert len(busy) == 2, figures
        assert len(others) == 4, figures  # what preparing costs
        for line in busy:
            writes, checks, violations = [int(cell) for cell in line.split("|")[5:8]]
            assert writes >= 1
            assert checks == 2 * writes  # in each process
            assert violations == 0


def test_the_goal_and_the_sizes_are_those_we_promise() -> None:
    assert lists.FULL.goal == 0.9
    assert lists.FULL.sizes == (10, 500, 2_500, 10_000)
