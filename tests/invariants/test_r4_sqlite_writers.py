"""R4: eight processes write and read one SQLite file; none hears "database is locked"."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.architecture.source import ROOT
from tests.config.processes import environment

pytestmark = pytest.mark.timed

PROCESSES = 8
WRITES = 50
SLOWEST_SECONDS = 2.0

WRITER = """
import json, sys, time
import django
django.setup()
from audit import context
from registry.models import LLMModel, Provider
from registry.services.llms import save_llm
from registry.types import LLMChange
name, writes = sys.argv[1], int(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
times, locked = [], 0
with context.use(source="command"):
    provider = Provider.objects.get(slug="openai")
    for number in range(writes):
        began = time.monotonic()
        try:
            llm = LLMModel(type="generation", provider=provider, name=name,
                           model_id=f"{name}-{number}", status="inactive")
            save_llm(llm, LLMChange(needs_connection=False))
        except Exception as error:
            locked += "locked" in str(error)
            raise
        times.append(time.monotonic() - began)
        assert LLMModel.objects.filter(pk=llm.pk).exists()
        list(LLMModel.objects.with_links().order_by("name")[:50])
print(json.dumps({"times": times, "locked": locked}))
"""


def release(processes: list[subprocess.Popen[bytes]]) -> None:
    """Let all begin at the same moment: starting up is not what is measured."""
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.flush()


@pytest.mark.invariant("R4")
def test_eight_processes_share_one_sqlite_file(tmp_path: Path, figure: Callable[..., None]) -> None:
    settings = environment(tmp_path)
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "bootstrap"], env=settings, cwd=ROOT, check=True, capture_output=True)
    command = [sys.executable, "-c", WRITER]

    running = [
        subprocess.Popen(
            [*command, f"writer{number}", str(WRITES)],
            env=settings | {"DJANGO_SETTINGS_MODULE": "config.settings.base"},
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for number in range(PROCESSES)
    ]
    release(running)
    ended = [process.communicate(timeout=180) for process in running]

    assert [error.decode() for _out, error in ended] == [""] * PROCESSES
    reports = [json.loads(out) for out, _error in ended]
    times = sorted(seconds for report in reports for seconds in report["times"])
    slow = times[int(len(times) * 0.99)]
    assert len(times) == PROCESSES * WRITES
    assert sum(report["locked"] for report in reports) == 0
    assert slow <= SLOWEST_SECONDS
    figure(processes=PROCESSES, writes=len(times), locked=0, p99_seconds=round(slow, 2))
