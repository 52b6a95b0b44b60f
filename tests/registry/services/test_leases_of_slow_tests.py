"""A worker holds a test at least as long as its next call may take, whatever came before."""

from __future__ import annotations

import time

import pytest
from pytest_django import Settings

from registry.choices import Dialect
from registry.outbound.calls import Answer, Call
from registry.services import connection_tests, job_queue, workers
from registry.types import LLMChange
from tests.factories import make_llm, make_provider
from tests.outbound import answer, far_side

pytestmark = pytest.mark.django_db

LEASE = job_queue.LEASE.total_seconds()


@pytest.mark.parametrize(
    ("test_seconds", "load_seconds", "first_call"),
    [(15, 45, 0), (15, 45, 14), (60, 45, 50), (60, 60, 59), (60, 1, 0), (1, 60, 0)],
)
def test_a_lease_outlasts_the_call_that_may_load_a_model(
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
    test_seconds: int,
    load_seconds: int,
    first_call: int,
) -> None:
    settings.REGISTRY_TEST_SECONDS = test_seconds
    settings.REGISTRY_LOAD_SECONDS = load_seconds
    began, passed = time.monotonic(), [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: began + passed[0])
    held_for = [test_seconds + LEASE]  # seconds from the beginning, as it was taken
    monkeypatch.setattr(
        job_queue, "renew", lambda job, *, seconds: held_for.append(passed[0] + seconds + LEASE)
    )
    begins: list[float] = []

    def handle(call: Call) -> Answer:
        begins.append(passed[0])
        if call.url.endswith("/version"):
            passed[0] += first_call
            return answer({"version": "1"})
        return answer({"details": {}} if call.url.endswith("/show") else {"message": {}})

    far = far_side(monkeypatch, handle)
    address = LLMChange(api_endpoint="https://ollama.example")
    llm = make_llm(provider=make_provider(dialect=Dialect.OLLAMA), change=address)
    test = connection_tests.request_test(llm, inference=True).test

    workers.work(test.job_id)

    assert len(begins) == 3
    assert held_for[-1] >= begins[-1] + far.seconds[-1] + LEASE - 1
