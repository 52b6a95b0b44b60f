"""Which application was given which model and when: noted in passing, for who looks after models.

It is measured and no event of the trail. Most calls end in this process's memory: a pair is noted
once a minute, and where many pairs are asked for at once they are written together.
"""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib.auth.models import User
from django.db import DatabaseError, transaction
from django.db.models import Count
from django.utils import timezone

from audit import context
from registry.models import LLMModel, LLMUse
from registry.services import people

if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any

NOTED_AT_MOST_EVERY = timedelta(minutes=1)
# Pairs that one process remembers; who falls out is looked up in the table.
MOST = 16_384
# Writes that one process makes at once, and in a second on end. What comes then waits for the next
# one, or until there is a lot of it; what waits when a process ends is lost.
WRITES_AT_ONCE = 20
WRITES_A_SECOND = 2
MOST_WAITING = 500
# Applications that a page or an answer names.
SHOWN = 100
_LONGEST_APPLICATION = 100
_LONGEST_ROLE = 64

_log = logging.getLogger(__name__)
_Pair = tuple[UUID, str]


@dataclass(frozen=True)
class Use:
    """One application's last use. `user` is whose role it asked for, if that may be told."""

    application: str
    role: str
    last_used_at: datetime
    user: str = ""


@dataclass(frozen=True, slots=True)
class _Note:
    """A use that is to be written."""

    llm_id: UUID
    application: str
    role: str
    user_id: int | None
    moment: datetime


class _Noted:
    """When this process last noted each pair, the last noted ones last."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._moments: OrderedDict[_Pair, datetime] = OrderedDict()

    def is_due(self, pair: _Pair, moment: datetime) -> bool:
        """Say whether a note is due, and remember that it was made."""
        with self._lock:
            last = self._moments.get(pair)
            if last is not None and last <= moment < last + NOTED_AT_MOST_EVERY:
                return False
            self._moments[pair] = moment
            self._moments.move_to_end(pair)
            while len(self._moments) > MOST:
                self._moments.popitem(last=False)
            return True

    def forget(self) -> None:
        with self._lock:
            self._moments.clear()

    def __len__(self) -> int:
        return len(self._moments)


class _Waiting:
    """Notes that have not been written yet."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._notes: list[_Note] = []
        self._writes_left, self._counted_at = float(WRITES_AT_ONCE), time.monotonic()

    def add(self, note: _Note) -> list[_Note]:
        """Return what is to be written now: all that waits, or nothing."""
        with self._lock:
            self._notes.append(note)
            moment = time.monotonic()
            gained = (moment - self._counted_at) * WRITES_A_SECOND
            self._writes_left = min(WRITES_AT_ONCE, self._writes_left + gained)
            self._counted_at = moment
            if self._writes_left < 1 and len(self._notes) < MOST_WAITING:
                return []
            self._writes_left = max(0, self._writes_left - 1)
            due, self._notes = self._notes, []
            return due

    def forget(self) -> None:
        with self._lock:
            self._notes = []
            self._writes_left, self._counted_at = float(WRITES_AT_ONCE), time.monotonic()


_noted = _Noted()
_waiting = _Waiting()


def note(
    llm: LLMModel | UUID | None,
    application: str,
    role: str = "",
    user: User | int | None = None,
    *,
    now: datetime | None = None,
) -> None:
    """Note that an application was given a stored model, at most once a minute per pair.

    Of a built-in (None), and where no application asked, nothing is noted. What keeps the note
    from being written, such as a model deleted just now, does not fail the caller's answer.
    """
    if llm is None or not application:
        return
    llm_id = llm if isinstance(llm, UUID) else llm.pk
    application = application[:_LONGEST_APPLICATION]
    moment = now or timezone.now()
    if not _noted.is_due((llm_id, application), moment):
        return
    user_id = user.pk if isinstance(user, User) else user
    due = _waiting.add(_Note(llm_id, application, role[:_LONGEST_ROLE], user_id, moment))
    if not due:
        return
    try:
        with transaction.atomic():
            _write(due)
    except DatabaseError:
        _log.warning("the use of a model was not noted", exc_info=True)


def note_asked(llm: LLMModel | UUID | None) -> None:
    """Note a model for the application whose request is being answered, if it is one's."""
    running = context.current()
    note(llm, "" if running is None else running.application)


def uses_of(llm: LLMModel, viewer: Any = None) -> list[Use]:
    """Return the applications that used a model, the last one first.

    Whose role they asked for is told to those who may see that person, and to commands (None).
    """
    rows = LLMUse.objects.filter(llm=llm).order_by("-last_used_at", "application")
    found = list(rows[:SHOWN])
    names = people.names_told_to(viewer, [row.user_id for row in found])
    return [
        Use(row.application, row.role, row.last_used_at, names.get(row.user_id or 0, ""))
        for row in found
    ]


def application_counts(llm_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return how many applications ever used each of the models that any did; one query."""
    rows = LLMUse.objects.filter(llm__in=llm_ids).order_by().values_list("llm")
    return dict(rows.annotate(count=Count("pk")))


def forget() -> None:
    """Forget what this process has noted; the table stays."""
    _noted.forget()
    _waiting.forget()


def _write(notes: list[_Note]) -> None:
    """Move the pairs' rows, unless another process has within the minute, or add them."""
    latest = {(note.llm_id, note.application): note for note in notes}
    llm_ids = sorted({note.llm_id for note in notes})
    found = LLMUse.objects.filter(llm__in=llm_ids).values_list(
        "llm_id", "application", "last_used_at"
    )
    for llm_id, application, last in found:
        note = latest.get((llm_id, application))
        if note is not None and note.moment < last + NOTED_AT_MOST_EVERY:
            del latest[llm_id, application]
    if latest:
        _upsert(list(latest.values()))


def _upsert(notes: list[_Note]) -> None:
    # Who deletes a model waits for this row, or was first; then there is nothing to note.
    rows = LLMModel.objects.select_for_update(no_key=True).order_by("pk")
    held = set(rows.filter(pk__in={note.llm_id for note in notes}).values_list("pk", flat=True))
    user_ids = {note.user_id for note in notes if note.user_id is not None}
    known = set(User.objects.filter(pk__in=user_ids).values_list("pk", flat=True))
    uses = [
        LLMUse(
            llm_id=note.llm_id,
            application=note.application,
            role=note.role,
            user_id=note.user_id if note.user_id in known else None,
            last_used_at=note.moment,
        )
        for note in sorted(notes, key=lambda note: (note.llm_id, note.application))
        if note.llm_id in held
    ]
    LLMUse.objects.bulk_create(
        uses,
        update_conflicts=True,
        unique_fields=("llm", "application"),
        update_fields=("role", "user", "last_used_at"),
    )
