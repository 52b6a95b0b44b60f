"""C3 for tests: who deletes, asks for a test or stores its result at the same moment.

Each gets what he wanted or learns that it is gone; nobody is told of a broken database.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from uuid import UUID

import pytest
from django.db import connection

from registry.choices import Dialect
from registry.errors import GoneError
from registry.models import Connection, ConnectionTest, HealthChange, LLMModel
from registry.services import sweeps, workers
from registry.services.connection_tests import request_connection_test, request_test
from registry.services.connections import delete_connection
from registry.services.deletion import delete_llm
from registry.services.llms import save_llm
from registry.types import LLMChange, Secret
from tests.factories import API_KEY, make_connection, make_llm, make_provider
from tests.outbound import answer, far_side
from tests.threads import errors, together

pytestmark = [pytest.mark.invariant("C3"), pytest.mark.django_db(transaction=True)]

ROUNDS = 30
STEPS = 10  # of a millisecond, by which one of the two comes later


@pytest.fixture
def far(monkeypatch: pytest.MonkeyPatch) -> None:
    far_side(monkeypatch, lambda call: answer({"id": "model"}))


def after(number: int, work: Callable[[], object]) -> None:
    time.sleep(0.001 * (number % STEPS))
    work()


def remove(pk: UUID) -> None:
    delete_llm(LLMModel.objects.get(pk=pk))


def no_link_leads_nowhere() -> None:
    connection.check_constraints()


def test_a_model_is_deleted_while_its_test_is_asked_for(figure: Callable[..., None]) -> None:
    one = make_provider()
    gone = 0

    for number in range(ROUNDS):
        pk = make_llm(provider=one).pk
        llm = LLMModel.objects.select_related("provider", "connection").get(pk=pk)
        ask = partial(request_test, llm, inference=False)
        refused = errors(together([partial(remove, pk), partial(after, number, ask)]))
        assert all(isinstance(error, GoneError) for error in refused), refused
        gone += len(refused)
        no_link_leads_nowhere()

    assert not LLMModel.objects.exists()
    assert not ConnectionTest.objects.exists()
    figure(rounds=ROUNDS, told=gone)


def test_a_model_is_deleted_while_many_tests_are_asked_for(figure: Callable[..., None]) -> None:
    one = make_provider()
    left = 0

    for number in range(ROUNDS):
        pks = [make_llm(provider=one).pk for _ in range(3)]
        rows = LLMModel.objects.filter(pk__in=pks).select_related("provider", "connection")
        start = partial(sweeps.start, list(rows), inference=False)
        pair = [partial(remove, pks[1]), partial(after, number, start)]
        assert errors(together(pair)) == []
        left += ConnectionTest.objects.filter(llm__in=pks).count()
        no_link_leads_nowhere()

    assert left == 2 * ROUNDS
    figure(rounds=ROUNDS)


def test_a_model_is_deleted_while_its_result_is_stored(
    far: None, figure: Callable[..., None]
) -> None:
    one = make_provider(dialect=Dialect.OPENAI)

    for number in range(ROUNDS):
        llm = make_llm(provider=one)
        job_id = request_test(llm, inference=False).test.job_id
        drop = partial(after, number, partial(remove, llm.pk))
        pair: list[Callable[[], object]] = [drop, partial(workers.work, job_id)]
        assert errors(together(pair)) == []
        no_link_leads_nowhere()

    assert not ConnectionTest.objects.exists()
    assert not HealthChange.objects.exists()
    figure(rounds=ROUNDS)


def test_a_connection_is_deleted_while_its_test_is_asked_for_and_stored(far: None) -> None:
    one = make_provider(dialect=Dialect.OPENAI)

    for number in range(ROUNDS):
        account = make_connection(one)
        job_id = request_connection_test(account).test.job_id
        drop = partial(delete_connection, Connection.objects.get(pk=account.pk))
        ask = partial(request_connection_test, account)
        works: list[Callable[[], object]] = [partial(after, number, drop), ask]
        works.append(partial(workers.work, job_id))
        refused = errors(together(works))
        assert all(isinstance(error, GoneError) for error in refused), refused
        no_link_leads_nowhere()

    assert not ConnectionTest.objects.exists()


def test_a_key_is_changed_while_results_are_stored(far: None) -> None:
    """Both write the model and its connection: they must do it in the same order."""
    pk = make_llm(provider=make_provider(dialect=Dialect.OPENAI)).pk

    def change(number: int) -> None:
        for step in range(5):
            key = Secret(f"{API_KEY}{number}{step}")
            save_llm(LLMModel.objects.get(pk=pk), LLMChange(fields=frozenset(), api_key=key))

    for number in range(ROUNDS // 3):
        llm = LLMModel.objects.select_related("provider", "connection").get(pk=pk)
        job_id = request_test(llm, inference=False).test.job_id
        assert errors(together([partial(change, number), partial(workers.work, job_id)])) == []

    assert ConnectionTest.objects.passed().count() == ROUNDS // 3
