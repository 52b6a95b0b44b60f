"""What the trail says of clients, in sentences."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from audit.models import LogEntry
from audit.sentences import sentence
from registry.services import clients
from registry.services.clients.by_person import clear_quota_by_person, suspend_by_person
from registry.services.clock import database_now
from tests.factories import make_client
from tests.trail import written

pytestmark = pytest.mark.django_db


def told(entries: list[LogEntry]) -> list[str]:
    return [sentence(entry) for entry in entries]


def test_registrations_are_told_by_what_came_and_what_went() -> None:
    with written() as events:
        clients.register("c1", "openai", [{"id": "a"}, {"id": "b"}])
        clients.register("c1", "azure", [{"id": "b"}, {"id": "b"}, {"id": "c"}])
        clients.unregister("c1")

    registered, changed, removed = told(events)
    assert registered == "registered the client c1: models a, b"
    head, *facts = changed.split("; ")
    assert head == "changed what the client c1 holds: provider openai → azure"
    assert sorted(facts) == ["added c", "other seats b", "removed a"]  # in the database's order
    assert removed == "removed the client c1: models b, c"


def test_an_expired_client_is_told_apart(settings: Any) -> None:
    settings.REGISTRY_CLIENT_MAX_AGE = 60
    make_client("c1", "a", now=database_now() - timedelta(hours=1))

    with written() as events:
        clients.expire_stale()

    assert told(events) == ["removed the client c1, which had not been seen for long: models a"]


def test_marks_are_told_with_model_and_reason() -> None:
    client = make_client("c1", "a", "b")

    with written() as events:
        clients.suspend("c1", "a", "credential expired")
        clients.resume("c1", "a")
        suspend_by_person(client)
        clients.mark_quota("c1", "b")
        clear_quota_by_person(client)

    assert told(events) == [
        "suspended at the client c1: model a; reason credential expired",
        "resumed at the client c1: model a; reason credential expired",
        "suspended at the client c1: models a, b",
        "cleared the quota mark at the client c1: model b",
    ]


def test_many_models_do_not_fill_the_trails_line() -> None:
    with written() as events:
        make_client("c1", *(f"model-number-{number}" for number in range(500)))

    assert len(sentence(events.only)) < 120
