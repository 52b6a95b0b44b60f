"""The queue: a folder of files without a broker, Redis with one; numbers in messages, no code."""

from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from config import queue
from config.celery import app
from registry.jobs import RETRY_AFTER
from registry.services import job_queue, workers


def test_a_folder_is_made_for_the_messages_that_nobody_else_can_read(tmp_path: Path) -> None:
    options = queue.file_options(tmp_path / "queue")

    assert options["data_folder_in"] == options["data_folder_out"]
    for name in ("data_folder_in", "control_folder"):
        place = Path(options[name])
        assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert queue.file_options(tmp_path / "queue") == options


def test_a_redis_that_hangs_is_not_waited_for() -> None:
    options = queue._transport_options("redis://127.0.0.1:6379/0")

    assert options["socket_timeout"] <= 1
    assert options["socket_connect_timeout"] <= 1
    assert not options["retry_on_timeout"]


@pytest.mark.parametrize("url", ["rediss://127.0.0.1/0", "redis://127.0.0.1/1"])
def test_every_redis_is_treated_alike(url: str) -> None:
    assert queue._transport_options(url) == queue._transport_options("redis://127.0.0.1:6379/0")


def test_without_a_broker_the_folder_lies_with_the_data() -> None:
    options = queue._transport_options("filesystem://")

    assert options["data_folder_in"] == str(settings.DATA_DIR / "queue" / "messages")


def test_another_broker_has_no_options_of_ours() -> None:
    assert queue._transport_options("memory://") == {}


def test_messages_are_json_and_nothing_that_could_run() -> None:
    assert app.conf.task_serializer == "json"
    assert list(app.conf.accept_content) == ["json"]
    assert app.conf.task_ignore_result
    assert app.conf.result_backend is None


def test_a_worker_holds_no_message_that_another_could_work_on() -> None:
    assert app.conf.worker_prefetch_multiplier == 1
    assert app.conf.worker_pool == "threads"
    assert app.conf.worker_concurrency == settings.REGISTRY_WORKER_THREADS


def test_the_sweeper_comes_as_often_as_a_caller_is_told_and_old_rounds_are_dropped() -> None:
    sweep = app.conf.beat_schedule["sweep"]

    assert sweep["schedule"] == RETRY_AFTER
    assert timedelta(seconds=sweep["options"]["expires"]) <= workers.ABSENT_AFTER
    assert timedelta(seconds=sweep["schedule"]) < min(job_queue.LEASE, workers.ABSENT_AFTER)
