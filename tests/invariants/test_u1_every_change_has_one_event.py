"""U1: every change has exactly one event, by whatever way it is made."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import transaction
from django.db.models import F, Model, QuerySet

from audit import context, tracking
from audit.errors import MissingContextError, UntrackedWriteError
from audit.models import LogEntry
from audit.stories import Action
from roles.choices import Builtin
from tests.factories import make_client, make_price, make_provider, make_route, make_user
from tests.invariants.changed_rows import Key, Rows, changed, snapshot
from tests.invariants.changes_at_mounts import ways_at_the_mounts
from tests.invariants.changes_by_clients import ways_of_clients
from tests.invariants.changes_by_clients_api import ways_of_clients_by_api
from tests.invariants.changes_by_roles_api import ways_of_roles_by_api
from tests.invariants.changes_by_tests import ways_of_tests
from tests.invariants.changes_by_way import Stage, Way, ways_of_the_catalogue
from tests.invariants.changes_from_hosts import ways_from_hosts
from tests.invariants.changes_on_own_pages import ways_on_own_pages
from tests.invariants.changes_to_clients import ways_to_clients
from tests.invariants.changes_to_llms import (
    everything_of_one,
    used_connection,
    used_llm,
    ways_of_llms,
)
from tests.invariants.changes_to_own_records import entry_of, ways_to_own_records
from tests.invariants.changes_to_people import owner, ways_of_people
from tests.invariants.changes_to_prices import ways_of_prices
from tests.invariants.changes_to_roles import ways_to_roles
from tests.invariants.changes_to_routes import ways_of_routes
from tests.invariants.changes_to_sandbox import ways_to_the_sandbox
from tests.invariants.entry_points import every_entry_point
from tests.provider import provider_behind_the_door
from tests.roles.factories import fill, make_role
from tests.trail import Written, changes, payload, written

WAYS = [
    *(*ways_of_the_catalogue(), *ways_of_llms(), *ways_of_people(), *ways_of_tests()),
    *(*ways_from_hosts(), *ways_to_the_sandbox(), *ways_of_prices()),
    *(*ways_of_routes(), *ways_at_the_mounts(), *ways_of_clients(), *ways_to_clients()),
    *(*ways_of_clients_by_api(), *ways_to_roles(), *ways_to_own_records()),
    *(*ways_of_roles_by_api(), *ways_on_own_pages()),
]
# What nothing in the product does: words stay as they are, and so does a token.
NEVER = {
    ("registry.Capability", "updated"),
    ("registry.Capability", "deleted"),
    ("registry.Tag", "updated"),
    ("registry.Tag", "deleted"),
    ("registry.ApiToken", "updated"),
}
# Tables that hold no decision of anybody's: counters, marks, what was measured and who asked for
# it, and what Django fills.
UNTRACKED = {
    "auth.Permission",
    "registry.Attempt",
    "registry.CatalogueChange",
    "registry.ClientModel",
    "registry.ConnectionTest",
    "registry.HealthChange",
    "registry.Heartbeat",
    "registry.IdempotentRequest",
    "registry.Job",
    "registry.KeyRingCanary",
    "registry.LLMUse",
    "registry.PasswordChangeDue",
    "registry.Revision",
    "registry.Sweep",
}
# What a person decides about what clients report, which no other event tells; and what tells of a
# person whose records change, each with its own event.
ABOUT_OTHERS = {"client_quota_cleared"}
ABOUT_OTHERS |= {"registry_imported", "belongings_transferred", "belongings_removed"}
BULK: dict[str, Callable[[QuerySet[Any]], object]] = {
    "update": lambda rows: rows.update(id=F("id")),
    "bulk_create": lambda rows: rows.bulk_create([rows.model()]),
    "bulk_update": lambda rows: rows.bulk_update([rows.model(pk=1)], ["id"]),
    "_raw_delete": lambda rows: rows._raw_delete(None),
}


@dataclass
class Tally:
    """What all ways together changed and told."""

    changes: int = 0
    events: int = 0
    told_with_another: int = 0
    happenings: int = 0
    quiet: int = 0
    verbs: set[Key] = field(default_factory=set)


@contextmanager
def undone() -> Iterator[None]:
    """Take back what the block writes, so that each way begins with the same rows."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def subject_of(entry: LogEntry) -> Key:
    model = entry.content_type.model_class()
    assert model is not None
    return (model._meta.label, entry.object_pk)


def is_about_a_change(entry: LogEntry) -> bool:
    return entry.action != Action.ACCESS and entry.event not in ABOUT_OTHERS


def is_named(key: Key, before: Rows, events: Written) -> bool:
    """Say whether another row's event has the name of this one, which may be gone by now."""
    row = apps.get_model(key[0])._base_manager.filter(pk=key[1]).first()
    name = str(row) if row is not None else former_name(before[key][1])
    texts = [json.dumps([changes(entry), payload(entry)], ensure_ascii=False) for entry in events]
    return any(json.dumps(name, ensure_ascii=False) in text for text in texts)


def former_name(row: dict[str, Any]) -> str:
    """Return how a deleted row of the tables that go with another called itself."""
    return str(row.get("label") or row.get("name") or f"{row['role']}.{row['slot']}")


