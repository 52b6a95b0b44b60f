"""Ids of documents as the names that records have here: kept where they can be, else made so.

The rule of these names is `SlugTextField`'s; a test compares the two.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from roles.choices import Builtin

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST = 200
_SLUG = re.compile(r"[a-z0-9][a-z0-9._-]*")
_RESERVED = frozenset({"embedding", "generation", "ner", "available"})


def is_slug(text: str) -> bool:
    """Whether a record can have this name."""
    if len(text) > LONGEST or text in _RESERVED or not _SLUG.fullmatch(text):
        return False
    return not _is_uuid(text)


def slug_of(text: str) -> str:
    """Return the name made from any text: the text itself where it is one already."""
    if is_slug(text):
        return text
    plain = re.sub(r"[^a-z0-9._-]+", "-", text.strip().lower())
    plain = re.sub(r"^[^a-z0-9]+", "", plain).rstrip("-")[: LONGEST - 20] or "x"
    return plain if is_slug(plain) else f"id-{plain}"


@dataclass
class Names:
    """Gives names out, each once. Ids that are names already are reserved before any is made."""

    reserved: frozenset[str]
    given: set[str] = field(default_factory=set)
    _last: dict[str, int] = field(default_factory=dict)

    @classmethod
    def for_ids(cls, ids: Iterable[str]) -> Names:
        return cls(frozenset(text for text in ids if is_slug(text)))

    def give_made(self, text: str) -> str:
        """Return a name like `text` that no record of the document has."""
        self.given |= self.reserved
        return self.give(text)

    def give(self, text: str) -> str:
        """Return the name for an id: its own for the first who has it, else a numbered one."""
        if is_slug(text) and text not in self.given:
            self.given.add(text)
            return text
        plain = slug_of(text)
        found, number = plain, self._last.get(plain, 1)
        while found in self.given or found in self.reserved or found in Builtin.values:
            number += 1
            found = f"{plain[: LONGEST - 20]}-{number}"
        self._last[plain] = number
        self.given.add(found)
        return found


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
