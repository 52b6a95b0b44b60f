"""What is deleted or changed while it is tested breaks no test but its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import connection

from audit import context
from audit.choices import Source
from registry.choices import ProbeCode
from registry.errors import GoneError
from registry.models import HealthChange, Job, LLMModel
from registry.outbound.calls import Answer, Call
from registry.services import connection_tests, sweeps, workers
from registry.services.connections import delete_connection, save_connection
from registry.services.deletion import delete_llm
from registry.services.people import delete_user
from registry.types import ConnectionChange, Secret
from tests.factories import make_connection, make_llm, make_provider, make_test, make_user
from tests.outbound import answer, far_side
from tests.trail import written

pytestmark = pytest.mark.django_db

Assert = Callable[..., object]


def test_a_model_that_is_gone_is_asked_no_test_for() -> None:
    llm = make_llm()
    delete_llm(LLMModel.objects.get(pk=llm.pk))

    with pytest.raises(GoneError):
        connection_tests.request_test(llm, inference=False)
    assert not Job.objects.exists()


def test_a_connection_that_is_gone_is_asked_no_test_for() -> None:
    account = make_connection()
    kept = make_connection()
    kept.pk = account.pk
    delete_connection(account)

    with pytest.raises(GoneError):
        connection_tests.request_connection_test(kept)
    assert not Job.objects.exists()


def test_models_that_are_gone_are_left_out_of_a_sweep() -> None:
    one = make_provider()
    llms = [make_llm(provider=one) for _ in range(3)]
    delete_llm(LLMModel.objects.get(pk=llms[1].pk))

    sweep = sweeps.start(llms, inference=False)

    assert {test.llm for test in sweep.tests.all()} == {llms[0], llms[2]}
    assert Job.objects.count() == 2


def test_a_test_whose_requester_is_deleted_meanwhile_is_stored_without_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ada = make_user("ada")
    with context.use(source=Source.API, actor=ada):
        test = make_test(make_llm(model_id="model-1"))

    def dismiss(call: Call) -> Answer:
        delete_user(User.objects.get(username="ada"))
        return answer({"data": [{"id": "model-1"}]})

    far_side(monkeypatch, dismiss)
    with written() as told:
        workers.work(test.job_id)

    test.refresh_from_db()
    assert test.code == ProbeCode.OK
    assert told.named("model_tested").actor is None
    assert HealthChange.objects.get().actor is None
    connection.check_constraints()


def test_a_second_sweep_joins_what_waits_in_few_statements(
    django_assert_max_num_queries: Assert,
) -> None:
    one = make_provider()
    for _ in range(30):
        make_llm(provider=one)
    rows = LLMModel.objects.select_related("provider", "connection")
    first = sweeps.start(rows, inference=False)

    with django_assert_max_num_queries(20):  # type: ignore[attr-defined]
        second = sweeps.start(rows, inference=True)

    assert set(second.tests.all()) == set(first.tests.all())
    assert {test.inference for test in second.tests.all()} == {True}


def test_a_success_is_not_noted_where_the_key_was_changed_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account = make_connection()
    test = connection_tests.request_connection_test(account).test

    def change(call: Call) -> Answer:
        save_connection(account, ConnectionChange(api_key=Secret("another-key-0123456789")))
        return answer({"data": []})

    far_side(monkeypatch, change)
    workers.work(test.job_id)

    account.refresh_from_db()
    test.refresh_from_db()
    assert (test.code, account.last_success_at) == (ProbeCode.OK, None)
