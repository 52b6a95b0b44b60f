"""Removing a person's own records: what goes with one, and which slots that empties.

One event tells all of it by name; nothing of anybody else's moves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import DEFAULT_DB_ALIAS
from django.db.models.deletion import Collector

from registry.errors import GoneError
from registry.models import LLMModel
from registry.services import health
from registry.services.deletion import delete_llm
from registry.services.revision import catalogue_write, refresh, store
from registry.types import Change
from roles.models import RoleSlot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import Model

    from audit.operations import Operation
    from registry.models import Connection

_NOTHING_NAMED = Change(frozenset())


def remove_connection(connection: Connection, change: Change = _NOTHING_NAMED) -> bool:
    """Delete an own connection with the models that are called over it.

    Returns False if somebody was faster. Raises StaleRevisionError.
    """
    with catalogue_write("connection_deleted", connection) as running:
        health.hold_models_of(connection)
        try:
            refresh(connection, Change(frozenset(), change.expected_revision))
        except GoneError:
            return False
        rows = LLMModel.objects.filter(connection=connection, owner=connection.owner_id)
        # What the trail tells of each is read along.
        read = rows.select_related("owner", "provider", "connection", "replacement")
        llms = list(read.order_by("name", "slug"))
        if llms:
            _empty_slots(llms, running)
            running.tell(models=[llm.name for llm in llms])
            _delete(llms, running)
        connection.delete()
    return True


def remove_llm(llm: LLMModel, change: Change = _NOTHING_NAMED) -> bool:
    """Delete an own model. Returns False if somebody was faster. Raises StaleRevisionError."""
    with catalogue_write("model_deleted", llm) as running:
        try:
            refresh(llm, Change(frozenset(), change.expected_revision))
        except GoneError:
            return False
        _empty_slots([llm], running)
        delete_llm(llm)
    return True


def _empty_slots(llms: list[LLMModel], running: Operation) -> None:
    """Empty the owner's slots that name one of the models, as part of the running event."""
    rows = RoleSlot.objects.filter(llm__in=llms, owner=llms[0].owner_id)
    slots = list(rows.select_related("owner", "llm"))
    if not slots:
        return
    for slot in slots:
        running.absorb(slot)
    running.tell(slots=sorted(str(slot) for slot in slots))
    _delete_together(slots)


def _delete(llms: list[LLMModel], running: Operation) -> None:
    ids = [llm.pk for llm in llms]
    for other in LLMModel.objects.filter(replacement__in=ids).exclude(pk__in=ids):
        stored = LLMModel.objects.get(pk=other.pk)
        other.replacement = None
        store(other, stored)
    for llm in llms:
        running.absorb(llm)
        running.story(llm)  # known to its parts, which need not look for it
    _delete_together(llms)


def _delete_together(rows: Sequence[Model]) -> None:
    """Delete rows in as many queries as one takes, telling each.

    A QuerySet would read them anew, without what the trail needs beside them.
    """
    collector = Collector(using=DEFAULT_DB_ALIAS)
    collector.collect(rows)
    collector.delete()
