"""What the tables of background work refuse by themselves, and what their rows say."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from registry.choices import Health, JobKind, JobState, ProbeCode
from registry.fields import Binding
from registry.models import ConnectionTest, HealthChange, Heartbeat, Job, LLMModel, Sweep
from registry.models.job import FIRST, SECOND
from registry.types import Secret
from tests.factories import API_KEY, make_llm, make_test, make_user

MOMENT = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
HELD: dict[str, Any] = {
    "state": JobState.RUNNING,
    "token": UUID("00000000-0000-4000-8000-000000000000"),
    "lease_until": MOMENT,
}
# What SQL writes past every rule: table, column, value -> refused by the table itself.
FORBIDDEN = [
    ("job", "state", "asleep"),
    ("job", "state", ""),
    ("job", "kind", "dance"),
    ("job", "turn", 0),
    ("job", "turn", 3),
    ("connectiontest", "code", "fine"),
    ("healthchange", "state", "unwell"),
    ("llmmodel", "health", "unwell"),
    ("llmmodel", "health", ""),
    ("llmmodel", "probe_max_tokens", 0),
    ("llmmodel", "probe_max_tokens", 32_769),
    ("llmmodel", "probe_reasoning_effort", "mad"),
]


def make_job(subject: str = "llm:1", **columns: Any) -> Job:
    with transaction.atomic():
        return Job.objects.create(
            **{"kind": JobKind.CONNECTION_TEST, "subject": subject, "source": "system"} | columns
        )


@pytest.mark.parametrize(("table", "column", "value"), FORBIDDEN)
@pytest.mark.django_db
def test_the_table_refuses_what_is_not_in_the_list(table: str, column: str, value: Any) -> None:
    make_test(code=ProbeCode.BAD_KEY)

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE registry_{table} SET {column} = %s", [value])


# Single flight
# ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"turn": FIRST}, {"turn": FIRST}),
        ({"turn": SECOND}, {"turn": SECOND}),
        (HELD, {"turn": FIRST}),
        (HELD, HELD | {"token": UUID(int=7)}),
    ],
)
@pytest.mark.django_db
def test_of_one_subject_the_table_keeps_one_job_in_each_turn(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    make_job(**first)

    with pytest.raises(IntegrityError):
        make_job(**second)


@pytest.mark.django_db
def test_jobs_of_other_subjects_kinds_and_turns_stand_beside_each_other() -> None:
    make_job(**HELD)

    make_job(turn=SECOND)
    make_job("llm:2")
    make_job(kind=JobKind.HOST_MODELS)


@pytest.mark.parametrize("state", [JobState.DONE, JobState.FAILED])
@pytest.mark.django_db
def test_finished_jobs_do_not_count(state: str) -> None:
    make_job(state=state)
    make_job(state=state)

    assert make_job().turn == FIRST


# Host slots
# ----------------------------------------------------------------------------
@pytest.mark.django_db
def test_the_table_keeps_one_running_job_in_each_slot_of_a_host() -> None:
    make_job("llm:1", **HELD, host="https://a.example:443", slot=0)

    with pytest.raises(IntegrityError):
        make_job("llm:2", **HELD, host="https://a.example:443", slot=0)
    make_job("llm:3", **HELD, host="https://a.example:443", slot=1)
    make_job("llm:4", **HELD, host="https://b.example:443", slot=0)
    make_job("llm:5", host="https://a.example:443", slot=0)
    make_job("llm:6", host="https://a.example:443", slot=0, state=JobState.DONE)


@pytest.mark.django_db
def test_what_calls_no_host_shares_no_slot() -> None:
    make_job("llm:1", **HELD, slot=0)
    make_job("llm:2", **HELD, slot=0)


# Running is held
# ----------------------------------------------------------------------------
@pytest.mark.parametrize("lacks", [{"token": None}, {"lease_until": None}, {"turn": SECOND}])
@pytest.mark.django_db
def test_the_table_knows_who_holds_a_running_job(lacks: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError):
        make_job(**HELD | lacks)


# Links
# ----------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_job_has_one_test_which_goes_with_it() -> None:
    test = make_test()

    with pytest.raises(IntegrityError), transaction.atomic():
        ConnectionTest.objects.create(job=test.job)
    test.job.delete()

    assert not ConnectionTest.objects.exists()


@pytest.mark.django_db
def test_a_model_takes_its_tests_and_its_timeline_with_it() -> None:
    test = make_test(code=ProbeCode.BAD_KEY)
    sweep = Sweep.objects.create()
    sweep.tests.add(test)

    LLMModel.objects.all().delete()

    assert not ConnectionTest.objects.exists()
    assert not HealthChange.objects.exists()
    assert not sweep.tests.exists()


@pytest.mark.django_db
def test_who_has_asked_may_leave() -> None:
    ada = make_user("ada")
    job = make_job(requested_by=ada)
    sweep = Sweep.objects.create(requested_by=ada)
    change = HealthChange.objects.create(
        llm=make_llm(), state=Health.OK, code=ProbeCode.OK, actor=ada, at=MOMENT
    )

    ada.delete()

    for row in (job, sweep, change):
        row.refresh_from_db()
    assert (job.requested_by, sweep.requested_by, change.actor) == (None, None, None)


# What rows say
# ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("row", "text"),
    [
        (Job(kind="connection_test", subject="llm:1"), "connection_test llm:1"),
        (Heartbeat(name="sweeper", at=MOMENT), "sweeper: 2026-01-02 03:04:00+00:00"),
        (ConnectionTest(settings={"model_id": "gpt-4o"}), "gpt-4o"),
        (ConnectionTest(), ""),
        (Sweep(pk=UUID(int=7)), "00000000-0000-0000-0000-000000000007"),
    ],
)
def test_a_row_reads_as_what_it_is_about(row: object, text: str) -> None:
    assert str(row) == text


def test_a_row_about_a_model_reads_as_its_name() -> None:
    llm = LLMModel(name="Fast")

    assert str(ConnectionTest(llm=llm)) == "Fast"
    assert str(HealthChange(llm=llm, state="down")) == "Fast: down"


@pytest.mark.parametrize(
    ("state", "finished"),
    [("queued", False), ("running", False), ("done", True), ("failed", True)],
)
def test_a_job_knows_whether_it_has_ended(state: str, finished: bool) -> None:
    assert Job(state=state).is_finished is finished


@pytest.mark.parametrize("code", ["", *ProbeCode.values])
def test_a_test_knows_whether_it_passed(code: str) -> None:
    good = {"ok", "ok_truncated", "degraded"}

    assert ConnectionTest(code=code).success is (code in good if code else None)


@pytest.mark.django_db
def test_a_typed_key_is_bound_to_its_test_its_requester_and_its_origin() -> None:
    ada = make_user("ada")
    test = ConnectionTest(job=Job(requested_by=ada), origin="https://a.example:443")

    test.put_key(Secret(API_KEY))

    assert test.binding == Binding(
        row=f"connection_test:{test.pk}", owner=str(ada.pk), origin="https://a.example:443"
    )
    assert test.api_key is not None
    assert test.api_key.open(test.binding) == Secret(API_KEY)
    other = ConnectionTest(pk=uuid4(), job=test.job, origin=test.origin)
    assert other.binding != test.binding


@pytest.mark.django_db
def test_tests_are_shown_newest_first_with_what_a_row_needs(
    django_assert_num_queries: Any,
) -> None:
    tests = [make_test() for _ in range(3)]

    with django_assert_num_queries(1):
        rows = list(ConnectionTest.objects.newest_first().with_links())
        said = [(str(row), row.job.state, row.job.requested_by, row.llm) for row in rows]

    assert [row.pk for row in rows] == [test.pk for test in reversed(tests)]
    assert len(said) == 3
