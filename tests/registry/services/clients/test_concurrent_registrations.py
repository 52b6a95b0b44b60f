"""AV-P04: whoever registers at once, counts add up and no list is a mixture of two."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from pytest_django import Settings

from registry.models import Client, ClientModel
from registry.services import clients
from registry.services.clock import database_now
from registry.services.revision import current_turn
from tests.factories import make_client
from tests.threads import errors, together

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 3


def register(client_id: str, provider: str, *model_ids: str) -> clients.Registration:
    return clients.register(client_id, provider, [{"id": model_id} for model_id in model_ids])


def seats(model_id: str) -> int:
    return sum(ClientModel.objects.filter(model_id=model_id).values_list("seats", flat=True))


def test_twenty_clients_that_register_at_once_add_up() -> None:
    results = together([partial(register, f"c{n}", "p", "m", f"own-{n}") for n in range(20)])

    assert errors(results) == []
    assert seats("m") == Client.objects.count() == 20
    turns = list(Client.objects.values_list("registered_turn", flat=True))
    assert sorted(turns) == list(range(1, 21))
    assert current_turn().availability == 20

    gone = together([partial(clients.unregister, f"c{n}") for n in range(10)])

    assert gone == [True] * 10
    assert seats("m") == Client.objects.count() == 10


def test_half_may_leave_while_the_others_come() -> None:
    for number in range(10):
        make_client(f"old{number}", "m")
    leaving = [partial(clients.unregister, f"old{n}") for n in range(10)]
    coming = [partial(register, f"new{n}", "p", "m") for n in range(10)]

    results = together([work for pair in zip(leaving, coming, strict=True) for work in pair])

    assert errors(results) == []
    assert seats("m") == Client.objects.count() == 10


def test_a_client_that_registers_eight_times_at_once_holds_one_whole_list() -> None:
    lists = {f"p{n}": [f"{n}-{k}" for k in range(30)] + ["all"] * (n + 1) for n in range(8)}

    for _round in range(ROUNDS):
        works = [partial(register, "c1", provider, *ids) for provider, ids in lists.items()]
        results = together(works)

        assert errors(results) == []
        client = Client.objects.get()
        rows = ClientModel.objects.order_by("position").values_list("model_id", "seats")
        winner = lists[client.provider]
        assert dict(rows) == {model_id: winner.count(model_id) for model_id in winner}
        assert [model_id for model_id, _seats in rows] == list(dict.fromkeys(winner))


def test_of_eight_first_registrations_at_once_one_is_the_first() -> None:
    results = together([partial(register, "c1", "p", "m", f"m{n}") for n in range(8)])

    assert errors(results) == []
    created = [r.created for r in results if isinstance(r, clients.Registration)]
    assert created.count(True) == 1


def test_registering_and_leaving_at_once_ends_in_one_of_both() -> None:
    for _round in range(ROUNDS):
        make_client("c1", "m", "n")
        works: list[Callable[[], object]] = [
            partial(register, "c1", "p", "m", "o"),
            partial(clients.unregister, "c1"),
        ]
        results = together(works * 4)

        assert errors(results) == []
        held = sorted(ClientModel.objects.values_list("model_id", flat=True))
        assert held == (["m", "o"] if Client.objects.exists() else [])
        clients.unregister("c1")


def test_a_client_that_is_heard_of_meanwhile_does_not_expire(settings: Settings) -> None:
    settings.REGISTRY_CLIENT_MAX_AGE = 3_600
    now = database_now()
    for _round in range(ROUNDS):
        make_client("c1", "m", now=now - timedelta(hours=2))
        works: list[Callable[[], object]] = [
            partial(clients.note_seen, "c1", now=now),
            partial(clients.expire_stale, now),
        ]

        assert together(works) in ([True, 0], [False, 1])
