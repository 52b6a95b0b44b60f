"""Many tests at once: asking for them in few statements, and how far they are."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Count, Q

from audit import context
from registry import jobs
from registry.choices import JobState
from registry.models import ConnectionTest, Job, LLMModel, Sweep
from registry.models.connection_test import GOOD_CODES
from registry.models.job import UNFINISHED
from registry.services import connection_tests, job_queue, targets
from registry.services.clock import database_now
from registry.services.revision import lock_catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_CHUNK = 200  # models whose tests are written together


@dataclass(frozen=True)
class Progress:
    """How many tests of a sweep there are, have ended, passed; and the results by code."""

    total: int
    done: int
    passed: int
    codes: dict[str, int]

    @property
    def failed(self) -> int:
        return self.done - self.passed

    @property
    def is_finished(self) -> bool:
        return self.done == self.total

    @property
    def percent(self) -> int:
        return 100 if not self.total else self.done * 100 // self.total


def start(llms: Iterable[LLMModel], *, inference: bool) -> Sweep:
    """Ask for a test of each model; one that waits for a test already is not asked again.

    `llms` have their provider and connection read along; those that have been deleted meanwhile
    are left out. Workers are rung for as many as may call a host at once; each takes the next
    from there.
    """
    asked = context.current()
    sweep: Sweep = Sweep.objects.create(requested_by_id=asked.person_id if asked else None)
    hosts: Counter[str] = Counter()
    rung: list[Job] = []
    for chunk in _chunks(llms):
        with transaction.atomic():
            lock_catalogue()  # no model goes until all its chunk's tests are there
            tests = _tests_of(_present(chunk), inference)
            sweep.tests.add(*tests)
        for test in tests:
            hosts[test.job.host] += 1
            if hosts[test.job.host] <= settings.REGISTRY_HOST_CONCURRENCY:
                rung.append(test.job)
    transaction.on_commit(partial(_ring, rung))
    return sweep


def _ring(rung: list[Job]) -> None:
    for job in rung:
        if not jobs.ring_if_possible(job.kind, job.pk):  # the page shows that they wait
            return


def _chunks(llms: Iterable[LLMModel]) -> Iterator[list[LLMModel]]:
    rest = iter(llms)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk


def _present(llms: list[LLMModel]) -> list[LLMModel]:
    rows = LLMModel.objects.filter(pk__in=[llm.pk for llm in llms])
    known = set(rows.values_list("pk", flat=True))
    return [llm for llm in llms if llm.pk in known]


def _tests_of(llms: list[LLMModel], inference: bool) -> list[ConnectionTest]:
    # In one order, so that two sweeps at once never wait for each other in a circle.
    subjects = {f"llm:{llm.pk}": llm for llm in sorted(llms, key=lambda llm: llm.pk)}
    rows = Job.objects.filter(kind=connection_tests.KIND, subject__in=subjects).unfinished()
    unfinished = list(rows.select_for_update().order_by("subject", "turn"))
    tests = _join([job for job in unfinished if job.state == JobState.QUEUED], inference)
    joined, busy = {test.job.subject for test in tests}, {job.subject for job in unfinished}
    try:
        with transaction.atomic():
            chosen = [llm for name, llm in subjects.items() if name not in busy]
            tests += _create(chosen, inference)
    except IntegrityError:  # somebody asked for one of them at this moment
        busy = set(subjects)
    for name in sorted(busy - joined):  # one runs, and none waits behind it
        asked = connection_tests.request_test(
            subjects[name], inference=inference, behind=False, rings=False
        )
        tests.append(asked.test)
    return tests


def _join(waiting: list[Job], inference: bool) -> list[ConnectionTest]:
    """Return the tests of locked jobs, as `request_test` does for one: the last of each model's."""
    last = {job.subject: job for job in waiting}
    found = ConnectionTest.objects.filter(job__in=last.values())
    if inference:
        found.update(inference=True)
    return list(found.select_related("job"))


def _create(llms: list[LLMModel], inference: bool) -> list[ConnectionTest]:
    moment = database_now()
    new = [
        job_queue.new_job(
            connection_tests.KIND, f"llm:{llm.pk}", host=targets.host_of(llm), moment=moment
        )
        for llm in llms
    ]
    Job.objects.bulk_create(new)
    tests = [
        ConnectionTest(job=job, llm=llm, inference=inference)
        for job, llm in zip(new, llms, strict=True)
    ]
    ConnectionTest.objects.bulk_create(tests)
    return tests


def progress_of(sweep: Sweep) -> Progress:
    """Return how far the tests are; one query. Those of deleted models count no more."""
    rows = (
        sweep.tests.order_by()
        .values("code")
        .annotate(number=Count("pk"), open=Count("pk", filter=Q(job__state__in=UNFINISHED)))
    )
    codes: Counter[str] = Counter()
    total = 0
    for row in rows:
        total += row["number"]
        if row["code"]:
            codes[row["code"]] += row["number"] - row["open"]
    passed = sum(codes[code] for code in GOOD_CODES)
    return Progress(total, codes.total(), passed, dict(codes))


def failures_of(sweep: Sweep, *, most: int) -> list[ConnectionTest]:
    """Return the tests that found something wrong, the latest first."""
    ended = sweep.tests.with_links().filter(job__state__in=(JobState.DONE, JobState.FAILED))
    return list(ended.exclude(code__in=GOOD_CODES).order_by("-job__finished_at")[:most])
