"""What a person does to a client's models: one deed, one event, and only where it changes one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from audit.sentences import sentence
from registry.models import Client, ClientModel
from registry.services import clients
from registry.services.clients.by_person import (
    clear_quota_by_person,
    resume_by_person,
    suspend_by_person,
)
from registry.services.clock import database_now
from registry.services.revision import current_turn
from tests.factories import make_client
from tests.trail import payload, written

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return make_client("c1", "a", "b", "c", provider="openai")


def suspended(client: Client) -> dict[str, str]:
    rows = ClientModel.objects.filter(client=client, suspended_at__isnull=False)
    return dict(rows.values_list("model_id", "suspended_reason"))


def test_all_models_are_suspended_in_one_event(client: Client) -> None:
    other = make_client("c2", "a")

    with written() as events:
        done = suspend_by_person(client, " being moved ")

    assert done == ["a", "b", "c"]
    assert suspended(client) == dict.fromkeys("abc", "being moved")
    assert suspended(other) == {}
    assert payload(events.only) == {"models": ["a", "b", "c"], "reason": "being moved"}
    assert sentence(events.only) == (
        "suspended at the client c1: models a, b, c; reason being moved"
    )


def test_only_the_named_models_are_meant(client: Client) -> None:
    assert suspend_by_person(client, model_ids=["b", "stranger"]) == ["b"]
    assert suspended(client) == {"b": ""}


def test_the_first_reason_stays_unless_it_was_quota(client: Client) -> None:
    suspend_by_person(client, "manual", model_ids=["a"])
    suspend_by_person(client, "Quota", model_ids=["b"])

    assert suspend_by_person(client, "quota") == ["c"]
    assert suspend_by_person(client, "other") == ["b", "c"]
    assert suspended(client) == {"a": "manual", "b": "other", "c": "other"}


def test_the_same_is_done_as_by_the_clients_own_report(client: Client) -> None:
    """A person's deed and the API's are two ways to one rule."""
    twin = make_client("twin", "a", "b", "c")
    now = database_now()

    for reason in ("quota", "", "manual", "QUOTA "):
        for model_id in "abc":
            suspend_by_person(client, reason, model_ids=[model_id], now=now)
            clients.suspend("twin", model_id, reason, now=now)
        rows = ClientModel.objects.order_by("position")
        columns = ("model_id", "suspended_at", "suspended_reason", "changed_at")
        mine, theirs = (list(rows.filter(client=one).values(*columns)) for one in (client, twin))
        assert [row | {"changed_at": None} for row in mine] == [
            row | {"changed_at": None} for row in theirs
        ]


def test_a_reason_that_nobody_can_read_is_refused(client: Client) -> None:
    for reason in ("a\x00b", "two\nlines", "x" * 301, "turned \u202e"):
        with pytest.raises(ValidationError) as refused:
            suspend_by_person(client, reason)
        assert set(refused.value.message_dict) == {"reason"}
    assert suspended(client) == {}


def test_resuming_lifts_suspensions_and_leaves_quota_marks(client: Client) -> None:
    clients.mark_quota("c1", "a")
    suspend_by_person(client, "manual")

    with written() as events:
        assert resume_by_person(client) == ["a", "b", "c"]

    assert suspended(client) == {}
    assert (clients.count("a"), clients.count("b")) == (0, 1)
    assert events.only.event == "client_resumed"
    assert payload(events.only)["reason"] == "manual"


def test_different_reasons_are_not_told_as_one(client: Client) -> None:
    suspend_by_person(client, "one", model_ids=["a"])
    suspend_by_person(client, "two", model_ids=["b"])

    with written() as events:
        resume_by_person(client)

    assert payload(events.only) == {"models": ["a", "b"]}


def test_clearing_ends_running_marks_and_no_suspension(client: Client) -> None:
    now = database_now()
    clients.mark_quota("c1", "a", now=now)
    clients.mark_quota("c1", "b", now=now - timedelta(days=1))
    clients.suspend("c1", "c", "quota")

    with written() as events:
        assert clear_quota_by_person(client, now=now) == ["a"]

    assert (clients.count("a"), clients.count("c")) == (1, 0)
    assert sentence(events.only) == "cleared the quota mark at the client c1: model a"


def test_a_deed_without_effect_leaves_no_event(client: Client) -> None:
    with written() as events:
        assert resume_by_person(client) == []
        assert clear_quota_by_person(client) == []

    assert not events


def test_every_process_sees_it_in_its_next_answer(client: Client) -> None:
    before = current_turn().availability

    suspend_by_person(client)

    assert current_turn().availability > before


def test_a_deed_costs_the_same_for_one_model_and_for_many(client: Client) -> None:
    many = make_client("many", *(f"m{number}" for number in range(300)))
    counts = []

    for one in (make_client("few", "a"), many):
        with CaptureQueriesContext(database) as captured:
            suspend_by_person(one, "manual")
        counts.append(len(captured))

    assert counts[0] == counts[1]
