"""The bell: an id and nothing else goes to the broker, and a broker that is gone is told soon."""

from __future__ import annotations

import json
import queue as queues
import sys
import types
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from celery import Celery
from pytest_django import Settings

from config import queue
from registry import jobs
from registry.choices import JobKind
from registry.errors import BrokerUnavailableError
from tests.config.processes import free_port
from tests.outbound import Server
from tests.stopwatch import stopwatch

KIND = JobKind.CONNECTION_TEST.value
# Within this a person must have an answer.
LONGEST_SECONDS = 2.5


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> types.ModuleType:
    """A module whose `app` is the application that rings."""
    module = types.ModuleType("place_of_the_app")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    settings.REGISTRY_CELERY_APP = f"{module.__name__}.app"
    return module


def application(place: types.ModuleType, url: str, **options: Any) -> Celery:
    app = Celery("bell", broker=url, set_as_current=False)
    app.conf.update(task_serializer="json", broker_transport_options=options)
    place.app = app  # type: ignore[attr-defined]
    return app


@pytest.fixture
def memory(place: types.ModuleType) -> Celery:
    """A broker in this process, without the messages of other tests."""
    app = application(place, "memory://")
    messages(app)
    return app


def messages(app: Celery) -> list[Any]:
    with app.connection_for_read() as connection:
        waiting = connection.SimpleQueue("celery")
        found = []
        while True:
            try:
                found.append(waiting.get_nowait())
            except queues.Empty:
                waiting.close()
                return found


def test_a_message_carries_the_id_and_nothing_else(memory: Celery) -> None:
    job_id = uuid4()

    jobs.ring(KIND, job_id)

    (message,) = messages(memory)
    assert message.headers["task"] == "registry.run_connection_test"
    assert message.content_type == "application/json"
    arguments, named, _embed = json.loads(message.body)
    assert (arguments, named) == ([str(job_id)], {})
    assert message.headers["eta"] is None


def test_a_message_may_be_for_later(memory: Celery) -> None:
    jobs.ring(KIND, uuid4(), delay_s=100)

    (message,) = messages(memory)
    wait = datetime.fromisoformat(message.headers["eta"]) - datetime.now(UTC)
    assert 90 < wait.total_seconds() <= 100


@pytest.mark.timed
def test_a_broker_that_is_down_is_told_with_the_job(place: types.ModuleType) -> None:
    job_id = uuid4()
    url = f"redis://127.0.0.1:{free_port()}/0"
    application(place, url, **queue._transport_options(url))

    with stopwatch() as watch, pytest.raises(BrokerUnavailableError) as refused:
        jobs.ring(KIND, job_id)

    assert watch.seconds < LONGEST_SECONDS
    assert (refused.value.code, refused.value.status) == ("broker_unavailable", 503)
    assert refused.value.extra == {"job": str(job_id), "retry_after": 10}


@pytest.mark.timed
def test_a_broker_that_hangs_is_told_soon(place: types.ModuleType) -> None:
    with Server() as silent:
        url = f"redis://127.0.0.1:{silent.port}/0"
        application(place, url, **queue._transport_options(url))

        with stopwatch() as watch, pytest.raises(BrokerUnavailableError):
            jobs.ring(KIND, uuid4())

    assert watch.seconds < LONGEST_SECONDS


def test_a_folder_that_takes_no_message_is_told_with_the_job(
    place: types.ModuleType, tmp_path: Path
) -> None:
    options = queue.file_options(tmp_path / "queue")
    application(place, "filesystem://", **options)
    (tmp_path / "queue" / "messages").rmdir()
    (tmp_path / "queue" / "messages").write_text("in the way")

    with pytest.raises(BrokerUnavailableError):
        jobs.ring(KIND, uuid4())


def test_a_folder_of_files_carries_messages(place: types.ModuleType, tmp_path: Path) -> None:
    app = application(place, "filesystem://", **queue.file_options(tmp_path / "queue"))

    jobs.ring(KIND, uuid4())

    assert len(list((tmp_path / "queue" / "messages").iterdir())) == 1
    assert len(messages(app)) == 1


def test_who_does_not_wait_for_an_answer_learns_whether_it_rang(
    place: types.ModuleType, memory: Celery
) -> None:
    assert jobs.ring_if_possible(KIND, uuid4())
    assert len(messages(memory)) == 1

    url = f"redis://127.0.0.1:{free_port()}/0"
    application(place, url, **queue._transport_options(url))
    assert not jobs.ring_if_possible(KIND, uuid4())
