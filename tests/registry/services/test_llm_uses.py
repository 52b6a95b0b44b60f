from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from registry.models import LLMModel, LLMUse
from registry.services import llm_uses
from registry.services.deletion import delete_llm
from registry.services.revision import current_revision
from tests.factories import make_llm, make_user
from tests.trail import written

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture(autouse=True)
def forgotten() -> None:
    llm_uses.forget()


@pytest.fixture
def llm() -> LLMModel:
    return make_llm()


def test_an_application_is_noted_with_its_role_and_user(llm: LLMModel) -> None:
    anna = make_user("anna")

    llm_uses.note(llm, "crawler", "chat", anna, now=NOON)

    assert llm_uses.uses_of(llm) == [llm_uses.Use("crawler", "chat", NOON, "anna")]


def test_it_is_no_event_and_moves_no_revision(llm: LLMModel) -> None:
    before = current_revision()

    with written() as events:
        llm_uses.note(llm, "crawler")

    assert events == []
    assert current_revision() == before
    assert LLMModel.objects.get() == llm


def test_within_a_minute_memory_alone_decides(llm: LLMModel) -> None:
    llm_uses.note(llm, "crawler", "chat", now=NOON)

    with CaptureQueriesContext(connection) as queries:
        for seconds in range(60):
            llm_uses.note(llm.pk, "crawler", "coder", now=NOON + seconds * SECOND)

    assert len(queries) == 0
    assert llm_uses.uses_of(llm) == [llm_uses.Use("crawler", "chat", NOON)]


def test_after_a_minute_the_use_is_noted_anew(llm: LLMModel) -> None:
    anna = make_user("anna")
    llm_uses.note(llm, "crawler", "chat", anna, now=NOON)

    llm_uses.note(llm, "crawler", now=NOON + MINUTE)

    assert llm_uses.uses_of(llm) == [llm_uses.Use("crawler", "", NOON + MINUTE)]


def test_another_process_within_the_minute_leaves_the_note_as_it_is(llm: LLMModel) -> None:
    llm_uses.note(llm, "crawler", "chat", now=NOON)
    llm_uses.forget()

    llm_uses.note(llm, "crawler", "coder", now=NOON + 59 * SECOND)

    assert llm_uses.uses_of(llm) == [llm_uses.Use("crawler", "chat", NOON)]


def test_a_clock_set_back_takes_nothing_back(llm: LLMModel) -> None:
    llm_uses.note(llm, "crawler", now=NOON)

    llm_uses.note(llm, "crawler", now=NOON - MINUTE)

    assert LLMUse.objects.get().last_used_at == NOON


def test_each_pair_is_noted_by_itself_the_last_one_first(llm: LLMModel) -> None:
    other = make_llm()
    llm_uses.note(llm, "crawler", now=NOON)
    llm_uses.note(llm, "writer", now=NOON + SECOND)
    llm_uses.note(other, "crawler", now=NOON)

    assert [use.application for use in llm_uses.uses_of(llm)] == ["writer", "crawler"]
    assert [use.application for use in llm_uses.uses_of(other)] == ["crawler"]


@pytest.mark.parametrize("application", ["", None])
def test_without_an_application_nothing_is_noted(llm: LLMModel, application: str | None) -> None:
    llm_uses.note(llm, application or "")

    assert not LLMUse.objects.exists()


def test_a_built_in_is_not_noted() -> None:
    llm_uses.note(None, "crawler", "chat")

    assert not LLMUse.objects.exists()


def test_a_model_deleted_meanwhile_fails_nobody() -> None:
    llm_uses.note(uuid4(), "crawler")

    assert not LLMUse.objects.exists()


def test_what_cannot_be_written_is_logged_and_fails_nobody(
    llm: LLMModel, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_args: object) -> None:
        raise OperationalError("the database is locked")

    with connection.execute_wrapper(refuse):
        llm_uses.note(llm, "crawler", "chat")

    assert "not noted" in caplog.text
    assert not LLMUse.objects.exists()


def test_notes_go_with_the_model(llm: LLMModel) -> None:
    llm_uses.note(llm, "crawler")

    with written() as events:
        delete_llm(llm)

    assert not LLMUse.objects.exists()
    assert events.names == ["model_deleted"]


