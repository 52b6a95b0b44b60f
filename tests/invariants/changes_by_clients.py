"""The ways by which clients say what they serve: the services, and the periodic round."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

from django.test import override_settings

from registry import tasks
from registry.models import Client
from registry.services import clients
from registry.services.clients import by_person
from registry.services.clock import database_now
from tests.factories import make_client, make_llm
from tests.invariants.changes_by_way import Act, Stage, Way

ONE, TWO = {"id": "one"}, {"id": "two"}
UPDATED, REMOVED = ("client_updated",), ("client_unregistered",)

Prepare = Callable[[Stage], Act]


def _registering(*models: dict[str, Any], provider: str = "openai") -> Prepare:
    """Let a client that holds `one` and `two` register anew."""

    def prepare(_stage: Stage) -> Act:
        make_client("known", "one", "two", provider="openai")
        make_client("other", "one")
        return partial(clients.register, "known", provider, list(models))

    return prepare


def suspended() -> Client:
    """Return a client both of whose models are blocked in both ways."""
    client = make_client("known", "one", "two")
    for model_id in ("one", "two"):
        clients.mark_quota("known", model_id)
        clients.suspend("known", model_id, "manual")
    return client


def _of_a_suspended(act: Callable[..., object], *arguments: Any) -> Prepare:
    def prepare(_stage: Stage) -> Act:
        suspended()
        return partial(act, "known", *arguments)

    return prepare


def _of_a_client(act: Callable[..., object], *arguments: Any) -> Prepare:
    def prepare(_stage: Stage) -> Act:
        make_client("known", "one", "two")
        return partial(act, "known", *arguments)

    return prepare


def ways_of_registering() -> Iterator[Way]:
    register, new = "service register", [ONE, TWO, ONE]
    first = partial(clients.register, "new", "openai", new)
    yield Way(f"{register}: new", lambda _: first, ("client_registered",))
    yield Way(f"{register}: the same", _registering(ONE, TWO))
    yield Way(f"{register}: another description", _registering(ONE | {"name": "New"}, TWO))
    yield Way(f"{register}: other models", _registering(ONE, {"id": "three"}), UPDATED)
    yield Way(f"{register}: other seats", _registering(ONE, TWO, TWO), UPDATED)
    yield Way(f"{register}: other provider", _registering(ONE, TWO, provider="azure"), UPDATED)
    yield Way(f"{register}: suspended", _of_a_suspended(clients.register, "", [ONE, TWO]), UPDATED)
    yield Way(f"{register}: nothing", _registering(), REMOVED)
    yield Way(
        f"{register}: nothing of a stranger", lambda _: partial(clients.register, "new", "", [])
    )
    gone = "service unregister"
    yield Way(gone, _of_a_client(clients.unregister), REMOVED)
    yield Way(f"{gone}: a stranger", lambda _: partial(clients.unregister, "new"))
    yield Way("service note_seen", _of_a_client(clients.note_seen))
    yield Way("service expire_stale", _stale(clients.expire_stale), ("client_expired",))


def ways_of_marks() -> Iterator[Way]:
    suspend, resume = "service suspend", "service resume"
    yield Way(suspend, _of_a_client(clients.suspend, "one", "manual"), ("client_suspended",))
    yield Way(f"{suspend}: again", _of_a_suspended(clients.suspend, "one", "again"))
    yield Way(f"{suspend}: a stranger", _of_a_client(clients.suspend, "three", "manual"))
    yield Way(resume, _of_a_suspended(clients.resume, "one"), ("client_resumed",))
    yield Way(f"{resume}: again", _of_a_client(clients.resume, "one"))
    yield Way("service mark_quota", _of_a_client(clients.mark_quota, "one"))
    yield Way("service clear_quota", _of_a_suspended(clients.clear_quota, "one"))
    yield Way("service clear_ended", _ended_mark(clients.clear_ended))
    yield Way("service clear_after_test", _of_a_model(clients.clear_after_test))


def ways_of_people_to_clients() -> Iterator[Way]:
    """Yield what a person decides, who is told of even where a client would not be."""
    yield Way(
        "service suspend_by_person",
        lambda _: partial(by_person.suspend_by_person, make_client("known", "one", "two"), "x"),
        ("client_suspended",),
    )
    yield Way(
        "service resume_by_person",
        lambda _: partial(by_person.resume_by_person, suspended()),
        ("client_resumed",),
    )
    yield Way(
        "service clear_quota_by_person",
        lambda _: partial(by_person.clear_quota_by_person, suspended()),
        ("client_quota_cleared",),
    )


def ways_of_the_round() -> Iterator[Way]:
    sweep = "task registry.sweep"
    yield Way(f"{sweep}: a stale client", _stale(tasks.sweep), ("client_expired",))
    yield Way(f"{sweep}: an ended mark", _ended_mark(tasks.sweep))


def _stale(act: Callable[[], object]) -> Prepare:
    def run() -> None:
        with override_settings(REGISTRY_CLIENT_MAX_AGE=3_600):
            act()
        assert [client.client_id for client in Client.objects.all()] == ["present"]

    def prepare(_stage: Stage) -> Act:
        make_client("stale", "one", now=database_now() - timedelta(hours=2))
        make_client("present", "one")
        return run

    return prepare


def _ended_mark(act: Callable[[], object]) -> Prepare:
    def prepare(_stage: Stage) -> Act:
        client = make_client("known", "one")
        clients.mark_quota("known", "one", now=database_now() - timedelta(hours=2))

        def run() -> None:
            act()
            assert not client.models.filter(quota_until__isnull=False).exists()

        return run

    return prepare


def _of_a_model(act: Callable[..., object]) -> Prepare:
    def prepare(_stage: Stage) -> Act:
        make_client("known", "one")
        clients.mark_quota("known", "one")
        return partial(act, make_llm(model_id="one"))

    return prepare


def ways_of_clients() -> Iterator[Way]:
    yield from ways_of_registering()
    yield from ways_of_marks()
    yield from ways_of_people_to_clients()
    yield from ways_of_the_round()
