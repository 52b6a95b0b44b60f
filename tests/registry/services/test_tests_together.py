"""Tests are carried out while their models are saved and deleted and new tests are asked for."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from uuid import UUID

import pytest

from audit.models import LogEntry
from registry.choices import JobState
from registry.errors import GoneError, SharedConnectionError
from registry.models import ConnectionTest, Job, LLMModel
from registry.models.job import UNFINISHED
from registry.outbound.calls import Answer, Call
from registry.services import connection_tests, sweeps, workers
from registry.services.deletion import delete_llm
from registry.services.llms import save_llm
from registry.types import LLMChange, Secret
from tests.factories import API_KEY, make_llm, make_provider
from tests.providers import listed, provider
from tests.threads import errors, together

MODELS, DELETED, ROUNDS = 16, 8, 3
PATIENCE = 60  # seconds


def at_random(pks: list[UUID]) -> list[LLMModel]:
    rows = LLMModel.objects.select_related("provider", "connection")
    found = list(rows.filter(pk__in=pks))
    random.shuffle(found)
    return found


class Crowd:
    """Everybody who does something to the same models at the same moment."""

    def __init__(self, pks: list[UUID]) -> None:
        self.pks = pks
        self.busy = 4
        self.deadline = time.monotonic() + PATIENCE

    def ask(self) -> None:
        for llm in at_random(self.pks):
            try:
                connection_tests.request_test(llm, inference=False)
            except GoneError:
                continue

    def ask_for_many(self) -> None:
        sweeps.start(at_random(self.pks), inference=False)

    def save(self) -> None:
        for llm in at_random(self.pks):
            llm.description = f"Changed at {time.monotonic()}."
            change = LLMChange(fields=frozenset({"description"}), api_key=Secret(API_KEY))
            try:
                save_llm(llm, change)
            except (GoneError, SharedConnectionError):  # deleted since it was read
                continue

    def delete(self) -> None:
        for llm in at_random(self.pks[:DELETED]):
            delete_llm(llm)

    def carry_out(self) -> None:
        """Be a worker until the others have ended and no job is left."""
        while self.busy or Job.objects.filter(state__in=UNFINISHED).exists():
            assert time.monotonic() < self.deadline, Counter(Job.objects.values_list("state"))
            for job_id in list(Job.objects.values_list("pk", flat=True)):
                workers.work(job_id)
            time.sleep(0.01)


def each_test_ended_once() -> bool:
    """Whether every job is done, and every test that is left has a result and one event."""
    told = Counter(
        entry.additional_data["test"] for entry in LogEntry.objects.filter(event="model_tested")
    )
    tests = ConnectionTest.objects.all()
    assert {job.state for job in Job.objects.all()} == {JobState.DONE}
    assert all(test.code for test in tests)
    assert {test.llm_id for test in tests} == set(LLMModel.objects.values_list("pk", flat=True))
    return set(told.values()) == {1} and {str(test.pk) for test in tests} <= set(told)


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_ever_and_every_job_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(call: Call) -> Answer:
        time.sleep(random.uniform(0, 0.02))  # noqa: S311  # not for secrets
        return listed("model-1")

    provider(monkeypatch, models=answer)
    one = make_provider()
    crowd = Crowd([make_llm(provider=one).pk for _ in range(MODELS)])

    def in_turn(*works: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            try:
                for work in works:
                    work()
            finally:
                crowd.busy -= 1

        return run

    results = together(
        [
            in_turn(*[crowd.ask] * ROUNDS),
            in_turn(*[crowd.ask_for_many] * ROUNDS),
            in_turn(*[crowd.save] * ROUNDS),
            in_turn(crowd.delete),
            *[crowd.carry_out] * 3,
        ]
    )

    assert errors(results) == []
    assert set(LLMModel.objects.values_list("pk", flat=True)) == set(crowd.pks[DELETED:])
    assert each_test_ended_once()
