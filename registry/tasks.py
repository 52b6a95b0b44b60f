"""The tasks: an id in, one service call, safe to run twice. The outcome is in the rows."""

from __future__ import annotations

from celery import shared_task
from celery.worker import state

from audit import context
from audit.choices import Source
from registry import jobs
from registry.choices import JobKind
from registry.services import workers


def _is_stopping() -> bool:
    """Whether this worker has been asked to end: then it takes nothing more."""
    return state.should_stop is not None or state.should_terminate is not None


@shared_task(name=jobs.TASKS[JobKind.CONNECTION_TEST], ignore_result=True)
def run_connection_test(job_id: str) -> None:
    """Carry out one test, then those that wait for the same host."""
    workers.work(job_id, is_stopping=_is_stopping)


@shared_task(name="registry.sweep", ignore_result=True)
def sweep() -> None:
    """Find jobs whose worker or message was lost."""
    with context.use(source=Source.TASK):
        workers.sweep()


@shared_task(name="registry.forget_old", ignore_result=True)
def forget_old() -> None:
    """Delete what is kept for a time only."""
    with context.use(source=Source.TASK):
        workers.forget_old()
