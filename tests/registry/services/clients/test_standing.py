"""The states in SQL are those of the rule for one row."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from itertools import product

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from registry.choices import HolderState
from registry.models import Client, ClientModel
from registry.services import clients
from registry.services.clients import states
from registry.services.clients.standing import (
    Standing,
    held_by,
    holding,
    standing_of,
    switched_off,
    with_state,
)
from registry.services.clock import database_now
from tests.factories import make_client

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


@pytest.fixture
def now() -> datetime:
    return database_now()


@pytest.fixture
def every_mark(now: datetime) -> Client:
    """One model for each pair of marks there can be."""
    windows = (None, now - SECOND, now, now + SECOND)
    reasons = (None, "", "manual", "quota", "QUOTA", "qUoTa", "credential_quota", "quotas")
    pairs = list(product(windows, reasons))
    client = make_client("c1", *(f"m{place}" for place in range(len(pairs))))
    for row, (until, reason) in zip(held_by(client), pairs, strict=True):
        row.quota_marked_at, row.quota_until = until and until - 300 * SECOND, until
        row.suspended_at = None if reason is None else now
        row.suspended_reason = reason or ""
        row.save()
    return client


def test_the_states_in_sql_are_those_of_the_rule(every_mark: Client, now: datetime) -> None:
    rows = list(held_by(every_mark, now))

    wanted = Counter(states.state_of(row, now) for row in rows)

    assert {row.model_id: row.state for row in rows} == {
        row.model_id: states.state_of(row, now) for row in rows
    }
    found = standing_of([every_mark], now)[every_mark.pk]
    assert (found.ready, found.cooling, found.off) == tuple(
        wanted[state] for state in (HolderState.READY, HolderState.COOLING, HolderState.OFF)
    )
    assert found.models == len(rows)
    assert found.suspended == sum(row.suspended_at is not None for row in rows)
    assert found.marked == sum(row.is_marked for row in rows) == len(rows) // 4


def test_a_client_is_found_by_the_state_of_any_model(now: datetime) -> None:
    make_client("c1", "a", "b")
    make_client("c2", "a")
    clients.suspend("c1", "b", "manual")
    clients.mark_quota("c2", "a", now=now)

    for state, wanted in (("ready", ["c1"]), ("off", ["c1"]), ("cooling", ["c2"])):
        found = with_state(Client.objects.all(), state, now)
        assert [client.client_id for client in found] == wanted, state
    later = with_state(Client.objects.all(), "cooling", now + timedelta(days=1))
    assert not later.exists()


def test_holders_stand_by_client(now: datetime) -> None:
    make_client("b", "m")
    make_client("a", "m", "n")

    assert [row.client.client_id for row in holding("m", now)] == ["a", "b"]
    assert [row.state for row in holding("n", now)] == ["ready"]
    assert not holding("unknown", now)


def test_clients_are_counted_in_one_query() -> None:
    few = [make_client("", "m") for _number in range(3)]

    with CaptureQueriesContext(database) as captured:
        found = standing_of(few)

    assert len([query for query in captured if "registry_clientmodel" in query["sql"]]) == 1
    assert found == {client.pk: Standing(ready=1) for client in few}


def test_a_model_needs_a_person_when_nobody_is_ready_and_somebody_is_suspended() -> None:
    for client_id in ("c1", "c2"):
        make_client(client_id, "off", "mixed", "cooling", "served", "quota")
        clients.suspend(client_id, "off", "manual")
        clients.mark_quota(client_id, "cooling")
        clients.suspend(client_id, "quota", "quota")
    clients.suspend("c1", "mixed", "manual")
    clients.mark_quota("c2", "mixed")
    clients.suspend("c1", "served", "manual")

    assert switched_off() == ["mixed", "off"]


def test_a_quota_window_that_ends_needs_nobody(now: datetime) -> None:
    make_client("c1", "m")
    make_client("c2", "m")
    clients.suspend("c1", "m", "manual")
    clients.mark_quota("c2", "m", retry_after=60, now=now)

    assert switched_off(now) == ["m"]
    assert switched_off(now + timedelta(seconds=60)) == []
    assert ClientModel.objects.count() == 2
