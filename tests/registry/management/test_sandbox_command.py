"""`sandbox_provider` serves until a signal, and `bootstrap --sandbox` registers its models."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from registry.models import LLMModel, Provider
from registry.sandbox.faults import FAULTS
from registry.services import sandbox
from tests.architecture.source import ROOT
from tests.registry.sandbox.client import ask
from tests.sandbox import running_sandbox
from tests.trail import written

Run = Callable[..., str]
PATIENCE = 10  # seconds


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs a command and returns what it printed."""

    def call(*arguments: str) -> str:
        call_command(*arguments)
        return capsys.readouterr().out

    return call


@contextmanager
def a_signal_soon(number: signal.Signals) -> Iterator[None]:
    """Send this process a signal, once something in the block is ready for it."""
    before = signal.getsignal(number)

    def send() -> None:
        deadline = time.monotonic() + PATIENCE
        while signal.getsignal(number) is before and time.monotonic() < deadline:
            time.sleep(0.01)
        if signal.getsignal(number) is not before:
            os.kill(os.getpid(), number)

    sender = threading.Thread(target=send)
    sender.start()
    yield
    sender.join()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(number: signal.Signals) -> None:
    command = [sys.executable, "manage.py", "sandbox_provider", "--port", "0", "--delay-ms", "300"]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={"DJANGO_SETTINGS_MODULE": "config.settings.test", "PATH": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        port = int(first.split()[5].rpartition(":")[2])
        started = time.monotonic()
        status = ask(Elsewhere(port), "/v1/models").status
        waited = time.monotonic() - started
        process.send_signal(number)
        _out, err = process.communicate(timeout=10)

    assert (status, process.returncode, err) == (200, 0, "")
    assert waited >= 0.3


@dataclass(frozen=True)
class Elsewhere:
    """The server of another process."""

    port: int


def test_it_says_where_it_is_and_how_it_fails(run: Run) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with a_signal_soon(signal.SIGTERM):
        text = run("sandbox_provider", "--port", "0")

    assert text.startswith("The sandbox provider is at http://127.0.0.1:")
    assert "Key: open-sesame-77" in text
    for word in ("sandbox-embed-large", "Anthropic", "/v1beta", "/cohere", "/openwebui", *FAULTS):
        assert word in text
    assert signal.getsignal(signal.SIGTERM) is before


def test_its_port_is_the_settings(run: Run, settings: Settings) -> None:
    with running_sandbox() as other:
        settings.REGISTRY_SANDBOX_PORT = other.port

    with a_signal_soon(signal.SIGTERM):
        text = run("sandbox_provider")

    assert f"http://127.0.0.1:{other.port} " in text


def test_a_port_that_is_taken_is_one_line(run: Run) -> None:
    with running_sandbox() as other, pytest.raises(CommandError) as refused:
        run("sandbox_provider", "--port", str(other.port))

    text = str(refused.value)
    assert text == (f"The sandbox cannot listen on 127.0.0.1:{other.port}: Address already in use.")
    assert refused.value.returncode == 1


@pytest.mark.parametrize(
    "arguments",
    [("--port", "65536"), ("--port", "-1"), ("--port", "x"), ("--delay-ms", "600001")],
)
def test_a_number_out_of_bounds_is_refused(run: Run, arguments: tuple[str, str]) -> None:
    with pytest.raises(CommandError, match="a whole number from 0 to"):
        run("sandbox_provider", *arguments)


@pytest.mark.django_db
def test_bootstrap_brings_the_sandbox_only_when_told_to(run: Run) -> None:
    run("bootstrap")
    assert not sandbox.is_installed()

    text = run("bootstrap", "--sandbox")

    assert sandbox.is_installed()
    assert "the sandbox's models added" in text
    assert LLMModel.objects.count() == 4


@pytest.mark.django_db
def test_bootstrap_says_what_would_let_the_sandbox_be_called(run: Run, settings: Settings) -> None:
    settings.REGISTRY_SANDBOX_PORT = 8123
    settings.REGISTRY_PRIVATE_HOSTS = []

    assert "REGISTRY_PRIVATE_HOSTS names 127.0.0.1:8123" in run("bootstrap", "--sandbox")


@pytest.mark.django_db
def test_bootstrap_says_nothing_of_what_is_allowed(run: Run, settings: Settings) -> None:
    settings.REGISTRY_SANDBOX_PORT = 8123
    settings.REGISTRY_PRIVATE_HOSTS = ["127.0.0.1:8123"]

    assert "REGISTRY_PRIVATE_HOSTS" not in run("bootstrap", "--sandbox")


@pytest.mark.django_db
def test_bootstrap_twice_changes_nothing(run: Run) -> None:
    run("bootstrap", "--sandbox")

    with written() as found:
        text = run("bootstrap", "--sandbox")

    assert (text, found) == ("Everything is in place.\n", [])


@pytest.mark.django_db
def test_bootstrap_does_not_bring_it_back(run: Run) -> None:
    run("bootstrap", "--sandbox")
    sandbox.remove()

    value = json.loads(run("bootstrap", "--sandbox", "--json"))

    assert value["sandbox"] is False
    assert not Provider.objects.filter(slug="sandbox").exists()
