"""Many tests at once: asked for in few statements, joined where they wait already, counted."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from audit import context, tracking
from audit.choices import Source
from registry.choices import JobState, ProbeCode, Stage
from registry.models import ConnectionTest, Job, LLMModel, Provider, Sweep
from registry.services import job_queue, sweeps, workers
from registry.services.deletion import delete_llm
from registry.types import LLMChange
from tests.factories import (
    end_test,
    make_connection,
    make_llm,
    make_provider,
    make_test,
    make_user,
)
from tests.providers import provider
from tests.queueing import Bell
from tests.trail import written

pytestmark = pytest.mark.django_db


def models(number: int, one: Provider | None = None) -> list[LLMModel]:
    """Return models of one provider with one connection, as a list of rows is read."""
    connection = make_connection(one)
    change = LLMChange(connection=connection)
    made = [make_llm(provider=connection.provider, change=change) for _ in range(number)]
    rows = LLMModel.objects.filter(pk__in=[llm.pk for llm in made])
    return list(rows.select_related("provider", "connection"))


def start(llms: list[LLMModel], *, inference: bool = False) -> Sweep:
    return sweeps.start(llms, inference=inference)


# Asking
# ----------------------------------------------------------------------------
@pytest.mark.parametrize("number", [3, 300])
def test_many_models_are_asked_for_in_few_statements(
    number: int, django_assert_max_num_queries: Any
) -> None:
    llms = models(3) if number == 3 else many(number)

    with django_assert_max_num_queries(32):
        sweep = start(llms, inference=True)

    assert sweep.tests.filter(inference=True, job__state=JobState.QUEUED).count() == number
    assert Job.objects.count() == number


def many(number: int) -> list[LLMModel]:
    """Return so many stored models, written past the services, which would take a minute."""
    (pattern,) = models(1)
    rows = [
        LLMModel(
            type=pattern.type,
            provider=pattern.provider,
            connection=pattern.connection,
            name=f"Model {place}",
            slug=f"many-{place}",
            model_id=f"many-{place}",
            mode="chat",
        )
        for place in range(number)
    ]
    tracking.unaudited(LLMModel.objects.all()).bulk_create(rows)
    found = LLMModel.objects.filter(slug__startswith="many-")
    return list(found.select_related("provider", "connection"))


def test_a_sweep_knows_who_asked() -> None:
    with context.use(source=Source.ADMIN, actor=make_user("ada")):
        sweep = start(models(2))

    assert sweep.requested_by is not None
    assert {job.requested_by for job in Job.objects.all()} == {sweep.requested_by}
    assert {job.source for job in Job.objects.all()} == {Source.ADMIN}


def test_nothing_chosen_is_a_sweep_that_has_ended() -> None:
    progress = sweeps.progress_of(start([]))

    assert (progress.total, progress.is_finished, progress.percent) == (0, True, 100)


def test_models_that_have_been_deleted_meanwhile_are_left_out() -> None:
    llms = models(4)
    make_test(llms[1])
    for llm in llms[:2]:  # one of them would have been joined
        delete_llm(LLMModel.objects.get(pk=llm.pk))

    sweep = start(llms)

    assert {test.llm_id for test in sweep.tests.all()} == {llm.pk for llm in llms[2:]}


def test_a_model_whose_test_waits_is_not_asked_again() -> None:
    llms = models(3)
    waiting = make_test(llms[1])

    sweep = start(llms, inference=True)

    assert set(sweep.tests.all()) >= {waiting}
    assert ConnectionTest.objects.count() == 3
    waiting.refresh_from_db()
    assert waiting.inference


def test_a_model_whose_test_runs_is_tested_once_more_behind_it() -> None:
    llms = models(2)
    running = make_test(llms[0])
    job_queue.claim(running.job_id, seconds=15)

    sweep = start(llms)

    assert running not in sweep.tests.all()
    assert sweep.tests.count() == 2
    assert sorted(test.job.turn for test in sweep.tests.all()) == [1, 2]


def test_two_sweeps_share_the_tests_that_wait() -> None:
    llms = models(3)

    first, second = start(llms), start(llms)

    assert set(first.tests.all()) == set(second.tests.all())


def test_a_test_that_somebody_asks_for_at_the_same_moment_is_joined(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    llms = models(3)
    early = make_test(llms[2])

    def too_late(chosen: list[LLMModel], inference: bool) -> list[ConnectionTest]:
        raise IntegrityError  # as the table does: it was not there a moment ago

    monkeypatch.setattr(sweeps, "_create", too_late)

    sweep = start(llms)

    assert sweep.tests.count() == ConnectionTest.objects.count() == 3
    assert early in sweep.tests.all()


# Ringing
# ----------------------------------------------------------------------------
def test_as_many_workers_are_rung_for_as_may_call_each_host_at_once(
    bell: Bell,
    settings: Settings,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    settings.REGISTRY_HOST_CONCURRENCY = 2
    llms = [*models(5), *models(1)]

    with django_capture_on_commit_callbacks(execute=True):
        start(llms)

    hosts = [job.host for job in Job.objects.filter(pk__in=bell.ids)]
    assert sorted(hosts.count(host) for host in set(hosts)) == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_down_is_asked_once_and_the_sweep_stays(bell: Bell) -> None:
    llms = models(4)
    running = make_test(llms[0])
    assert job_queue.claim(running.job_id, seconds=15) is not None
    bell.ids.clear()
    bell.is_down = True

    sweep = start(llms)

    assert sweep.tests.count() == 4
    assert len(bell.ids) == 1
    assert {test.job.state for test in sweep.tests.all()} == {JobState.QUEUED}
    assert running not in sweep.tests.all()


# Progress
# ----------------------------------------------------------------------------
def test_progress_counts_what_has_ended_and_what_passed(
    django_assert_num_queries: Any,
) -> None:
    llms = models(5)
    sweep = start(llms)
    tests = {test.llm_id: test for test in sweep.tests.all()}
    results = (ProbeCode.OK, ProbeCode.DEGRADED, ProbeCode.BAD_KEY)
    for llm, code in zip(llms, results, strict=False):
        end_test(tests[llm.pk], code, stage=Stage.AUTH)
    job_queue.claim(tests[llms[3].pk].job_id, seconds=15)

    with django_assert_num_queries(1):
        progress = sweeps.progress_of(sweep)

    assert (progress.total, progress.done, progress.passed, progress.failed) == (5, 3, 2, 1)
    assert (progress.percent, progress.is_finished) == (60, False)
    assert progress.codes == {"ok": 1, "degraded": 1, "bad_key": 1}


def test_a_sweep_has_ended_when_all_its_tests_have(monkeypatch: pytest.MonkeyPatch) -> None:
    provider(monkeypatch)
    with written() as trail:
        sweep = start(models(3))
        workers.work(Job.objects.first().pk)  # type: ignore[union-attr]

    progress = sweeps.progress_of(sweep)
    assert (progress.done, progress.passed, progress.is_finished) == (3, 3, True)
    assert trail.names.count("model_tested") == 3


def test_the_tests_of_deleted_models_count_no_more() -> None:
    llms = models(3)
    sweep = start(llms)

    delete_llm(llms[0])

    assert sweeps.progress_of(sweep).total == 2


def test_the_failures_of_a_sweep_are_its_own_latest_first(
    django_assert_num_queries: Any,
) -> None:
    llms = models(4)
    sweep = start(llms)
    tests = {test.llm_id: test for test in sweep.tests.all()}
    for llm, code in zip(llms, ("bad_key", "ok", "no_credit"), strict=False):
        end_test(tests[llm.pk], code, stage=Stage.AUTH)
    make_test(make_llm(provider=make_provider()), code=ProbeCode.TLS)

    with django_assert_num_queries(1):
        failed = sweeps.failures_of(sweep, most=5)
        assert [test.code for test in failed] == ["no_credit", "bad_key"]
        assert [str(test.llm) for test in failed] == [llms[2].name, llms[0].name]

    assert [test.code for test in sweeps.failures_of(sweep, most=1)] == ["no_credit"]


def test_an_error_while_a_sweep_is_asked_for_is_not_hidden(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise IntegrityError

    monkeypatch.setattr(job_queue, "enqueue", refuse)
    monkeypatch.setattr(sweeps, "_create", refuse)

    with pytest.raises(IntegrityError):
        start(models(1))
