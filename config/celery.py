"""The Celery application: `celery -A config.celery worker` or `beat`."""

from __future__ import annotations

from celery import Celery

from config import start
from config.watchdog import Watchdog

start.load_settings()

app = Celery("registry")
app.config_from_object("config.queue")
app.steps["worker"].add(Watchdog)
