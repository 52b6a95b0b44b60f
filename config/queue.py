"""Celery's settings. The row in SQL is the truth about a job; a message only rings for it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings


def file_options(folder: Path) -> dict[str, Any]:
    """Return the options of a queue that is a folder of small files, and make the folder.

    A message that is being worked on is lost in a crash; the job's row is not.
    """
    messages, control = folder / "messages", folder / "control"
    for place in (messages, control):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return {
        "data_folder_in": str(messages),
        "data_folder_out": str(messages),
        "control_folder": str(control),
        "polling_interval": 0.2,  # seconds
    }


def _transport_options(url: str) -> dict[str, Any]:
    if url.startswith("filesystem:"):
        return file_options(settings.DATA_DIR / "queue")
    if url.startswith("redis"):
        # Seconds; a broker that hangs must not hang a request, and is asked once, not again.
        return {
            "socket_timeout": 1,
            "socket_connect_timeout": 1,
            "retry_on_timeout": False,
            "max_retries": 0,
        }
    return {}


broker_url = settings.REGISTRY_BROKER_URL
broker_transport_options = _transport_options(broker_url)
broker_connection_retry_on_startup = True
broker_connection_max_retries = None
task_publish_retry = False
task_ignore_result = True
task_serializer = "json"
accept_content = ["json"]
imports = ("registry.tasks",)
# Threads: a test waits for the network nearly all its time.
worker_pool = "threads"
worker_concurrency = settings.REGISTRY_WORKER_THREADS
worker_prefetch_multiplier = 1
worker_hijack_root_logger = False
timezone = "UTC"
beat_schedule_filename = str(settings.DATA_DIR / "beat")
beat_schedule = {
    # Threads that are all busy take a round late, and not never; of many that nobody took for a
    # minute, the last few are enough.
    "sweep": {"task": "registry.sweep", "schedule": 10.0, "options": {"expires": 60.0}},
    "forget-old": {"task": "registry.forget_old", "schedule": timedelta(hours=6)},
}
