"""Background work of a case: carried out at once, and what it found read over the API."""

from __future__ import annotations

from registry.models import Job
from registry.services import job_queue, workers
from tests.cases.run import Run

TESTS = "/api/v1/admin/tests"


def work_off(run: Run) -> None:
    """Do what the case's requests have queued, as a worker would, and read the results."""
    run.queued = list(Job.objects.values_list("kind", flat=True))
    waiting = job_queue.waiting_jobs()
    while waiting:
        for job in waiting:
            workers.work(job.pk)
        assert waiting != job_queue.waiting_jobs(), "nobody can do this work"
        waiting = job_queue.waiting_jobs()
    if run.queued:
        _read_results(run)


def _read_results(run: Run) -> None:
    client = run.world.api("admin")
    listed = run.look_up(client, f"{TESTS}?ordering=created_at")
    for test in listed.json["results"]:
        run.results.append(run.look_up(client, f"{TESTS}/{test['id']}"))
