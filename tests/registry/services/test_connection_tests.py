"""Asking for a test, and what becomes of one that nobody can carry out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from audit import context
from audit.choices import Source
from registry.choices import ConnectionKind, Health, JobState, ProbeCode
from registry.errors import BrokerUnavailableError, GoneError
from registry.models import Connection, ConnectionTest, Job, LLMModel
from registry.outbound.calls import Answer, Call
from registry.services import connection_tests, job_queue, workers
from registry.services.clock import database_now
from registry.services.connections import delete_connection
from registry.services.deletion import delete_llm
from registry.types import LLMChange
from tests.factories import (
    make_connection,
    make_llm,
    make_provider,
    make_test,
    make_user,
)
from tests.providers import (
    carry_out,
    listed,
    paths,
    provider,
)
from tests.queueing import Bell
from tests.trail import written

pytestmark = pytest.mark.django_db


def model(**columns: Any) -> LLMModel:
    return make_llm(model_id="model-1", **columns)


def ask(llm: LLMModel, **options: bool) -> ConnectionTest:
    return connection_tests.request_test(llm, **{"inference": False} | options).test


# Asking
# ----------------------------------------------------------------------------
def test_one_test_of_a_model_runs_and_one_waits() -> None:
    llm = make_llm()
    first = ask(llm)
    job_queue.claim(first.job_id, seconds=15)

    second = connection_tests.request_test(llm, inference=False)
    third = connection_tests.request_test(llm, inference=False)

    assert (second.is_new, second.test == first) == (True, False)
    assert (third.is_new, third.test) == (False, second.test)


def test_who_joins_a_test_may_add_inference_and_takes_none_away() -> None:
    llm = make_llm()
    ask(llm)
    waiting = ask(llm)

    assert not ConnectionTest.objects.get(pk=waiting.pk).inference
    joined = ask(llm, inference=True)
    assert joined == waiting
    assert ConnectionTest.objects.get(pk=waiting.pk).inference
    ask(llm, inference=False)
    assert ConnectionTest.objects.get(pk=waiting.pk).inference


def test_a_click_joins_a_test_that_has_not_begun() -> None:
    llm = make_llm()
    first = ask(llm, by_hand=True)

    again = connection_tests.request_test(llm, inference=True, by_hand=True)

    assert (again.is_new, again.test) == (False, first)
    assert ConnectionTest.objects.count() == 1


def test_a_click_keeps_the_pause_and_a_program_does_not(settings: Settings) -> None:
    settings.REGISTRY_TEST_PAUSE_SECONDS = 10
    clicked, programmed = make_llm(), make_llm()
    for llm in (clicked, programmed):
        make_test(llm, code=ProbeCode.OK)

    by_hand, by_program = ask(clicked, by_hand=True), ask(programmed)

    now = database_now()
    assert by_hand.job.not_before > now + timedelta(seconds=5)
    assert by_program.job.not_before <= now


def test_a_test_waits_for_the_host_of_its_connection() -> None:
    own = model(change=LLMChange(connection=None, needs_connection=False))
    elsewhere = make_connection(own.provider, api_url="https://eu.one.example/v1")
    moved = make_llm(provider=own.provider, change=LLMChange(connection=elsewhere))

    assert ask(own).job.host == f"https://api.{own.provider.slug}.example:443"
    assert ask(moved).job.host == "https://eu.one.example:443"


def test_a_connection_is_tested_once_at_a_time_too() -> None:
    connection = make_connection()

    first = connection_tests.request_connection_test(connection)
    second = connection_tests.request_connection_test(connection)
    third = connection_tests.request_connection_test(connection)
    click = connection_tests.request_connection_test(connection, by_hand=True)

    assert [first.is_new, second.is_new, third.is_new, click.is_new] == [True, True, False, False]
    assert second.test == third.test == click.test
    assert not first.test.inference


def test_without_a_broker_the_row_stays_and_the_answer_names_its_job(
    bell: Bell,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    bell.is_down = True
    llm = make_llm()

    with (
        pytest.raises(BrokerUnavailableError) as refused,
        django_capture_on_commit_callbacks(execute=True),
    ):
        ask(llm)

    test = ConnectionTest.objects.get()
    assert refused.value.extra["job"] == str(test.job_id)
    bell.is_down = False
    provider(monkeypatch)
    workers.sweep()
    assert bell.ids == [test.job_id] * 2
    assert carry_out(test).code == ProbeCode.OK


def test_what_is_gone_cannot_be_asked_for() -> None:
    llm = make_llm()
    stale = LLMModel.objects.select_related("provider", "connection").get(pk=llm.pk)
    connection = make_connection()
    gone = Connection.objects.select_related("provider").get(pk=connection.pk)
    delete_llm(llm)
    delete_connection(connection)

    with pytest.raises(GoneError):
        ask(stale)
    with pytest.raises(GoneError):
        connection_tests.request_connection_test(gone)

    assert not Job.objects.exists()


# Deleted meanwhile
# ----------------------------------------------------------------------------
def test_a_model_that_was_deleted_before_its_test_leaves_an_ended_job(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    far = provider(monkeypatch)
    llm = model()
    test = ask(llm)
    delete_llm(llm)

    with written() as trail:
        assert workers.work(test.job_id) == 1

    assert (far.calls, trail) == ([], [])
    assert Job.objects.get(pk=test.job_id).state == JobState.DONE


@pytest.mark.parametrize("inference", [False, True])
def test_a_model_that_is_deleted_during_its_test_leaves_an_ended_job(
    monkeypatch: pytest.MonkeyPatch, inference: bool
) -> None:
    llm = model()
    test = ask(llm, inference=inference)

    def models(call: Call) -> Answer:
        delete_llm(LLMModel.objects.get(pk=llm.pk))
        return listed("model-1")

    far = provider(monkeypatch, models=models)
    with written() as trail:
        assert workers.work(test.job_id) == 1

    assert paths(far.calls) == ["models"]
    assert trail.names == ["model_deleted"]
    assert Job.objects.get(pk=test.job_id).state == JobState.DONE
    assert not ConnectionTest.objects.exists()


@pytest.mark.parametrize("inference", [False, True])
def test_whoever_asked_may_leave_during_the_test(
    monkeypatch: pytest.MonkeyPatch, inference: bool
) -> None:
    ada = make_user("ada")
    with context.use(source=Source.ADMIN, actor=ada):
        test = ask(model(), inference=inference)

    def models(call: Call) -> Answer:
        User.objects.get(username="ada").delete()
        return listed("model-1")

    provider(monkeypatch, models=models)
    with written() as trail:
        test = carry_out(test)

    assert (test.code, test.job.state) == (ProbeCode.OK, JobState.DONE)
    assert trail.named("model_tested").actor is None


def test_a_deleted_test_is_given_up_without_a_word() -> None:
    llm = make_llm()
    test = ask(llm)
    job = job_queue.claim(test.job_id, seconds=15)
    assert job is not None
    delete_llm(llm)

    with written() as trail:
        connection_tests.give_up(job, "gave_up")

    assert trail == []


# What cannot be called
# ----------------------------------------------------------------------------
def test_a_command_line_login_is_said_to_be_untestable(monkeypatch: pytest.MonkeyPatch) -> None:
    far = provider(monkeypatch)
    login = make_connection(kind=ConnectionKind.CLI, api_key="")
    llm = make_llm(provider=login.provider, change=LLMChange(connection=login))

    test = carry_out(ask(llm, inference=True))

    assert (far.calls, test.job.host) == ([], "")
    assert (test.code, test.detail) == (ProbeCode.CANNOT_TEST, "cli")
    llm.refresh_from_db()
    assert llm.health == Health.UNKNOWN


def test_a_model_without_a_connection_needs_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    far = provider(monkeypatch)
    llm = make_llm(
        provider=make_provider(auth_required=True), change=LLMChange(needs_connection=False)
    )

    test = carry_out(ask(llm))

    assert far.calls == []
    assert (test.code, test.detail) == (ProbeCode.NEEDS_KEY, "no_connection")
