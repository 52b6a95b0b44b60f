"""Clients that are not heard of any more, and the periodic round that takes them off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings

from registry.models import Client, ClientModel
from registry.services import clients, workers
from registry.services.revision import current_turn
from tests.factories import make_client
from tests.trail import payload, written

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def present() -> list[str]:
    return [client.client_id for client in Client.objects.all()]


@pytest.fixture
def an_hour(settings: Settings) -> None:
    settings.REGISTRY_CLIENT_MAX_AGE = 3_600


def test_at_first_no_client_ever_expires() -> None:
    make_client("c1", now=NOON)

    assert clients.expire_stale(after(10**8)) == 0
    assert present() == ["c1"]


@pytest.mark.usefixtures("an_hour")
def test_who_has_not_been_heard_of_for_longer_is_unregistered() -> None:
    make_client("c1", "m", "n", now=NOON)
    make_client("c2", "m", now=after(1))

    assert clients.expire_stale(after(3_600)) == 0
    with written() as found:
        assert clients.expire_stale(after(3_601)) == 1

    assert present() == ["c2"]
    assert found.only.event == "client_expired"
    assert found.only.object_repr == "c1"
    assert payload(found.only) == {"models": ["m", "n"]}
    assert ClientModel.objects.get().changed_at == after(3_601)


@pytest.mark.usefixtures("an_hour")
def test_a_heartbeat_or_another_registration_keeps_a_client() -> None:
    make_client("c1", "m", now=NOON)
    make_client("c2", "m", now=NOON)

    clients.note_seen("c1", now=after(1))
    make_client("c2", "m", now=after(1))

    assert clients.expire_stale(after(3_601)) == 0
    assert clients.expire_stale(after(3_602)) == 2


@pytest.mark.usefixtures("an_hour")
def test_where_nobody_is_stale_no_list_moves() -> None:
    make_client("c1", now=NOON)
    turn = current_turn()

    with written() as found:
        clients.expire_stale(after(1))

    assert current_turn().availability == turn.availability
    assert found == []


@pytest.mark.usefixtures("an_hour")
def test_the_sweeper_takes_off_stale_clients_and_ended_marks() -> None:
    make_client("c1", "m", now=NOON)
    make_client("c2", "m", now=after(5_000))
    clients.mark_quota("c2", "m", now=after(5_000))

    found = workers.sweep(after(6_000))

    assert (found["expired"], found["unmarked"]) == (1, 1)
    assert present() == ["c2"]
    assert ClientModel.objects.get().quota_until is None
    assert workers.sweep(after(6_000)) == {"rung": 0}


def test_the_round_goes_on_when_one_of_its_works_fails(settings: Settings) -> None:
    make_client("c1", "m", now=NOON)
    clients.mark_quota("c1", "m", now=NOON)
    settings.REGISTRY_CLIENT_MAX_AGE = "an hour"

    found = workers.sweep(after(6_000))

    assert (found["failed"], found["unmarked"]) == (1, 1)
