"""The answer of a user's own slots: one query for them, another for each model not yet known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.db import connection as database

from registry.services.revision import THE_ROW
from roles.choices import Slot, Source
from roles.services.candidates import Candidate, Judge
from roles.services.kept import Kept
from roles.services.model_rows import read_model
from roles.services.resolution import Resolution

if TYPE_CHECKING:
    from collections.abc import Sequence

# Models that one process keeps; about 5 kB each.
MOST = 2_048
# By hand: the ORM joins no tables that have no relation.
_SLOTS = (
    "SELECT revision.number, slot.slot, slot.builtin, slot.llm_id FROM registry_revision revision "
    "LEFT JOIN roles_roleslot slot ON slot.owner_id = %s AND slot.role = %s WHERE revision.id = %s"
)
_ORDER = {slot: at for at, slot in enumerate(Slot.values)}


@dataclass(frozen=True, slots=True)
class OwnSlot:
    """A filled slot; the model's id is in the database's own form."""

    slot: str
    builtin: str
    llm_id: Any


@dataclass(frozen=True, slots=True)
class SlotsRead:
    """What fills a user's slots of one role, in their order, at this revision of the catalogue."""

    revision: int
    slots: list[OwnSlot]


@dataclass(frozen=True, slots=True)
class _Known:
    """Whose a model is, and what there is to say of it wherever it stands."""

    owner_id: int | None
    candidate: Candidate


_models: Kept[_Known] = Kept(lambda: MOST)


def read_slots(user_id: int | None, role: str) -> SlotsRead:
    """Return the revision of the catalogue and what fills a user's slots, in one statement.

    Before the first write of the catalogue there is neither.
    """
    with database.cursor() as cursor:
        cursor.execute(_SLOTS, [user_id, role, THE_ROW])
        return as_read(cursor.fetchall())


def as_read(rows: Sequence[Sequence[Any]]) -> SlotsRead:
    """Return what rows of revision, slot, built-in and model say; all but the first may be NULL."""
    slots = [OwnSlot(*row[1:]) for row in rows if row[1] is not None]
    slots.sort(key=lambda row: _ORDER[row.slot])
    return SlotsRead((rows[0][0] or 0) if rows else 0, slots)


def by_own_slots(user_id: int, role: str, read: SlotsRead) -> Resolution | None:
    """Return what `resolve` would if one of these slots answers, else None."""
    tried: list[Candidate] = []
    for row in read.slots:
        candidate = _candidate(read.revision, user_id, row)
        if candidate is None:
            return None
        tried.append(candidate)
        if candidate.skipped is None:
            chosen = candidate.configuration
            return Resolution(role, chosen, candidate.source, candidate.slot, tuple(tried))
    return None


def forget() -> None:
    """Forget the models that this process knows."""
    _models.forget()


def _candidate(revision: int, user_id: int, row: OwnSlot) -> Candidate | None:
    """Return a slot as a candidate; None if its model is gone by now, or somebody else's."""
    if row.llm_id is None:
        return Judge().of_builtin(Source.USER, row.builtin, slot=row.slot)
    known = _models.get(revision, row.llm_id)
    if known is None:
        found = read_model(row.llm_id)
        if found is None:
            return None
        candidate = Judge().of_llm(Source.USER, found.llm, tags=found.tags)
        known = _Known(found.llm.owner_id, candidate)
        _models.put(revision, row.llm_id, known)
    if known.owner_id not in (None, user_id):
        return None
    return replace(known.candidate, slot=row.slot)
