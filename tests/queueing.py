"""Jobs for tests: asked for, taken, ended; and a bell that notes what it was rung for."""

from __future__ import annotations

from typing import Any

from registry.choices import JobKind
from registry.errors import BrokerUnavailableError
from registry.models import Job
from registry.services import job_queue

KIND = JobKind.CONNECTION_TEST.value
HOST = "https://api.one.example:443"
OTHER_HOST = "https://api.two.example:443"
SECONDS = 15.0


def ask(subject: str = "llm:1", **options: Any) -> Job:
    job, _is_new = job_queue.enqueue(KIND, subject, **options)
    return job


def claimed(job: Job, **options: Any) -> Job:
    held = job_queue.claim(job.pk, seconds=SECONDS, **options)
    assert held is not None
    return held


def done(job: Job) -> None:
    with job_queue.holding(job):
        pass


def stored(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


class Bell:
    """Stands where the broker is: `ids` are the jobs that were rung for, each with its delay."""

    def __init__(self) -> None:
        self.ids: list[Any] = []
        self.delays: list[float] = []
        self.is_down = False

    def ring(self, kind: str, job_id: object, *, delay_s: float = 0) -> None:
        self.ids.append(job_id)
        self.delays.append(delay_s)
        if self.is_down:
            raise BrokerUnavailableError(job=str(job_id))
