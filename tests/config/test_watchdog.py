"""A worker that no longer hears its broker ends, so that another one is started in its place."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from config import watchdog
from config.celery import app
from config.watchdog import Watchdog

Answer = Callable[[], list[Any]]


class Worker:
    """A worker as the watchdog knows it: a name, and the broker between them."""

    hostname = "worker1@here"

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked: list[dict[str, Any]] = []
        self.app = SimpleNamespace(control=SimpleNamespace(ping=self._ping))

    def _ping(self, **question: Any) -> list[Any]:
        self.asked.append(question)
        return self.answer()


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How the process was ended; it would be this one."""
    found: list[str] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: found.append(signal.Signals(number).name))
    monkeypatch.setattr(os, "_exit", lambda status: found.append(f"exit {status}"))
    return found


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "EVERY", 0.01)
    monkeypatch.setattr(watchdog, "SILENCE", 0.2)
    monkeypatch.setattr(watchdog, "_GRACE", 0.2)


def watch(worker: Worker, *, until: Callable[[Watchdog], object] = lambda dog: None) -> None:
    """Run the watchdog until it has ended by itself, or `until` has stopped it."""
    dog = Watchdog(worker)
    thread = threading.Thread(target=dog._watch, args=(worker,))
    thread.start()
    until(dog)
    thread.join(10)
    assert not thread.is_alive()


def unheard() -> list[Any]:
    return []


def broken() -> list[Any]:
    raise ConnectionError


def test_a_worker_that_is_heard_goes_on(ends: list[str]) -> None:
    heard = threading.Event()

    def answer() -> list[Any]:
        if len(worker.asked) > 40:  # for longer than the silence that is allowed
            heard.set()
        return [{worker.hostname: {"ok": "pong"}}]

    def until(dog: Watchdog) -> None:
        assert heard.wait(10)
        dog.stop(worker)

    worker = Worker(answer)
    watch(worker, until=until)

    assert ends == []
    assert worker.asked[0] == {"destination": [worker.hostname], "timeout": watchdog.PATIENCE}


@pytest.mark.parametrize("answer", [unheard, broken])
def test_a_worker_that_is_not_heard_for_a_minute_ends(
    ends: list[str], answer: Answer, caplog: pytest.LogCaptureFixture
) -> None:
    worker = Worker(answer)

    # It ends in good order: the step is stopped with the rest of the worker.
    def until(dog: Watchdog) -> None:
        ended_by(ends)
        dog.stop(worker)

    watch(worker, until=until)

    assert ends == ["SIGTERM"]
    assert worker.hostname in caplog.text


def ended_by(ends: list[str]) -> None:
    deadline = threading.Event()
    for _ in range(1000):
        if ends:
            return
        deadline.wait(0.01)


def test_a_worker_that_hangs_even_then_ends_at_once(ends: list[str]) -> None:
    watch(Worker(unheard))

    assert ends == ["SIGTERM", "exit 1"]


def test_a_short_silence_is_forgiven(ends: list[str]) -> None:
    def answer() -> list[Any]:
        number = len(worker.asked)
        if number == 30:
            over.set()
        return [] if number % 3 else [{}]

    over = threading.Event()
    worker = Worker(answer)

    def until(dog: Watchdog) -> None:
        assert over.wait(10)
        dog.stop(worker)

    watch(worker, until=until)

    assert ends == []


def test_every_worker_has_a_watchdog() -> None:
    assert Watchdog in app.steps["worker"]


def test_a_watchdog_does_not_keep_its_worker_from_ending(ends: list[str]) -> None:
    worker = Worker(unheard)
    dog = Watchdog(worker)

    dog.start(worker)
    (thread,) = (row for row in threading.enumerate() if row.name.endswith("(_watch)"))
    dog.stop(worker)
    thread.join(10)

    assert thread.daemon
    assert ends == []
