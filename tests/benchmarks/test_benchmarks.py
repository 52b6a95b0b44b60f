from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import NoReverseMatch, Resolver404, resolve

from benchmarks import settings as bench_settings
from benchmarks.__main__ import FULL
from benchmarks.measures import spread
from benchmarks.pages import (
    BARE,
    BARE_MODELS,
    BYTES,
    BYTES_MODELS,
    CHOOSER,
    NAMES,
    PROCESS,
)
from benchmarks.servers import PRODUCT, SYNC, THREADS
from config.settings import base
from registry.management.commands.dev import gunicorn_arguments
from tests.architecture.source import PRODUCT as FOLDERS
from tests.architecture.source import ROOT

# One after the other: they measure time, or start many processes.
pytestmark = pytest.mark.xdist_group("processes")


def test_the_quick_run_measures_everything(tmp_path: Path) -> None:
    arguments = ["--quick", "--database", "sqlite", "--results", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    (written,) = tmp_path.glob("*.md")
    figures = written.read_text()
    assert figures in done.stdout
    titles = re.findall(r"^### (.+)$", figures, re.MULTILINE)
    assert len(titles) == 7, titles
    assert all(f"| {name}" in figures for name in NAMES.values())
    assert all(kind.name in figures for kind in (THREADS, SYNC, PRODUCT))
    assert len(re.findall(r"RSS \d+ MiB, PSS \d+ MiB", figures)) == 3


def test_the_goal_and_the_sizes_are_those_we_promise() -> None:
    assert FULL.goal >= 0.9
    assert FULL.sizes == (100, 10_000)


def test_the_bare_views_are_not_part_of_the_product() -> None:
    for path in (BARE, BARE_MODELS, BYTES, BYTES_MODELS, PROCESS):
        try:
            found = resolve(path)
        except (Resolver404, NoReverseMatch):
            continue
        raise AssertionError(f"the product answers {path} with {found.func}")
    assert resolve(CHOOSER).url_name
    for folder in FOLDERS:
        for file in (ROOT / folder).rglob("*.py"):
            assert "benchmarks" not in file.read_text(), file


def test_only_the_addresses_differ_from_the_service() -> None:
    differing = {
        name
        for name in {*vars(base), *vars(bench_settings)}
        if name.isupper() and getattr(base, name, None) != getattr(bench_settings, name, None)
    }

    assert differing == {"ROOT_URLCONF"}


def test_the_measured_server_is_the_one_that_is_started() -> None:
    started = " ".join(gunicorn_arguments("127.0.0.1:$port"))

    for part in ("--worker-class gthread", "--no-control-socket", "--bind 127.0.0.1:$port"):
        assert part in started
        assert part in THREADS.command
    assert f"--workers {settings.REGISTRY_WEB_WORKERS}" in THREADS.command
    assert f"--threads {settings.REGISTRY_WEB_THREADS}" in THREADS.command


def test_a_spread_is_a_median_and_the_middle_half() -> None:
    found = spread([1, 2, 3, 4, 5, 6, 7])

    assert (found.low, found.median, found.high) == (2, 4, 6)
