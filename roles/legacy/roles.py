"""Which model stands in which slot of which role."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from roles.choices import Builtin, Slot
from roles.legacy.document import Code

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from roles.legacy.entries import Entry

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def read_roles(roles: Entry, names: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return the slots by role, "" in the empty ones; `names` are the models by their ids.

    What is of a wrong type, a role or a slot, is not there: nothing is known of what was meant.
    """
    found: dict[str, dict[str, str]] = {}
    for text, value in roles.values.items():
        role = text.strip()
        if not _NAME.fullmatch(role):
            why = "no name of a role (small letters, digits, . _ -, at most 64); left out"
            roles.note(text, Code.INVALID, why)
            continue
        slots = roles.section(text)
        slots.only(Slot.values)
        if isinstance(value, dict):
            found[role] = dict(_slots(slots, names))
    return found


def _slots(slots: Entry, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for slot in Slot.values:
        target = slots.label(slot)
        if target:
            yield slot, target if target in Builtin.values else names.get(target, target)
        elif slots.values.get(slot) in (None, ""):
            yield slot, ""
