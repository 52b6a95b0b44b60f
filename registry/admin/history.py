"""An object's own part of the trail, as its history page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit import sentences
from audit.moments import ago
from registry.admin.refusals import trail_of

if TYPE_CHECKING:
    from django.db.models import Model

    from audit.models import LogEntry

_PAGE = 50  # events
_LAST_PAGE = 10_000


@dataclass(frozen=True)
class Event:
    """One event with its words."""

    entry: LogEntry
    sentence: str
    rows: list[sentences.Row]
    facts: list[sentences.Row]

    @property
    def when(self) -> str:
        return ago(self.entry.timestamp)

    @property
    def who(self) -> str:
        return self.entry.application or self.entry.actor_name


@dataclass(frozen=True)
class History:
    """One page of events, newest first; counting all of them would cost more than it tells."""

    events: list[Event]
    page: int
    has_next: bool

    @classmethod
    def of(cls, row: Model, page: str) -> History:
        number = min(int(page), _LAST_PAGE) if page.isascii() and page.isdigit() else 1
        number = max(number, 1)
        start = (number - 1) * _PAGE
        found = list(trail_of(row)[start : start + _PAGE + 1])
        events = [cls._event(entry) for entry in found[:_PAGE]]
        return cls(events, number, len(found) > _PAGE)

    @staticmethod
    def _event(entry: LogEntry) -> Event:
        return Event(
            entry, sentences.sentence(entry), sentences.changes(entry), sentences.facts(entry)
        )
