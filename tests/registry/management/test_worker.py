"""`manage.py worker` and `beat` become Celery's processes, so that signals reach them."""

from __future__ import annotations

import os
import sys

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from pytest_django import Settings

from registry.management.commands.worker import worker_arguments
from registry.services import key_ring

pytestmark = pytest.mark.django_db


@pytest.fixture
def became(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The command line that the process became, had it not been a test."""
    found: list[str] = []

    def execv(path: str, arguments: list[str]) -> None:
        assert (path, arguments[0]) == (sys.executable, sys.executable)
        found.extend(arguments[1:])

    monkeypatch.setattr(os, "execv", execv)
    return found


def test_a_worker_is_celerys_with_a_name_of_its_own(became: list[str]) -> None:
    call_command("worker")

    text = " ".join(became)
    assert text.startswith("-m celery -A config.celery --quiet worker ")
    assert f"--hostname worker{os.getpid()}@%h" in text
    assert "--beat" not in became


def test_one_worker_may_do_the_periodic_work_too(became: list[str]) -> None:
    call_command("worker", "--beat")

    assert became[-1] == "--beat"


def test_beat_is_celerys_and_leaves_no_file_with_its_number(became: list[str]) -> None:
    call_command("beat")

    text = " ".join(became)
    assert text.startswith("-m celery -A config.celery --quiet beat --pidfile= ")


@pytest.mark.parametrize("level", ["INFO", "ERROR"])
def test_a_worker_says_as_much_as_the_service(settings: Settings, level: str) -> None:
    settings.REGISTRY_LOG_LEVEL = level

    arguments = worker_arguments(beat=False)

    assert arguments[arguments.index("--loglevel") + 1] == level


@pytest.mark.parametrize("command", ["worker", "beat"])
def test_nothing_starts_with_a_wrong_key_ring(
    became: list[str], settings: Settings, command: str
) -> None:
    key_ring.plant_canary()
    settings.REGISTRY_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    with pytest.raises(CommandError, match="key_ring"):
        call_command(command)

    assert became == []
