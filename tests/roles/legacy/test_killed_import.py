"""An import that is killed in the middle: whole people or none, and the next run completes it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from audit.models import LogEntry
from registry.models import Connection, LLMModel
from roles.models import RoleSlot
from roles.services.legacy_import import import_folder
from tests.architecture.source import ROOT
from tests.config.processes import PATIENCE_SECONDS
from tests.factories import make_user
from tests.invariants.test_c6_killed_process import environment
from tests.roles.factories import provider_of
from tests.roles.legacy.documents import put, registry

# Dies after so many rows were written, wherever in the import of whichever person that is.
KILLED = """
import os, signal, sys
from pathlib import Path
import django
django.setup()
from django.db.models.signals import post_save
from audit import context
from registry.models import Connection, LLMModel
from roles.models import RoleSlot
from roles.services.legacy_import import import_folder

left = int(sys.argv[2])

def count(sender, **kwargs):
    global left
    if sender in (Connection, LLMModel, RoleSlot):
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

post_save.connect(count)
with context.use(source="command"):
    list(import_folder(Path(sys.argv[1])))
"""

PEOPLE = ("anna", "ben")


def counts(user: User) -> tuple[int, int, int]:
    return (
        Connection.objects.filter(owner=user).count(),
        LLMModel.objects.filter(owner=user).count(),
        RoleSlot.objects.filter(owner=user).count(),
    )


@pytest.mark.parametrize("written", [1, 4, 7, 9, 13])
@pytest.mark.django_db(transaction=True)
def test_a_killed_import_is_completed_by_the_next(
    tmp_path: Path, written: int, figure: Callable[..., None]
) -> None:
    for slug in ("openai-compatible", "gemini", "anthropic"):
        provider_of(slug)
    users = [make_user(name) for name in PEOPLE]
    folder, data = tmp_path / "users", tmp_path / "data"
    folder.mkdir()
    data.mkdir()
    for name in PEOPLE:
        put(folder, name, registry=registry())

    died = subprocess.run(
        [sys.executable, "-c", KILLED, str(folder), str(written)],
        cwd=ROOT,
        env=environment(str(data)),
        capture_output=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )

    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    whole = (3, 2, 2)
    done = [counts(user) for user in users]
    assert set(done) <= {whole, (0, 0, 0)}
    events = LogEntry.objects.filter(event="registry_imported").count()
    assert events == done.count(whole)

    reports = list(import_folder(folder))

    assert not any(report.is_skipped for report in reports)
    assert [counts(user) for user in users] == [whole, whole]
    assert LogEntry.objects.filter(event="registry_imported").count() == len(PEOPLE)
    figure(killed_after_rows=written, people_done=done.count(whole))
