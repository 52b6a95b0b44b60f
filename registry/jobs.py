"""The bell: tells a worker that a job's row is there. The row is the truth, not the message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.module_loading import import_string
from kombu.exceptions import OperationalError

from registry.choices import JobKind
from registry.errors import BrokerUnavailableError

if TYPE_CHECKING:
    from celery import Celery

# Names and not functions: tasks call services, and services ring.
TASKS: dict[str, str] = {JobKind.CONNECTION_TEST: "registry.run_connection_test"}
RETRY_AFTER = 10  # seconds; the sweeper's round, after which a waiting job is rung again


def ring(kind: str, job_id: object, *, delay_s: float = 0) -> None:
    """Send the job's id, and nothing else, to a worker. Safe to repeat.

    Raises BrokerUnavailableError when no broker takes it within about two seconds; the sweeper
    rings again.
    """
    app: Celery = import_string(settings.REGISTRY_CELERY_APP)
    options: dict[str, Any] = {"countdown": delay_s} if delay_s > 0 else {}
    try:
        app.send_task(TASKS[kind], args=[str(job_id)], ignore_result=True, retry=False, **options)
    except (OperationalError, OSError) as error:
        raise BrokerUnavailableError(job=str(job_id)) from error


def ring_if_possible(kind: str, job_id: object) -> bool:
    """Ring for nobody who waits for an answer; return whether a broker took it."""
    try:
        ring(kind, job_id)
    except BrokerUnavailableError:  # the sweeper rings again
        return False
    return True
