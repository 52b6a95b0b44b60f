"""`manage.py test_connections`: every model is tested in this process, and failures are counted."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.utils import timezone
from pytest_django import Settings

from audit import context
from audit.models import LogEntry
from registry import jobs
from registry.choices import JobState
from registry.errors import BrokerUnavailableError
from registry.models import ConnectionTest, Job, LLMModel
from registry.outbound.calls import Answer, Call
from registry.services import awaited_tests, connection_tests, sweeps, workers
from tests.factories import make_llm, make_provider, make_user
from tests.provider import FakeProvider, bad_key, provider_behind_the_door, well

pytestmark = pytest.mark.django_db(transaction=True)

Run = Callable[..., str]


@pytest.fixture(autouse=True)
def provider(monkeypatch: pytest.MonkeyPatch) -> FakeProvider:
    return provider_behind_the_door(monkeypatch)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs the command and returns what it printed."""

    def call(*arguments: str) -> str:
        call_command("test_connections", *arguments)
        return capsys.readouterr().out

    return call


def failing(*names: str) -> Callable[[FakeProvider, Call, float], Answer]:
    """Return a mood that refuses the key for models of these ids."""

    def mood(provider: FakeProvider, call: Call, seconds: float) -> Answer:
        text = f"{call.url} {call.body}"
        chosen = bad_key if any(name in text for name in names) else well
        return chosen(provider, call, seconds)

    return mood


def test_every_active_shared_model_is_tested_and_told(run: Run) -> None:
    make_llm(name="First", slug="first")
    make_llm("embedding", name="Second", slug="second")
    make_llm(name="Third", slug="third", status="inactive")
    own = make_llm(name="Fourth", slug="fourth")
    own.owner = make_user()
    own.save()

    lines = run().splitlines()

    assert lines[0].split() == ["model", "result", "ms", "what", "it", "means"]
    assert [line.split()[:2] for line in lines[1:]] == [["first", "Answers"], ["second", "Answers"]]
    assert all("Answers in " in line for line in lines[1:])
    assert len({line.index("Answers") for line in lines[1:]}) == 1
    assert LLMModel.objects.filter(health="ok").count() == 2


