from __future__ import annotations

import time
from threading import BoundedSemaphore

import pytest

from registry.services import awaited_tests, workers
from registry.services.connection_tests import request_test
from tests.factories import make_llm
from tests.outbound import answer, far_side


@pytest.fixture
def far(monkeypatch: pytest.MonkeyPatch) -> None:
    far_side(monkeypatch, lambda call: answer({"data": [{"id": "m"}]}))


@pytest.mark.django_db
def test_an_ended_test_is_returned_at_once(far: None) -> None:
    test = request_test(make_llm(model_id="m"), inference=False).test
    workers.work(test.job_id)

    found = awaited_tests.wait(test.pk, seconds=30)

    assert found is not None
    assert found.success is True


@pytest.mark.timed
@pytest.mark.django_db
def test_who_waits_too_long_gets_nothing() -> None:
    test = request_test(make_llm(), inference=False).test
    began = time.monotonic()

    assert awaited_tests.wait(test.pk, seconds=0.3) is None
    assert 0.3 <= time.monotonic() - began < 3


@pytest.mark.django_db
def test_nobody_waits_where_half_of_the_threads_wait_already(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seats = BoundedSemaphore(1)
    monkeypatch.setattr(awaited_tests, "_seats", seats)
    test = request_test(make_llm(), inference=False).test
    began = time.monotonic()

    with seats:
        assert awaited_tests.wait(test.pk, seconds=30) is None

    assert time.monotonic() - began < 5
    assert seats.acquire(blocking=False)  # the seat is free again
