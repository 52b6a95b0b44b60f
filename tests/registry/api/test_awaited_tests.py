"""One test at a time, requests that wait for it, and a broker that does not answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections

from registry import jobs
from registry.errors import BrokerUnavailableError
from registry.models import ConnectionTest, Job, LLMModel, Provider
from registry.services import awaited_tests, workers
from tests.factories import make_llm
from tests.provider import FakeProvider, provider_behind_the_door
from tests.registry.api.client import MODELS, Api, code_of, fields_of
from tests.registry.api.tested import TESTS, work
from tests.stopwatch import stopwatch


@pytest.fixture(autouse=True)
def provider(monkeypatch: pytest.MonkeyPatch) -> FakeProvider:
    return provider_behind_the_door(monkeypatch)


@pytest.fixture
def llm(openai: Provider) -> LLMModel:
    return make_llm(provider=openai, slug="chat", model_id="gpt-4o")


def test_a_third_request_gets_the_test_that_waits(api: Api, llm: LLMModel) -> None:
    asked = [api.post(f"{MODELS}/chat/test", {"inference": False}) for _ in range(2)]
    asked.append(api.post(f"{MODELS}/chat/test", {"inference": True}))

    ids = [one.json()["id"] for one in asked]
    assert len(set(ids)) == 2
    assert ids[1] == ids[2]
    assert ConnectionTest.objects.get(pk=ids[2]).inference


def test_a_repeat_under_one_key_is_one_test(api: Api, llm: LLMModel) -> None:
    first = api.post(f"{MODELS}/chat/test", Idempotency_Key="a")
    again = api.post(f"{MODELS}/chat/test", Idempotency_Key="a")
    other = api.post(f"{MODELS}/chat/test", {"inference": False}, Idempotency_Key="a")

    assert again.status_code == 202
    assert again.json() == first.json()
    assert again.headers["Location"] == first.headers["Location"]
    assert (other.status_code, code_of(other)) == (422, "idempotency_conflict")
    assert ConnectionTest.objects.count() == 1


@pytest.fixture
def worker() -> Iterator[None]:
    """Work the queue in a thread, as a worker process does, until the test ends."""
    stopped = threading.Event()

    def run() -> None:
        try:
            while not stopped.wait(0.05):
                work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    yield
    stopped.set()
    thread.join()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("headers", [{}, {"Idempotency_Key": "a"}], ids=["plain", "keyed"])
@pytest.mark.usefixtures("worker")
def test_a_wait_answers_with_the_result(api: Api, llm: LLMModel, headers: Any) -> None:
    found = api.post(f"{MODELS}/chat/test?wait=30", **headers)

    assert found.status_code == 200
    assert (found.json()["state"], found.json()["code"]) == ("done", "ok")
    assert "Location" not in found.headers
    assert api.get(f"{TESTS}/{found.json()['id']}").json() == found.json()


@pytest.mark.usefixtures("llm")
def test_a_wait_ends_in_time(api: Api) -> None:
    with stopwatch() as watch:
        found = api.post(f"{MODELS}/chat/test?wait=1")

    assert found.status_code == 202
    assert 1 <= watch.seconds < 3
    assert found.headers["Location"] == f"{TESTS}/{found.json()['id']}"


@pytest.mark.usefixtures("llm")
@pytest.mark.parametrize("wait", ["31", "-1", "1.5", "", "soon", "٣"])
def test_a_wait_has_bounds(api: Api, wait: str) -> None:
    refused = api.post(f"{MODELS}/chat/test?wait={wait}")

    assert (refused.status_code, fields_of(refused)) == (400, {"wait"})
    assert not Job.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("headers", [{}, {"Idempotency_Key": "a"}], ids=["plain", "keyed"])
def test_without_a_broker_the_test_is_stored_and_named(
    api: Api, llm: LLMModel, monkeypatch: pytest.MonkeyPatch, headers: Any
) -> None:
    def silent(kind: str, job_id: object, **options: Any) -> None:
        raise BrokerUnavailableError(job=str(job_id))

    monkeypatch.setattr(jobs, "ring", silent)

    refused = api.post(f"{MODELS}/chat/test?wait=30", **headers)

    assert (refused.status_code, code_of(refused)) == (503, "broker_unavailable")
    assert refused.headers["Retry-After"] == "10"
    error = refused.json()["error"]
    test = ConnectionTest.objects.get(pk=error["test"])
    assert str(test.job_id) == error["job"]
    workers.work(error["job"])
    assert api.get(f"{TESTS}/{error['test']}").json()["code"] == "ok"


@pytest.mark.django_db
def test_nobody_waits_for_a_test_that_is_gone() -> None:
    assert awaited_tests.wait("00000000-0000-0000-0000-000000000000", seconds=0) is None
