from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.models import Client, ClientModel
from registry.services import clients
from registry.services.revision import current_turn
from tests.factories import make_client
from tests.trail import payload, written

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
LATER = NOON + timedelta(seconds=1)


def listing(*model_ids: str) -> list[dict[str, Any]]:
    return [{"id": model_id} for model_id in model_ids]


def held_by(client_id: str) -> list[tuple[str, int]]:
    rows = ClientModel.objects.filter(client__client_id=client_id).order_by("position")
    return list(rows.values_list("model_id", "seats"))


def changed_at(client_id: str, model_id: str) -> datetime:
    return ClientModel.objects.of(client_id, model_id).get().changed_at


def mark(client_id: str, model_id: str) -> None:
    ClientModel.objects.of(client_id, model_id).update(
        quota_marked_at=NOON, quota_until=LATER, suspended_at=NOON, suspended_reason="manual"
    )


def test_a_first_registration() -> None:
    with written() as found:
        done = clients.register(" c1 ", " OpenAI ", listing("b", "a", "b"), now=NOON)

    assert (done.created, done.added, done.removed, done.changed) == (True, ["b", "a"], [], [])
    assert held_by("c1") == [("b", 2), ("a", 1)]
    client = Client.objects.get()
    assert done.client == client
    assert (client.client_id, client.provider) == ("c1", "openai")
    assert (client.registered_at, client.last_seen) == (NOON, NOON)
    assert found.only.event == "client_registered"
    assert found.only.object_repr == "c1"
    assert payload(found.only) == {"models": ["b", "a"]}


@pytest.mark.parametrize("provider", [None, "", "  "])
def test_a_client_need_not_name_a_provider(provider: str | None) -> None:
    clients.register("c1", provider, listing("m"))

    assert Client.objects.get().provider == ""


def test_registering_again_replaces_the_list() -> None:
    make_client("c1", "stays", "grows", "goes", now=NOON)

    with written() as found:
        done = clients.register("c1", "", listing("new", "grows", "stays", "grows"), now=LATER)

    assert (done.created, done.unregistered) == (False, False)
    assert (done.added, done.removed, done.changed) == (["new"], ["goes"], ["grows"])
    assert held_by("c1") == [("new", 1), ("grows", 2), ("stays", 1)]
    assert Client.objects.get().registered_at == LATER
    assert found.only.event == "client_updated"
    assert payload(found.only) == {"added": ["new"], "removed": ["goes"], "changed": ["grows"]}


def test_a_new_provider_is_told() -> None:
    make_client("c1", "m", provider="openai")

    with written() as found:
        clients.register("c1", "Azure", listing("m"))

    assert found.only.event == "client_updated"
    assert found.only.changes == {"provider": ["openai", "azure"]}


def test_a_new_description_is_stored_and_told_by_no_event() -> None:
    make_client("c1", {"id": "m", "display_name": "Old"}, now=NOON)

    with written() as found:
        done = clients.register("c1", "", [{"id": "m", "display_name": "New"}], now=LATER)

    assert (done.added, done.removed, done.changed) == ([], [], [])
    assert ClientModel.objects.get().info == {"id": "m", "display_name": "New"}
    assert changed_at("c1", "m") == LATER
    assert found == []


def test_registering_again_ends_all_marks() -> None:
    make_client("c1", "m", "n")
    mark("c1", "m")

    with written() as found:
        clients.register("c1", "", listing("m", "n"))

    row = ClientModel.objects.of("c1", "m").get()
    assert (row.quota_marked_at, row.quota_until) == (None, None)
    assert (row.suspended_at, row.suspended_reason) == (None, "")
    assert payload(found.only) == {"resumed": ["m"]}


@pytest.mark.parametrize("models", [[], [None], [None, {"id": " "}]])
def test_an_empty_list_unregisters(models: list[Any]) -> None:
    make_client("c1", "m", "n")

    with written() as found:
        done = clients.register("c1", "openai", models)

    assert (done.client, done.unregistered, done.removed) == (None, True, ["m", "n"])
    assert not Client.objects.exists()
    assert not ClientModel.objects.exists()
    assert found.names == ["client_unregistered"]


def test_an_empty_list_of_a_stranger_does_nothing() -> None:
    turn = current_turn()

    with written() as found:
        done = clients.register("c1", "openai", [])

    assert (done.client, done.created, done.unregistered) == (None, False, False)
    assert current_turn().availability == turn.availability
    assert found == []


def test_unregistering() -> None:
    make_client("c1", "m", "m", provider="openai")
    make_client("c2", "m")

    with written() as found:
        assert clients.unregister(" c1 ")

    assert [str(client) for client in Client.objects.all()] == ["c2"]
    assert held_by("c2") == [("m", 1)]
    assert found.only.event == "client_unregistered"
    assert found.only.object_repr == "c1"
    assert payload(found.only) == {"models": ["m"]}


@pytest.mark.parametrize("client_id", ["c1", "", "\x00", "x" * 10_000])
def test_unregistering_a_stranger_does_nothing(client_id: str) -> None:
    turn = current_turn()

    with written() as found:
        assert not clients.unregister(client_id)

    assert current_turn().availability == turn.availability
    assert found == []


def test_the_other_holders_note_that_one_has_gone() -> None:
    make_client("c1", "m", "n", "o", now=NOON)
    make_client("c2", "m", "n", "o", now=NOON)

    clients.register("c2", "", listing("n", "o"), now=LATER)
    assert [changed_at("c1", model_id) for model_id in "mno"] == [LATER, NOON, NOON]
    clients.register("c2", "", listing("o"), now=LATER)
    clients.unregister("c2", now=LATER + timedelta(seconds=1))
    assert changed_at("c1", "n") == LATER
    assert changed_at("c1", "o") == LATER + timedelta(seconds=1)


def test_every_registration_has_a_turn_of_its_own() -> None:
    first, second = make_client("c1", "m", now=NOON), make_client("c2", "m", now=NOON)
    again = make_client("c1", "m", now=NOON)

    assert first.registered_turn < second.registered_turn < again.registered_turn
    assert again.registered_turn == current_turn().availability


def test_a_heartbeat_notes_the_moment_and_clears_no_mark() -> None:
    client = make_client("c1", "m", now=NOON)
    mark("c1", "m")
    turn = current_turn()

    with written() as found:
        assert clients.note_seen(" c1 ", now=LATER)

    client.refresh_from_db()
    assert (client.last_seen, client.registered_at) == (LATER, NOON)
    assert ClientModel.objects.get().suspended_reason == "manual"
    assert current_turn().availability == turn.availability
    assert found == []


@pytest.mark.parametrize("client_id", ["c1", "", "\x00", "x" * 10_000])
def test_a_stranger_is_not_noted(client_id: str) -> None:
    assert not clients.note_seen(client_id)


def queries_of_registering(number: int) -> int:
    models = listing(*(f"m{n}" for n in range(number)))
    with CaptureQueriesContext(
        connection,
    ) as first:
        clients.register("counted", "openai", models)
    with CaptureQueriesContext(connection) as again:
        clients.register("counted", "azure", [*models[1:], *listing("other", "m2")])
    clients.unregister("counted")
    return len(first) + len(again)


def test_the_number_of_queries_does_not_depend_on_how_many_clients_there_are() -> None:
    make_client("c0", "m0")
    few = queries_of_registering(20)
    for number in range(30):
        make_client(f"c{number}", *(f"m{n}" for n in range(number)), "m0")

    assert queries_of_registering(20) == few <= 30
