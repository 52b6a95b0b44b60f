"""A worker that has lost its job stores nothing, and makes no needless call."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from registry.choices import Health, JobState
from registry.errors import LeaseLostError
from registry.models import Connection, ConnectionTest, HealthChange, Job, LLMModel
from registry.outbound.calls import Answer, Call
from registry.services import connection_tests, job_queue, workers
from registry.services.clock import database_now
from tests.factories import (
    make_llm,
)
from tests.providers import (
    carry_out,
    listed,
    paths,
    provider,
    spoken,
)
from tests.trail import written

pytestmark = pytest.mark.django_db


Loser = Callable[[Job], object]


def model(**columns: Any) -> LLMModel:
    return make_llm(model_id="model-1", **columns)


def ask(llm: LLMModel, **options: bool) -> ConnectionTest:
    return connection_tests.request_test(llm, **{"inference": False} | options).test


def taken_over(job: Job) -> None:
    job_queue.put_back(job)
    assert job_queue.claim(job.pk, seconds=15) is not None


def given_up(job: Job) -> None:
    past = database_now() - timedelta(hours=1)
    Job.objects.filter(pk=job.pk).update(attempt=3, lease_until=past)
    workers.sweep()


@pytest.mark.parametrize("lose", [job_queue.put_back, taken_over, given_up])
def test_a_late_worker_stores_nothing_of_what_it_found(
    monkeypatch: pytest.MonkeyPatch, lose: Loser
) -> None:
    kept: dict[str, object] = {}
    llm = model()
    test = ask(llm, inference=True)

    def rows() -> dict[str, object]:
        return {
            "test": ConnectionTest.objects.values().get(pk=test.pk),
            "health": LLMModel.objects.values("health", "tested_at").get(pk=llm.pk),
            "timeline": list(HealthChange.objects.values()),
            "success": Connection.objects.values("last_success_at").get(),
        }

    def chat(call: Call) -> Answer:
        lose(Job.objects.get(pk=test.job_id))
        kept.update(rows())
        return spoken()

    provider(monkeypatch, chat=chat)
    held = job_queue.claim(test.job_id, seconds=15)
    assert held is not None

    with written() as trail, pytest.raises(LeaseLostError):
        connection_tests.run(held)

    assert rows() == kept
    assert len(trail) == (1 if lose is given_up else 0)


def test_a_late_worker_makes_no_needless_call(monkeypatch: pytest.MonkeyPatch) -> None:
    test = ask(model(), inference=True)

    def models(call: Call) -> Answer:
        taken_over(Job.objects.get(pk=test.job_id))
        return listed("model-1")

    far = provider(monkeypatch, models=models)
    held = job_queue.claim(test.job_id, seconds=15)
    assert held is not None

    with pytest.raises(LeaseLostError):
        connection_tests.run(held)

    assert paths(far.calls) == ["models"]


def test_nothing_is_stored_when_one_part_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    provider(monkeypatch)
    test = ask(model())
    held = job_queue.claim(test.job_id, seconds=15)
    assert held is not None

    def refuse(*_: object, **__: object) -> None:
        raise IntegrityError

    monkeypatch.setattr("audit.events.record", refuse)
    with pytest.raises(IntegrityError):
        connection_tests.run(held)

    assert ConnectionTest.objects.get(pk=test.pk).code == ""
    assert LLMModel.objects.get().health == Health.UNKNOWN
    assert Job.objects.get(pk=test.job_id).state == JobState.RUNNING


def test_what_is_known_so_far_is_shown_before_the_next_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    test = ask(model(), inference=True)
    seen: list[object] = []

    def chat(call: Call) -> Answer:
        seen.extend(ConnectionTest.objects.get(pk=test.pk).stages)
        return spoken()

    provider(monkeypatch, chat=chat)
    carry_out(test)

    assert [row["name"] for row in seen] == ["reach", "auth", "model"]  # type: ignore[index]


def test_what_a_lost_worker_had_found_is_not_shown_of_the_next_attempt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    test = ask(model())
    left = [{"name": "reach", "code": "ok", "latency_ms": 1}]
    ConnectionTest.objects.filter(pk=test.pk).update(stages=left)
    seen: list[object] = []

    def listing(call: Call) -> Answer:
        seen.append(ConnectionTest.objects.get(pk=test.pk).stages)
        return listed("model-1")

    provider(monkeypatch, models=listing)
    carry_out(test)

    assert seen == [[]]
