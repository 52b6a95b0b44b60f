"""Catalogue writes take turns, move the revision, and leave a trail, all in one transaction."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import connection, transaction
from django.db.models import F

from audit.operations import operation
from registry.errors import GoneError, StaleRevisionError
from registry.models import Revision
from registry.models.base import BOOKKEEPING, Revised
from registry.services import change_log
from registry.services.clock import database_now

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from django.db.models import Model

    from audit.operations import Operation
    from registry.types import Change

R = TypeVar("R", bound=Revised)

THE_ROW = 1
AVAILABILITY = 2  # the row of what clients report: it moves often, and no chooser list with it

_is_writing: ContextVar[bool] = ContextVar("catalogue_is_writing", default=False)


@contextmanager
def catalogue_write(
    event: str, subject: Model | None = None, *, always: bool = False, **payload: Any
) -> Iterator[Operation]:
    """Run a catalogue change: locked against other writers, on the trail, revision moved.

    One inside another joins it: together they lead to one revision, which tells of both.
    """
    with operation(event, subject, always=always, **payload) as running:
        if _is_writing.get():
            yield running
            return
        revision = lock_catalogue() + 1
        token = _is_writing.set(True)
        try:
            yield running
        finally:
            _is_writing.reset(token)
        Revision.objects.filter(pk=THE_ROW).update(number=F("number") + 1)
        change_log.note(running, revision)


def lock_catalogue() -> int:
    """Let nobody else write the catalogue until the commit; before any other lock is taken.

    Returns the present revision.
    """
    row, _new = Revision.objects.select_for_update().get_or_create(pk=THE_ROW)
    return row.number


def current_revision() -> int:
    """Return the number of the last catalogue write; 0 before the first. One indexed query."""
    number = Revision.objects.filter(pk=THE_ROW).values_list("number", flat=True).first()
    return number or 0


# One statement: it takes the lock, makes the row if need be, and moves the number.
_TAKE_TURN = (
    "INSERT INTO registry_revision (id, number) VALUES (%s, 1) ON CONFLICT (id) "
    "DO UPDATE SET number = registry_revision.number + 1 RETURNING number"
)


@contextmanager
def availability_write() -> Iterator[int]:
    """Run a change of what clients hold or of their marks; yields the number it leads to.

    Writers take turns, so that counts add up. Who also needs the catalogue's lock takes that
    first.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_TAKE_TURN, [AVAILABILITY])
            row = cursor.fetchone()
        yield int(row[0])


# Asked with every list: making the ORM's query of it would take longer than all the rest. SQLite
# has this process's clock.
_LOOK = {
    False: "SELECT id, number, NULL FROM registry_revision WHERE id IN (%s, %s)",
    True: "SELECT id, number, statement_timestamp() FROM registry_revision WHERE id IN (%s, %s)",
}


@dataclass(frozen=True)
class Turn:
    """What prepared lists hold for: both revisions, and the database's clock at that moment."""

    catalogue: int
    availability: int
    now: datetime


def current_turn() -> Turn:
    """Return where the catalogue and the clients are. One indexed query."""
    with connection.cursor() as cursor:
        cursor.execute(_LOOK[connection.vendor == "postgresql"], [THE_ROW, AVAILABILITY])
        rows = cursor.fetchall()
    numbers = {pk: number for pk, number, _now in rows}
    moment = rows[0][2] if rows and rows[0][2] is not None else database_now()
    return Turn(numbers.get(THE_ROW, 0), numbers.get(AVAILABILITY, 0), moment)


def refresh(row: R, change: Change) -> R | None:
    """Bring the columns that `change` does not name up to date; return the stored row.

    To be called under the lock. Returns None for a new row. Raises StaleRevisionError if the
    requester has seen another revision, GoneError if somebody has deleted the row.

    The row is locked, too: workers, who write what they measured without the catalogue's lock,
    add nothing to it while it is being deleted.
    """
    rows = type(row)._default_manager.select_for_update().filter(pk=row.pk)
    stored: R | None = rows.first()
    if stored is None:
        if not row._state.adding:
            raise GoneError
        return None
    if change.expected_revision not in (None, stored.revision):
        raise StaleRevisionError(revision=stored.revision)
    for field in row._meta.concrete_fields:
        named = change.fields is None or field.name in change.fields
        if _is_kept(row, field.name) or not (named or field.primary_key):
            setattr(row, field.attname, getattr(stored, field.attname))
    return stored


def store(row: Revised, stored: Revised | None, *, touched: bool = False) -> bool:
    """Save `row` and move its revision, unless nothing differs; return whether it was saved.

    `touched` says that something that belongs to the row but is no column of it has changed.
    """
    if stored is not None and not touched and not changed_fields(row, stored):
        return False
    row.revision = 1 if stored is None else stored.revision + 1
    if stored is None:
        row.save()
    else:  # what is measured meanwhile is not overwritten
        names = [field.name for field in row._meta.concrete_fields if not field.primary_key]
        row.save(update_fields=[name for name in names if name not in row.measured])
    return True


def changed_fields(row: Revised, stored: Revised) -> list[str]:
    return [
        field.name
        for field in row._meta.concrete_fields
        if not _is_kept(row, field.name)
        and getattr(row, field.attname) != getattr(stored, field.attname)
    ]


def _is_kept(row: Revised, name: str) -> bool:
    """Whether a column is none of a request's: bookkeeping, or measured."""
    return name in BOOKKEEPING or name in row.measured
