"""Connection tests: asking for one, and carrying it out in a worker."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction

from audit import context, events, tracking
from audit.choices import Source
from registry.choices import JobKind, JobState, ProbeCode, Stage
from registry.errors import GoneError, LeaseLostError
from registry.models import Connection, ConnectionTest, LLMModel
from registry.models.connection_test import GOOD_CODES
from registry.services import health, job_queue, probing, targets, unsaved_llms, verdicts
from registry.services.clients.marks import clear_after_test
from registry.services.clock import database_now

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from audit.context import AuditContext
    from registry.models import Job
    from registry.services.probing import Found
    from registry.types import LLMChange

KIND = JobKind.CONNECTION_TEST.value


class _GoneError(Exception):
    """The test was deleted on its way, with the model or the connection."""


@dataclass(frozen=True)
class Requested:
    """The test that answers a request, and whether the request made it."""

    test: ConnectionTest
    is_new: bool


def request_test(
    llm: LLMModel,
    *,
    inference: bool,
    by_hand: bool = False,
    behind: bool = True,
    rings: bool = True,
) -> Requested:
    """Ask for a test of a stored model; a worker carries it out.

    One test of a model runs and one waits: a further request gets the waiting one, with
    inference if either asked for it. `by_hand` is a person's click, which keeps the pause
    between two. Without `behind`, and by hand, any test that has not begun is enough. Without
    `rings` the caller rings himself. Raises GoneError.
    """
    with transaction.atomic():
        job, is_new = job_queue.enqueue(
            KIND,
            f"llm:{llm.pk}",
            host=targets.host_of(llm),
            behind=behind and not by_hand,
            pause=timedelta(seconds=settings.REGISTRY_TEST_PAUSE_SECONDS * by_hand),
            rings=rings,
        )
        _hold(llm)
        if is_new:
            test = ConnectionTest.objects.create(job=job, llm=llm, inference=inference)
        else:
            test = _join(job, inference)
    return Requested(test, is_new)


def request_connection_test(connection: Connection, *, by_hand: bool = False) -> Requested:
    """Ask for a test of an address and its key alone, without a model and without a bill.

    Raises GoneError.
    """
    with transaction.atomic():
        job, is_new = job_queue.enqueue(
            KIND,
            f"connection:{connection.pk}",
            host=targets.host_of_connection(connection),
            behind=not by_hand,
            pause=timedelta(seconds=settings.REGISTRY_TEST_PAUSE_SECONDS * by_hand),
        )
        _hold(connection)
        if is_new:
            test = ConnectionTest.objects.create(job=job, connection=connection)
        else:
            test = _join(job, inference=False)
    return Requested(test, is_new)


def request_unsaved(llm: LLMModel, change: LLMChange, *, inference: bool) -> Requested:
    """Ask for a test of settings that nobody has saved.

    `llm` is a row in memory. Raises ValidationError naming what is missing, as saving would. A
    typed address is only ever called with the key typed beside it.
    """
    unsaved_llms.check(llm, change)
    test = ConnectionTest(inference=inference, settings=unsaved_llms.as_settings(llm, change))
    host = unsaved_llms.origin_of(llm, change)
    with transaction.atomic():
        test.job, _is_new = job_queue.enqueue(KIND, f"unsaved:{test.pk}", host=host)
        test.origin = host
        if change.api_key is not None:
            test.put_key(change.api_key)
        test.save()
    return Requested(test, is_new=True)


def _hold(tested: LLMModel | Connection) -> None:
    """Keep what is tested from being deleted until the commit. Raises GoneError if it was.

    Everybody locks in this order: job, model or connection, test.
    """
    rows = type(tested)._default_manager.select_for_update(no_key=True).filter(pk=tested.pk)
    if not rows.values_list("pk"):
        raise GoneError


def _join(job: Job, inference: bool) -> ConnectionTest:
    test: ConnectionTest = ConnectionTest.objects.get(job=job)
    if inference and not test.inference:
        test.inference = True
        test.save(update_fields=["inference"])
    return test


# In the worker
# ----------------------------------------------------------------------------
def run(job: Job) -> None:
    """Carry out the test of a job that this worker holds, and store what was found.

    A test that was deleted with its model leaves no result. Raises LeaseLostError when another
    worker has taken the job over: then nothing is stored.
    """
    rows = ConnectionTest.objects.with_links().filter(job=job)
    test = rows.select_related("llm__connection__provider", "connection__provider").first()
    with _as_requester(job):  # even a model in memory is made by somebody
        found, expected = (None, None) if test is None else _probe(test, job)
    # The requester as the locked row has him: he may have been deleted during the calls.
    with job_queue.holding(job) as held, _as_requester(held):
        if test is not None and found is not None and _is_there(test):
            store(test, found, expected)


def _as_requester(job: Job) -> AbstractContextManager[AuditContext]:
    return context.use(
        source=Source.TASK,
        actor=job.requested_by,
        request_id=job.request_id,
        application=job.application,
    )


def _is_there(test: ConnectionTest) -> bool:
    """Whether nobody has deleted the test with what it tests; both stay until the commit."""
    tested = test.llm or test.connection
    try:
        if tested is not None:
            _hold(tested)
    except GoneError:
        return False
    rows = ConnectionTest.objects.select_for_update().filter(pk=test.pk)
    return bool(rows.values_list("pk"))


def _probe(test: ConnectionTest, job: Job) -> tuple[Found | None, int | None]:
    """Return what a test found (None: it was deleted meanwhile), and the dimensions expected."""
    try:
        aim = _aim(test)
    except targets.NoTargetError as error:
        return probing.refusal(error.code, error.detail), None

    # Of the lease beyond, a second is for what comes between the calls.
    enough_until = time.monotonic() + settings.REGISTRY_TEST_SECONDS + 1

    def before_call(stages: list[dict[str, Any]], seconds: float) -> None:
        if time.monotonic() + seconds > enough_until:  # a host that loads a model has longer
            job_queue.renew(job, seconds=seconds)
        if stages or test.stages:  # at first those of a worker that was lost
            _show_progress(test, job, stages)

    try:
        found = probing.run(aim, inference=test.inference, before_call=before_call)
    except _GoneError:
        return None, None
    return found, aim.target.dimensions


def _show_progress(test: ConnectionTest, job: Job, stages: list[dict[str, Any]]) -> None:
    """Let whoever looks see what is known so far.

    Raises LeaseLostError, or _GoneError, before a call whose answer nobody would get.
    """
    held = ConnectionTest.objects.filter(
        pk=test.pk, job__token=job.token, job__state=JobState.RUNNING
    )
    with transaction.atomic():  # SQLite lets those who begin have equal chances
        is_held = held.update(stages=list(stages))
    if is_held:
        return
    raise LeaseLostError if ConnectionTest.objects.filter(pk=test.pk).exists() else _GoneError


def _aim(test: ConnectionTest) -> targets.Aim:
    if test.llm is not None:
        return targets.of_llm(test.llm)
    if test.connection is not None:
        return targets.of_connection(test.connection)
    return targets.of_unsaved(unsaved_llms.from_settings(test.settings or {}), test)


def store(test: ConnectionTest, found: Found, expected: int | None) -> None:
    """Write a test's result, its event, and the health it means; in the caller's transaction."""
    _end(test, found, expected)
    now, proved = database_now(), _proved(found)
    if test.llm is not None:
        health.note(
            test.llm,
            code=found.code,
            stage=found.failed_stage,
            proved=proved,
            test_id=test.pk,
            at=now,
        )
        if test.success and Stage.INFERENCE in proved:  # apart: the result stands in any case
            transaction.on_commit(partial(clear_after_test, test.llm), robust=True)
    if test.success and _LET_IN & proved:
        _note_success(test)
    _record(test)


def _end(test: ConnectionTest, found: Found, expected: int | None) -> None:
    """Write the result, and forget the typed key."""
    for name in (
        *("code", "detail", "said", "stages", "latency_ms", "dimensions", "billed_calls"),
        *("prompt_tokens", "output_tokens", "retry_after"),
    ):
        setattr(test, name, getattr(found, name))
    test.expected_dimensions = expected
    test.api_key = None
    test.save()


# Stages that nobody passes whom the far side does not let in.
_LET_IN = {Stage.AUTH, Stage.INFERENCE}


def _proved(found: Found) -> frozenset[str]:
    proved = frozenset(row["name"] for row in found.stages if row["code"] in GOOD_CODES)
    return proved - {Stage.MODEL} if verdicts.is_unlisted(found.stages) else proved


def _note_success(test: ConnectionTest) -> None:
    """Note it on the connection, unless its address or key was changed during the calls."""
    used = test.llm.connection if test.llm is not None else test.connection
    if used is not None:
        rows = Connection.objects.filter(pk=used.pk, revision=used.revision)
        tracking.unaudited(rows).update(last_success_at=database_now())


def _record(test: ConnectionTest) -> None:
    """Tell the trail, once per test: who asked, and how it ended."""
    words = verdicts.words_of(test)
    facts = {
        "success": bool(test.success),
        "code": test.code,
        "message": str(words),
        "inference": test.inference,
        "test": str(test.pk),
        "attempt": test.job.attempt,
    }
    if test.llm is not None:
        events.record("model_tested", test.llm, **facts)
    elif test.connection is not None:
        events.record("connection_tested", test.connection, **facts)
    else:
        label = str((test.settings or {}).get("name") or (test.settings or {}).get("model_id"))
        events.record_about("model_tested", LLMModel, label, unsaved=True, **facts)


def give_up(job: Job, reason: str) -> None:
    """End a test that no worker could finish; `reason` is a word of verdicts.py.

    It says nothing of the model. To be called in a transaction that holds the job's row.
    """
    test = ConnectionTest.objects.with_links().filter(job=job).first()
    if test is not None and _is_there(test):
        with _as_requester(job):
            _end(test, probing.refusal(ProbeCode.CANNOT_TEST, reason), None)
            _record(test)
