"""What a piece of a test wrote on the trail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from audit.models import LogEntry


class Written(list[LogEntry]):
    """The entries that were written inside `written()`, oldest first."""

    @property
    def names(self) -> list[str]:
        return [entry.event for entry in self]

    @property
    def only(self) -> LogEntry:
        """The one entry there is."""
        (entry,) = self
        return entry

    def named(self, event: str) -> LogEntry:
        """The one entry of this event."""
        (entry,) = (entry for entry in self if entry.event == event)
        return entry


@contextmanager
def written() -> Iterator[Written]:
    """Collect the entries of the block; they are there once it has ended without an error."""
    last = LogEntry.objects.order_by("-id").values_list("id", flat=True).first() or 0
    found = Written()
    yield found
    found.extend(LogEntry.objects.filter(id__gt=last).order_by("id"))


def changes(entry: LogEntry) -> dict[str, Any]:
    told: dict[str, Any] = dict(entry.changes or {})
    return told


def payload(entry: LogEntry) -> dict[str, Any]:
    told: dict[str, Any] = dict(entry.additional_data or {})
    return told