def test_notes_outlive_the_person(llm: LLMModel) -> None:
    anna = make_user("anna")
    llm_uses.note(llm, "crawler", "chat", anna, now=NOON)

    anna.delete()

    assert llm_uses.uses_of(llm) == [llm_uses.Use("crawler", "chat", NOON)]


@pytest.mark.parametrize(
    ("permissions", "told"), [(["user.view"], "anna"), (["llmmodel.view"], "")]
)
def test_whose_role_it_was_is_told_to_who_may_see_people(
    llm: LLMModel, permissions: list[str], told: str
) -> None:
    llm_uses.note(llm, "crawler", "chat", make_user("anna"))

    (use,) = llm_uses.uses_of(llm, make_user(staff=True, permissions=permissions))

    assert use.user == told


def test_a_superuser_is_told_to_superusers_only(llm: LLMModel) -> None:
    boss: User = make_user("boss", superuser=True)
    llm_uses.note(llm, "crawler", "chat", boss)
    chief = make_user(staff=True, permissions=["user.view"])

    assert llm_uses.uses_of(llm, chief)[0].user == ""
    assert llm_uses.uses_of(llm, boss)[0].user == "boss"


def test_one_process_remembers_a_bounded_number_of_pairs(
    llm: LLMModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(llm_uses, "MOST", 3)
    for number in range(10):
        llm_uses.note(llm, f"application {number}")

    assert len(llm_uses._noted) == 3
    assert LLMUse.objects.count() == 10


# Many at once
# ----------------------------------------------------------------------------
def noted() -> list[str]:
    return sorted(LLMUse.objects.values_list("application", flat=True))


@pytest.fixture
def one_write_a_second(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let a process write once a second of a clock that the test sets."""
    clock = [100.0]
    monkeypatch.setattr(llm_uses, "WRITES_AT_ONCE", 1)
    monkeypatch.setattr(llm_uses, "WRITES_A_SECOND", 1)
    monkeypatch.setattr(llm_uses, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    llm_uses.forget()
    return clock


def test_beyond_some_writes_a_second_notes_wait_and_are_written_together(
    llm: LLMModel, one_write_a_second: list[float]
) -> None:
    anna = make_user("anna")
    for number in range(5):
        llm_uses.note(llm, f"app{number}", "chat", anna, now=NOON)
    assert noted() == ["app0"]

    one_write_a_second[0] += 1
    with CaptureQueriesContext(connection) as queries:
        llm_uses.note(llm, "app5", now=NOON)

    assert noted() == [f"app{number}" for number in range(6)]
    assert len(rows_written(queries)) == 1
    assert llm_uses.Use("app3", "chat", NOON, "anna") in llm_uses.uses_of(llm)


def test_a_few_at_once_do_not_wait(llm: LLMModel) -> None:
    names = [f"app{number:02}" for number in range(llm_uses.WRITES_AT_ONCE)]
    for name in names:
        llm_uses.note(llm, name, now=NOON)

    assert noted() == names


def test_a_lot_of_them_does_not_wait(
    llm: LLMModel, one_write_a_second: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(llm_uses, "MOST_WAITING", 3)
    for number in range(4):
        llm_uses.note(llm, f"app{number}", now=NOON)

    assert noted() == ["app0", "app1", "app2", "app3"]


def test_what_is_gone_by_then_takes_nothing_else_with_it(
    llm: LLMModel, one_write_a_second: list[float]
) -> None:
    anna, gone = make_user("anna"), make_llm()
    llm_uses.note(llm, "first", now=NOON)
    llm_uses.note(gone, "second", now=NOON)
    llm_uses.note(llm, "third", "chat", anna, now=NOON)
    delete_llm(gone)
    anna.delete()

    one_write_a_second[0] += 1
    llm_uses.note(llm, "fourth", now=NOON)

    assert noted() == ["first", "fourth", "third"]
    assert llm_uses.Use("third", "chat", NOON) in llm_uses.uses_of(llm)


def rows_written(queries: CaptureQueriesContext) -> list[str]:
    return [query["sql"] for query in queries if "INSERT" in query["sql"]]
