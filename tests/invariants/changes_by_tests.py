"""The ways to connection tests: they are asked for, and change nothing that anybody decided.

What a test finds is an event of its own, written by the task that carries it out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from io import StringIO
from typing import Any

from django.core.management import call_command

from registry import tasks
from registry.choices import LLMType, ProbeCode
from registry.models import ConnectionTest, Job, LLMModel
from registry.services import connection_tests, job_queue
from registry.services.clock import database_now
from registry.types import LLMChange, Secret
from tests.factories import end_test, make_connection, make_llm, make_provider, make_test
from tests.invariants.changes_by_way import Act, Stage, Way
from tests.invariants.changes_to_llms import DIALOG, chosen, sleeping_llms
from tests.registry.api.client import CONNECTIONS, KEY, MODELS

Prepare = Callable[[Stage], Act]

UNSAVED = f"{MODELS}/test"
NEW = {"type": "generation", "name": "New", "model_id": "new", "api_key": KEY}
TESTED = ("model_tested",)
UNKNOWN = "00000000-0000-4000-8000-000000000000"


def asks_for(tests: int, prepare: Prepare) -> Prepare:
    """Let the way fail unless it asks for so many new tests: a page answers 200 in any case."""

    def prepare_and_count(stage: Stage) -> Act:
        act = prepare(stage)

        def run() -> Any:
            before = ConnectionTest.objects.count()
            answer = act()
            assert ConnectionTest.objects.count() - before == tests
            return answer

        return run

    return prepare_and_count


# The API, and the command
# ------------------------------------------------------------------------
def ways_of_tests_by_api() -> Iterator[Way]:
    yield Way("api POST models-test", asks_for(1, _of_llm), status=202)
    yield Way("api POST models-test: wrong", partial(_of_llm, body={"wrong": 1}), status=400)
    yield Way("api POST connections-test", asks_for(1, _of_connection), status=202)
    yield Way("api POST models-unsaved-test", asks_for(1, _of_settings), status=202)
    # Any other verb at that address means the model of this name.
    changed, deleted = ("model_updated",), ("model_deleted",)
    for method in ("PUT", "PATCH"):
        send = _to_the_model_called_test(method, {"name": "Renamed"})
        yield Way(f"api {method} models-unsaved-test", send, changed)
    gone = _to_the_model_called_test("DELETE", None)
    yield Way("api DELETE models-unsaved-test", gone, deleted)
    # It waits for its own threads, which must see the rows: with models, see test_u1_commands.py.
    yield Way(
        "command test_connections: nothing to test",
        lambda _: partial(call_command, "test_connections", "--as", "boss", stdout=StringIO()),
    )


def _of_llm(stage: Stage, body: dict[str, Any] | None = None) -> Act:
    return partial(stage.api.post, f"{MODELS}/{make_llm().pk}/test", body)


def _of_connection(stage: Stage) -> Act:
    return partial(stage.api.post, f"{CONNECTIONS}/{make_connection().pk}/test")


def _of_settings(stage: Stage) -> Act:
    return partial(stage.api.post, UNSAVED, {**NEW, "provider": make_provider().slug})


def _to_the_model_called_test(method: str, body: dict[str, str] | None) -> Prepare:
    def prepare(stage: Stage) -> Act:
        make_llm(slug="test")
        return partial(stage.api.call, method, UNSAVED, body)

    return prepare


# The admin
# ------------------------------------------------------------------------
def ways_of_tests_by_admin() -> Iterator[Way]:
    for page, make in (("llmmodel", make_llm), ("connection", make_connection)):
        name = f"registry_{page}_run_test"
        way, dialog = f"admin {name}", partial(_dialog, name, make)
        yield Way(way, asks_for(1, dialog), status=302)
        yield Way(f"{way}: again", asks_for(0, partial(_again, dialog)), status=302)
        yield Way(f"{way}: only asked", asks_for(0, partial(_only_asked, name, make)), status=200)
    many = "admin registry_llmmodel_changelist check_selected"
    for typed, tests, status, how in (
        ({"confirm": "yes"}, 2, 302, ""),
        ({}, 0, 200, ": only asked"),
    ):
        check = partial(chosen, "check_selected", sleeping_llms, typed)
        yield Way(f"{many}{how}", asks_for(tests, check), status=status)
    new, stored = "admin registry_llmmodel_try", "admin registry_llmmodel_try_change"
    yield Way(new, asks_for(1, _typed), status=200)
    yield Way(f"{new}: wrong", asks_for(0, partial(_typed, model_id="")), status=200)
    yield Way(stored, asks_for(1, _as_entered), status=200)
    yield Way(f"{stored}: wrong", asks_for(0, partial(_as_entered, model_id="")), status=200)


def _dialog(name: str, make: Callable[[], Any], stage: Stage) -> Act:
    return partial(stage.admin.post, name, make().pk, **DIALOG)


def _again(dialog: Prepare, stage: Stage) -> Act:
    act = dialog(stage)
    assert act().status_code == 302
    return act


def _only_asked(name: str, make: Callable[[], Any], stage: Stage) -> Act:
    return partial(stage.admin.get, name, make().pk)


def _typed(stage: Stage, **typed: str) -> Act:
    sent = stage.admin.form("registry_llmmodel_add") | NEW | {"provider": str(make_provider().pk)}
    return partial(stage.admin.post, "registry_llmmodel_try", **sent | typed)


def _as_entered(stage: Stage, **typed: str) -> Act:
    pk = make_llm().pk
    sent = stage.admin.form("registry_llmmodel_change", pk) | {"model_id": "other"} | typed
    return partial(stage.admin.post, "registry_llmmodel_try_change", pk, **sent)


# The tasks
# ------------------------------------------------------------------------
def ways_of_tasks() -> Iterator[Way]:
    run, sweep = "task registry.run_connection_test", "task registry.sweep"
    yield Way(run, _carry_out(make_test), TESTED)
    yield Way(f"{run}: twice", _twice, TESTED)
    yield Way(f"{run}: all that wait for the host", _carry_out(_two_of_a_host), TESTED * 2)
    yield Way(f"{run}: of a connection", _carry_out(_connection_test), ("connection_tested",))
    yield Way(f"{run}: of unsaved settings", _carry_out(_unsaved_test), TESTED)
    yield Way(f"{run}: deleted meanwhile", _carry_out(_test_of_the_gone))
    yield Way(f"{run}: unknown", lambda _: partial(tasks.run_connection_test, UNKNOWN))
    yield Way(sweep, lambda _: tasks.sweep)
    yield Way(f"{sweep}: put back", partial(_lost, 1))
    yield Way(f"{sweep}: given up", partial(_lost, job_queue.MOST_ATTEMPTS), TESTED)
    yield Way("task registry.forget_old", _forgetting)


def _carry_out(make: Callable[[], ConnectionTest]) -> Prepare:
    return lambda _: partial(tasks.run_connection_test, str(make().job_id))


def _twice(stage: Stage) -> Act:
    act = _carry_out(make_test)(stage)

    def run() -> None:
        act()
        act()

    return run


def _two_of_a_host() -> ConnectionTest:
    one = make_provider()
    make_test(make_llm(provider=one))
    return make_test(make_llm(provider=one))


def _connection_test() -> ConnectionTest:
    return connection_tests.request_connection_test(make_connection()).test


def _unsaved_test() -> ConnectionTest:
    llm = LLMModel(type=LLMType.GENERATION, provider=make_provider(), model_id="new")
    change = LLMChange(api_key=Secret(KEY))
    return connection_tests.request_unsaved(llm, change, inference=True).test


def _test_of_the_gone() -> ConnectionTest:
    test = make_test()
    LLMModel.objects.get(connection_tests=test).delete()
    return test


def _lost(attempt: int, _stage: Stage) -> Act:
    """Let the sweep find a test whose worker is lost."""
    job = job_queue.claim(make_test().job_id, seconds=15)
    assert job is not None
    past = database_now() - timedelta(minutes=5)
    Job.objects.filter(pk=job.pk).update(attempt=attempt, lease_until=past)
    return partial(tasks.sweep)


def _forgetting(_stage: Stage) -> Act:
    job_id = end_test(make_test(), ProbeCode.OK).job_id
    past = database_now() - timedelta(days=1000)
    Job.objects.filter(pk=job_id).update(finished_at=past)

    def run() -> None:
        tasks.forget_old()
        assert not Job.objects.filter(pk=job_id).exists()

    return run


def ways_of_tests() -> Iterator[Way]:
    yield from ways_of_tests_by_api()
    yield from ways_of_tests_by_admin()
    yield from ways_of_tasks()
