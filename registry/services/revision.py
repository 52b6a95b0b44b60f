"""Catalogue writes take turns, move the revision, and leave a trail, all in one transaction."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import F

from audit.operations import operation
from registry.errors import GoneError, StaleRevisionError
from registry.models import Revision
from registry.models.base import BOOKKEEPING, Revised

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import Model

    from audit.operations import Operation
    from registry.types import Change

R = TypeVar("R", bound=Revised)

THE_ROW = 1


@contextmanager
def catalogue_write(
    event: str, subject: Model | None = None, *, always: bool = False, **payload: Any
) -> Iterator[Operation]:
    """Run a catalogue change: locked against other writers, on the trail, revision moved."""
    with operation(event, subject, always=always, **payload) as running:
        Revision.objects.select_for_update().get_or_create(pk=THE_ROW)
        yield running
        Revision.objects.filter(pk=THE_ROW).update(number=F("number") + 1)


def current_revision() -> int:
    """Return the number of the last catalogue write; 0 before the first. One indexed query."""
    number = Revision.objects.filter(pk=THE_ROW).values_list("number", flat=True).first()
    return number or 0


def refresh(row: R, change: Change) -> R | None:
    """Bring the columns that `change` does not name up to date; return the stored row.

    To be called under the lock. Returns None for a new row. Raises StaleRevisionError if the
    requester has seen another revision, GoneError if somebody has deleted the row.
    """
    stored: R | None = type(row)._default_manager.filter(pk=row.pk).first()
    if stored is None:
        if not row._state.adding:
            raise GoneError
        return None
    if change.expected_revision not in (None, stored.revision):
        raise StaleRevisionError(revision=stored.revision)
    for field in row._meta.concrete_fields:
        named = change.fields is None or field.name in change.fields
        if field.name in BOOKKEEPING or not (named or field.primary_key):
            setattr(row, field.attname, getattr(stored, field.attname))
    return stored


def store(row: Revised, stored: Revised | None, *, touched: bool = False) -> bool:
    """Save `row` and move its revision, unless nothing differs; return whether it was saved.

    `touched` says that something that belongs to the row but is no column of it has changed.
    """
    if stored is not None and not touched and not changed_fields(row, stored):
        return False
    row.revision = 1 if stored is None else stored.revision + 1
    row.save()
    return True


def changed_fields(row: Revised, stored: Revised) -> list[str]:
    return [
        field.name
        for field in row._meta.concrete_fields
        if field.name not in BOOKKEEPING
        and getattr(row, field.attname) != getattr(stored, field.attname)
    ]
