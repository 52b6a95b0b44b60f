"""Looks into JSON of any shape: what is not as it should be is noted, and is empty."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import ValidationError

from registry.fields import ExactField, LabelField
from registry.services import origins
from registry.services.keys import read_key
from registry.types import Secret
from roles.legacy.document import Code, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T", list[Any], dict[str, Any])

MOST_ENTRIES = 10_000  # of one list or section; nobody has typed as many
MOST_TAGS = 100  # of one model
LONGEST_NAMED = 40  # characters of a name in a message
_NAMED_AT_MOST = 5  # unknown members in one message

_LABEL = LabelField(max_length=200, blank=True)
_TAG = LabelField(max_length=64, blank=True)
_WORD = LabelField(max_length=32, blank=True)
_EXACT = ExactField(max_length=200, blank=True)
_LONGEST_ADDRESS = 500


class TooManyError(Exception):
    """A list or a section has more entries than any document that people made."""

    def __init__(self, place: str) -> None:
        super().__init__(f"more than {MOST_ENTRIES:,} entries")
        self.place = place


@dataclass
class Notes:
    """Gathers the problems of one file."""

    file: str
    problems: list[Problem] = field(default_factory=list)

    def add(self, where: str, code: Code, why: str) -> None:
        self.problems.append(Problem(f"{self.file}: {where}" if where else self.file, why, code))


def shown(name: str) -> str:
    """Return a name out of a document as one short printable word for messages."""
    text = name.encode("unicode_escape").decode()
    return text if len(text) <= LONGEST_NAMED else f"{text[:LONGEST_NAMED]}..."


@dataclass(frozen=True)
class Entry:
    """An object of the document and the place where it stands."""

    values: dict[str, Any]
    where: str
    notes: Notes

    def has(self, name: str) -> bool:
        return self.values.get(name) is not None

    def note(self, name: str, code: Code, why: str) -> None:
        self.notes.add(self.place(name), code, why)

    def place(self, name: str) -> str:
        if not self.where or not name:
            return self.where or shown(name)
        return f"{self.where}.{shown(name)}"

    def text(self, name: str) -> str:
        """Return a member's text as it stands, "" without one; a whole number is read as text."""
        return self._text(self.values.get(name), self.place(name))

    def label(self, name: str) -> str:
        return self._clean(self.values.get(name), self.place(name), _LABEL)

    def exact(self, name: str) -> str:
        return self._clean(self.values.get(name), self.place(name), _EXACT)

    def word(self, name: str) -> str:
        return self._clean(self.values.get(name), self.place(name), _WORD)

    def address(self, name: str) -> str:
        """Return an address in its one spelling, "" for none and for one that is no address."""
        text = self.text(name)
        try:
            found = origins.normalise(text)
        except ValidationError as error:
            self.note(name, Code.INVALID, " ".join(error.messages))
            return ""
        if len(found) > _LONGEST_ADDRESS:
            self.note(name, Code.INVALID, f"this is longer than {_LONGEST_ADDRESS} characters")
            return ""
        return found

    def key(self, name: str) -> Secret | None:
        """Return a key: None where the member is not there, an empty one where it is blank."""
        if name not in self.values:
            return None
        try:
            return read_key(self.text(name), hint="") or Secret("")
        except ValidationError as error:
            self.note(name, Code.INVALID, " ".join(error.messages))
            return Secret("")

    def thousands(self, name: str, *, most: int) -> int:
        """Return a number of thousands; 0 where it is not known or no number of tokens."""
        found = self._whole(name)
        if not 0 <= found * 1000 <= most:
            self.note(name, Code.INVALID, f"this must be at most {most:,} tokens, and not below 0")
            return 0
        return found

    def tags(self, name: str) -> tuple[str, ...]:
        values = self._listed(name)
        if len(values) > MOST_TAGS:
            self.note(name, Code.INVALID, f"only the first {MOST_TAGS} of these were read")
        cleaned = (
            self._clean(value, f"{self.place(name)}[{at}]", _TAG)
            for at, value in enumerate(values[:MOST_TAGS])
        )
        return tuple(sorted({tag for tag in cleaned if tag}))

    def entries(self, name: str) -> list[Entry]:
        """Return the objects of a list, each with its place."""
        found = []
        for at, value in enumerate(self._listed(name)):
            where = f"{self.place(name)}[{at}]"
            if isinstance(value, dict):
                found.append(Entry(value, where, self.notes))
            else:
                why = f"this must be an object, not {kind_of(value)}; it was left out"
                self.notes.add(where, Code.WRONG_TYPE, why)
        return found

    def section(self, name: str) -> Entry:
        """Return the object under a name; one of no members where there is none."""
        value = self.values.get(name)
        if value is not None and not isinstance(value, dict):
            self.note(name, Code.WRONG_TYPE, f"this must be an object, not {kind_of(value)}")
        members = value if isinstance(value, dict) else {}
        return Entry(refuse_too_many(members, self.place(name)), self.place(name), self.notes)

    def only(self, known: Iterable[str]) -> None:
        """Note the members that nothing reads; none of them comes along."""
        strange = [name for name in self.values if name not in set(known)]
        if strange:
            names = ", ".join(shown(name) for name in strange[:_NAMED_AT_MOST])
            more = f" and {len(strange) - _NAMED_AT_MOST} more" * (len(strange) > _NAMED_AT_MOST)
            self.note("", Code.UNKNOWN, f"not known here and left out: {names}{more}")

    def _listed(self, name: str) -> list[Any]:
        value = self.values.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            self.note(name, Code.WRONG_TYPE, f"this must be a list, not {kind_of(value)}")
            return []
        return refuse_too_many(value, self.place(name))

    def _whole(self, name: str) -> int:
        value = self.values.get(name)
        if value is None:
            return 0
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        text = value.strip() if isinstance(value, str) else ""
        if len(text) < LONGEST_NAMED and text.isascii() and text.isdigit():
            self.note(name, Code.WRONG_TYPE, "this is text; it was read as a number")
            return int(text)
        if isinstance(value, float) and math.isfinite(value):
            self.note(name, Code.INVALID, "this must be a whole number; it was rounded down")
            return int(value)
        self.note(name, Code.WRONG_TYPE, f"this must be a whole number, not {kind_of(value)}")
        return 0

    def _text(self, value: Any, place: str) -> str:
        if value is None or isinstance(value, str):
            return (value or "").strip()
        if isinstance(value, int) and not isinstance(value, bool):
            self.notes.add(place, Code.WRONG_TYPE, "this is a number; it was read as text")
            return _digits(value)
        self.notes.add(place, Code.WRONG_TYPE, f"this must be text, not {kind_of(value)}")
        return ""

    def _clean(self, value: Any, place: str, column: LabelField | ExactField) -> str:
        try:
            return str(column.clean(self._text(value, place), None))
        except ValidationError as error:
            self.notes.add(place, Code.INVALID, " ".join(error.messages))
            return ""


def kind_of(value: Any) -> str:
    """Return what JSON calls a value of this type."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return "text" if isinstance(value, str) else "a number"


def refuse_too_many(values: T, place: str) -> T:
    """Return what has at most as many entries as anybody has. Raises TooManyError."""
    if len(values) > MOST_ENTRIES:
        raise TooManyError(place)
    return values


def _digits(value: int) -> str:
    """Return a whole number as text; of one with thousands of digits nothing."""
    try:
        return str(value)
    except ValueError:
        return ""
