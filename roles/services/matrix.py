"""Roles by slots: what fills each, how that is, and what happens where nothing does."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError

from registry.errors import RegistryError
from registry.types import Change
from roles.choices import Slot, Source
from roles.models import RoleSlot
from roles.services.reasons import Step
from roles.services.resolution import resolve, resolve_each
from roles.services.slots import (
    RoleInfo,
    defined_roles,
    find_target,
    last_resort_of,
    revision_of,
    role_name,
    set_slot,
    slots_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.contrib.auth.models import User

    from roles.services.candidates import Candidate
    from roles.services.resolution import Resolution

_NOTHING_NAMED: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Cell:
    """One slot of an owner: its row and its candidate, or what comes instead of an empty one."""

    role: str
    slot: Slot
    row: RoleSlot | None
    candidate: Candidate | None
    instead: Candidate | None

    @property
    def name(self) -> str:
        """Return the cell's name in forms; no slot has a dot in its name."""
        return f"{self.role}.{self.slot.value}"

    @property
    def revision(self) -> int:
        return revision_of(self.row)


@dataclass(frozen=True)
class RoleRow:
    """One role of an owner, with the whole trace of its resolution."""

    info: RoleInfo
    found: Resolution
    cells: tuple[Cell, ...]

    @property
    def steps(self) -> list[Step]:
        """Return the trace; the answer is the first that was not passed over."""
        chosen = next((one for one in self.found.trace if one.skipped is None), None)
        return [Step(candidate, candidate is chosen) for candidate in self.found.trace]

    @property
    def chosen(self) -> Step | None:
        return next((step for step in self.steps if step.is_chosen), None)

    @property
    def skipped(self) -> list[Step]:
        """Return what was passed over before the answer."""
        return list(takewhile(lambda step: not step.is_chosen, self.steps))


@dataclass(frozen=True)
class Wanted:
    """What a slot is to name from now on, as text, and the revision that the person saw."""

    role: str
    slot: str
    text: str
    seen: int | None = None


@dataclass(frozen=True)
class Filled:
    """Which cells were written, and why others were not, by the name of the cell."""

    changed: tuple[str, ...]
    refused: dict[str, str]


def role_rows(owner: User | None) -> list[RoleRow]:
    """Return the defined roles, and then others that have slots of this owner."""
    filled = slots_of(owner)
    infos = defined_roles()
    known = {info.name for info in infos}
    infos += [_undefined(name) for name in sorted(set(filled) - known)]
    return [
        _row(owner, info, filled.get(info.name, {}), found)
        for info, found in zip(infos, resolve_each(owner, infos), strict=True)
    ]


def role_row(
    owner: User | None,
    info: RoleInfo,
    *,
    healthy_only: bool = False,
    local_only: bool = False,
    now: datetime | None = None,
) -> RoleRow:
    """Return one role, resolved as asked."""
    filled = slots_of(owner).get(info.name, {})
    found = resolve(
        owner, info.name, healthy_only=healthy_only, local_only=local_only, whole=True, now=now
    )
    return _row(owner, info, filled, found)


def find_role(owner: User | None, name: str) -> RoleInfo | None:
    """Return a role that is defined or has slots of this owner, None for any other name."""
    for info in defined_roles():
        if info.name == name:
            return info
    try:
        role_name(name)
    except ValidationError:  # a NUL, of which PostgreSQL cannot even be asked
        return None
    is_used = RoleSlot.objects.of(None if owner is None else owner.pk).filter(role=name).exists()
    return _undefined(name) if is_used else None


def fill_slots(owner: User | None, wanted: Iterable[Wanted]) -> Filled:
    """Write each slot on its own: one that is refused keeps no other from being written."""
    changed, refused = [], {}
    for one in wanted:
        name = f"{one.role}.{one.slot}"
        try:
            target = find_target(one.text, owner) if one.text.strip() else None
            set_slot(owner, one.role, one.slot, target, change=Change(_NOTHING_NAMED, one.seen))
        except ValidationError as error:
            refused[name] = " ".join(error.messages)
        except RegistryError as error:
            refused[name] = str(error.message)
        else:
            changed.append(name)
    return Filled(tuple(changed), refused)


def _row(
    owner: User | None, info: RoleInfo, filled: dict[str, RoleSlot], found: Resolution
) -> RoleRow:
    own = Source.ORGANISATION if owner is None else Source.USER
    cells = tuple(_cell(info.name, slot, filled.get(slot.value), found, own) for slot in Slot)
    return RoleRow(info, found, cells)


def _cell(role: str, slot: Slot, row: RoleSlot | None, found: Resolution, own: Source) -> Cell:
    order = Slot.values
    place = order.index(slot.value)
    candidate, instead = None, None
    for tried in found.trace:
        is_own = tried.source == own and tried.slot != ""
        if is_own and tried.slot == slot.value:
            candidate = tried
        is_later = not is_own or order.index(tried.slot) > place
        if instead is None and is_later and tried.skipped is None:
            instead = tried
    return Cell(role, slot, row, candidate, None if row is not None else instead)


def _undefined(name: str) -> RoleInfo:
    return RoleInfo(name, name, "", last_resort_of(name), is_defined=False)