def faults_of(way: Way, stage: Stage, tally: Tally) -> list[str]:
    """Go a way; return what is wrong with what it left on the trail."""
    act = way.prepare(stage.come_in())
    before = snapshot()
    with written() as events:
        answer = way.run(act)
    found = changed(before, snapshot())
    told = {subject_of(entry) for entry in events if is_about_a_change(entry)}
    alone = found.keys() - told

    tally.changes += len(found.keys() & told)
    tally.events += sum(is_about_a_change(entry) for entry in events)
    tally.told_with_another += len(alone)
    tally.happenings += sum(not is_about_a_change(entry) for entry in events)
    tally.quiet += not events
    tally.verbs |= {(table, verb) for (table, _pk), verb in found.items()}
    checks = {
        "one event a subject": len({subject_of(entry) for entry in events}) == len(events),
        "no event without a change": told <= found.keys(),
        "no change without an event": all(is_named(key, before, events) for key in alone),
        "told with another": Counter(table for table, _pk in alone) == Counter(way.told_with),
        "events": way.events is None or sorted(way.events) == sorted(events.names),
        "one request": len({entry.cid for entry in events}) <= 1,
        "source": {entry.source for entry in events} <= {way.source},
        "status": way.status in (None, getattr(answer, "status_code", None)),
    }
    facts = f"{events.names}, {found}, {getattr(answer, 'status_code', answer)}"
    return [f"{name}: {facts}" for name, is_right in checks.items() if not is_right]


@pytest.mark.invariant("U1")
@pytest.mark.django_db
def test_every_way_leaves_one_event_of_each_row_that_it_changes(
    monkeypatch: pytest.MonkeyPatch, figure: Callable[..., None]
) -> None:
    provider_behind_the_door(monkeypatch)
    stage, tally, wrong = Stage(), Tally(), {}
    for way in WAYS:
        with undone():
            faults = faults_of(way, stage, tally)
        if faults:
            wrong[way.name] = faults

    assert wrong == {}
    verbs = ("created", "updated", "deleted")
    every = {(model._meta.label, verb) for model in tracking.subjects() for verb in verbs}
    assert tally.verbs == every - NEVER
    assert tally.changes == tally.events
    figure(
        ways=len(WAYS),
        tables=len(tracking.subjects()),
        changes=tally.changes,
        events=tally.events,
        told_with_another=tally.told_with_another,
        happenings=tally.happenings,
        quiet_requests=tally.quiet,
    )


@pytest.mark.invariant("U1")
def test_no_entry_point_is_missing(figure: Callable[..., None]) -> None:
    known = {way.entry_point for way in WAYS}
    found = every_entry_point()

    assert sorted(found - known) == []
    assert len(WAYS) == len({way.name for way in WAYS})
    # What would save rows beside a page's own form; the admin has none.
    pages = admin.site._registry.values()
    assert [page for page in pages if page.list_editable or page.inlines] == []
    figure(entry_points=len(found), missing=0)


@pytest.mark.invariant("U1")
def test_every_table_is_tracked_or_known_to_hold_no_decision() -> None:
    tables = [
        model
        for app in ("registry", "roles", "auth")
        for model in apps.get_app_config(app).get_models()
    ]
    untracked = {model._meta.label for model in tables if not tracking.is_tracked(model)}

    assert untracked == UNTRACKED


@pytest.mark.invariant("U1")
@pytest.mark.django_db
def test_a_write_past_the_rows_raises(figure: Callable[..., None]) -> None:
    refused = 0
    for model in tracking.models():
        for method, write in BULK.items():
            with pytest.raises(UntrackedWriteError, match=rf"{model.__name__}\.objects\.{method}"):
                write(model._default_manager.all())
            refused += 1

    figure(tables=len(tracking.models()), writes=refused, refused=refused)


def one_of_each() -> dict[type[Model], Model]:
    """Return a stored row of each tracked table."""
    used_connection()
    used_llm()
    owner()
    make_provider(aliases=["other"])
    everything_of_one()()
    make_price(make_route().llm, "1")
    make_client()
    make_role()
    fill(None, Builtin.GEMINI_API)
    entry_of(make_user())
    return {model: model._default_manager.all()[0] for model in tracking.models()}


@pytest.mark.invariant("U1")
@pytest.mark.without_context
@pytest.mark.django_db
def test_a_write_without_a_context_raises(figure: Callable[..., None]) -> None:
    with context.use(source="system"):
        rows = one_of_each()
    before, events, refused = snapshot(), LogEntry.objects.count(), 0
    for row in rows.values():
        writes: list[Callable[[], object]] = [row.save, row.delete, type(row)().save]
        writes += [type(row)._default_manager.all().delete]
        writes += [getattr(row, link.name).clear for link in row._meta.local_many_to_many]
        for write in writes:
            with pytest.raises(MissingContextError), transaction.atomic():
                write()
            refused += 1

    assert changed(before, snapshot()) == {}
    assert LogEntry.objects.count() == events
    figure(tables=len(rows), writes=refused, refused=refused)
