"""The trail as CSV that a spreadsheet opens as text, row by row."""

from __future__ import annotations

import csv
import json
import re
from typing import TYPE_CHECKING, Any

from audit import sentences

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from audit.models import LogEntry

COLUMNS = (
    "when",
    "who",
    "application",
    "source",
    "address",
    "event",
    "what",
    "object type",
    "object",
    "object id",
    "changes",
    "facts",
    "request id",
)

# What a spreadsheet takes for a formula: at the start of a cell, behind quotes too, and behind
# a semicolon, which separates cells in half of Europe. The wide forms are folded to the narrow.
_SIGNS = "=+\\-@＝＋－＠"  # noqa: RUF001
_FORMULA = re.compile(rf"^([\s\"';]*[{_SIGNS}]|[\t\r\n])")
_INNER_FORMULA = re.compile(rf";(?=[\s\"]*[{_SIGNS}])")


def as_text(value: object) -> str:
    """Return a cell's text with an apostrophe in front of what would be run as a formula."""
    text = _INNER_FORMULA.sub(";'", str(value))
    return f"'{text}" if _FORMULA.match(text) else text


class _Line:
    """A file that hands each line back instead of keeping it."""

    def write(self, text: str) -> str:
        return text


def lines(entries: Iterable[LogEntry]) -> Iterator[str]:
    """Yield the CSV, headers first; nothing is kept in memory."""
    writer = csv.writer(_Line(), quoting=csv.QUOTE_ALL)
    yield writer.writerow(COLUMNS)
    for entry in entries:
        yield writer.writerow([as_text(cell) for cell in _cells(entry)])


def _cells(entry: LogEntry) -> tuple[object, ...]:
    return (
        entry.timestamp.isoformat(),
        entry.actor_name,
        entry.application,
        entry.source,
        entry.remote_addr or "",
        entry.event,
        sentences.sentence(entry),
        sentences.noun(entry),
        entry.object_repr,
        entry.object_pk,
        _json(entry.changes),
        _json(entry.additional_data),
        entry.cid or "",
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if value else ""