def test_a_failure_is_counted_and_ends_with_1(
    provider: FakeProvider, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("good", "bad", "worse"):
        make_llm(slug=name, model_id=name)
    provider.mood = failing("bad", "worse")

    with pytest.raises(CommandError, match=r"^2 of 3 models failed\.$") as ended:
        call_command("test_connections")

    assert ended.value.returncode == 1
    printed = capsys.readouterr()
    (line,) = (line for line in printed.out.splitlines() if line.startswith("bad "))
    assert "Key refused" in line
    assert line.endswith("The provider refuses the key. Replace the key.")
    assert [text[:5] for text in printed.err.splitlines()] == ["[1/3]", "[2/3]", "[3/3]"]


def test_programs_read_json(run: Run, provider: FakeProvider) -> None:
    llm = make_llm("embedding", slug="vectors", dimensions=1536)

    (row,) = json.loads(run("--json"))

    test = ConnectionTest.objects.get()
    assert row == {
        "model": "vectors",
        "success": True,
        "code": "ok",
        "latency_ms": test.latency_ms,
        "message": row["message"],
        "advice": "",
        "test": str(test.pk),
    }
    assert test.llm == llm


def test_nothing_to_test_is_no_failure(run: Run) -> None:
    make_llm(status="inactive")

    assert run() == "There is no model to test.\n"
    assert json.loads(run("--json", "--type", "ner")) == []
    assert not Job.objects.exists()


def test_types_and_models_are_chosen(run: Run) -> None:
    make_llm("embedding", slug="vectors")
    chat = make_llm(slug="chat")
    make_llm(slug="off", status="inactive")

    def tested(*arguments: str) -> set[str]:
        return {row["model"] for row in json.loads(run("--json", *arguments))}

    assert tested("--type", "embedding") == {"vectors"}
    assert tested("--model", "off") == {"off"}
    assert tested("--model", "chat", "--model", str(chat.pk), "--model", "vectors") == {
        *("chat", "vectors"),
    }
    assert tested("--type", "generation", "--model", "vectors") == set()
    with pytest.raises(CommandError, match="there is no shared model 'nobody'"):
        call_command("test_connections", "--model", "nobody")


def test_without_inference_nothing_is_billed(run: Run, provider: FakeProvider) -> None:
    make_llm(slug="chat")

    run("--no-inference")

    assert {call.method for call in provider.calls} == {"GET"}
    assert ConnectionTest.objects.get().billed_calls == 0


def test_the_trail_names_who_ran_it(run: Run) -> None:
    make_user("ada", staff=True)
    make_llm(slug="chat")

    run("--as", "ada")
    run()

    told = LogEntry.objects.filter(event="model_tested").values_list("actor_name", flat=True)
    assert sorted(told) == ["", "ada"]


def test_no_broker_is_needed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(kind: str, job_id: object, **options: Any) -> None:
        raise BrokerUnavailableError(job=str(job_id))

    monkeypatch.setattr(jobs, "ring", silent)
    make_llm(slug="chat")

    assert "Answers in " in run()


# Beside workers
# ----------------------------------------------------------------------------
@pytest.fixture
def stopped() -> Iterator[threading.Event]:
    """An event that lets a far side answer; it is set at the end of the test in any case."""
    event = threading.Event()
    yield event
    event.set()


def test_hosts_are_asked_at_once_and_none_more_often_than_it_may(
    provider: FakeProvider, settings: Settings
) -> None:
    settings.REGISTRY_HOST_CONCURRENCY, settings.REGISTRY_WORKER_THREADS = 2, 6
    for slug in ("one", "two"):
        maker = make_provider(slug)
        for _number in range(4):
            make_llm(provider=maker)
    lock, running, most = threading.Lock(), dict[str, int](), dict[str, int]()

    def slow(provider: FakeProvider, call: Call, seconds: float) -> Answer:
        host = call.url.split("/")[2]
        with lock:
            running[host] = running.get(host, 0) + 1
            running["all"] = running.get("all", 0) + 1
            for name in (host, "all"):
                most[name] = max(most.get(name, 0), running[name])
        threading.Event().wait(0.05)
        with lock:
            running[host] -= 1
            running["all"] -= 1
        return well(provider, call, seconds)

    provider.mood = slow

    call_command("test_connections")

    assert most == {"api.one.example": 2, "api.two.example": 2, "all": 4}


def test_a_test_that_a_worker_has_taken_is_waited_for(
    run: Run, provider: FakeProvider, stopped: threading.Event
) -> None:
    llm, begun = make_llm(slug="chat"), threading.Event()

    def held(provider: FakeProvider, call: Call, seconds: float) -> Answer:
        if not begun.is_set():
            begun.set()
            stopped.wait(10)
        return well(provider, call, seconds)

    def work() -> None:
        try:
            workers.work(asked.job_id)
        finally:
            connections.close_all()

    provider.mood = held
    with context.use(source="api"):
        asked = connection_tests.request_test(llm, inference=True).test
    thread = threading.Thread(target=work)
    thread.start()
    begun.wait(10)
    threading.Timer(0.5, stopped.set).start()

    (row,) = json.loads(run("--json"))
    thread.join()

    assert row["test"] != str(asked.pk)  # one more, behind the one that ran
    assert row["success"] is True
    assert ConnectionTest.objects.filter(code="ok").count() == 2


def test_a_test_whose_worker_is_lost_is_done_here(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(awaited_tests, "RESCUE", 0.2)
    llm = make_llm(slug="chat")
    with context.use(source="api"):
        lost = connection_tests.request_test(llm, inference=True).test
    gone = timezone.now() - timedelta(seconds=1)
    Job.objects.update(state=JobState.RUNNING, token=uuid4(), attempt=1, lease_until=gone)

    (row,) = json.loads(run("--json"))

    assert row["success"] is True
    assert ConnectionTest.objects.get(pk=lost.pk).code == "ok"
    assert set(Job.objects.values_list("state", flat=True)) == {JobState.DONE}


def test_a_model_that_is_deleted_meanwhile_is_not_waited_for() -> None:
    llm = make_llm(slug="chat")
    sweep = sweeps.start([llm], inference=True)
    llm.delete()
    told: list[ConnectionTest] = []

    awaited_tests.carry_out(sweep, told=told.append)

    assert told == []


def test_an_error_of_ours_ends_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **kwargs: Any) -> int:
        raise RuntimeError("broken")

    monkeypatch.setattr(workers, "work", broken)
    make_llm(slug="chat")

    with pytest.raises(RuntimeError, match="broken"):
        call_command("test_connections")
