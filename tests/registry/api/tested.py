"""Connection tests as a caller of the API goes about them, and a worker that carries them out."""

from __future__ import annotations

from typing import Any

from registry.choices import JobState
from registry.models import Job
from registry.services import workers
from tests.registry.api.client import Api

TESTS = "/api/v1/admin/tests"


def work() -> None:
    """Do what waits, as a worker that was rung would."""
    for job in Job.objects.filter(state=JobState.QUEUED).order_by("created_at"):
        workers.work(job.pk)


def ended(api: Api, path: str, body: Any = None) -> dict[str, Any]:
    """Ask for a test, let a worker do it, and return what it found."""
    asked = api.post(path, body)
    assert asked.status_code == 202, asked.content
    work()
    found: dict[str, Any] = api.get(asked.headers["Location"]).json()
    return found
