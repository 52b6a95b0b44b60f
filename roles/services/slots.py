"""Slots: what people, and the organisation, choose for a role."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db.models import Case, Q, Value, When
from django.utils.translation import gettext_lazy as _

from registry.errors import StaleRevisionError
from registry.models import LLMModel
from registry.models.base import is_uuid
from registry.services.problems import Problems
from registry.services.revision import catalogue_write
from registry.types import Change
from roles.choices import Builtin, Slot
from roles.models import RoleSlot
from roles.services.builtins import builtin_key
from roles.services.role_table import (
    RoleInfo,
    defined_roles,
    delete_role,
    last_resort_of,
    role_info,
    role_name,
    save_role,
)

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from registry.models.llm import LLMQuerySet
    from roles.models.slot import RoleSlotQuerySet

__all__ = (
    "RoleInfo",
    "Target",
    "defined_roles",
    "delete_role",
    "find_target",
    "last_resort_of",
    "name_of",
    "revision_of",
    "role_info",
    "role_name",
    "save_role",
    "set_slot",
    "slots_of",
    "visible_to",
)

Target = LLMModel | Builtin

_NOTHING_NAMED = Change(frozenset())
# Told alike of what is not there and of what is somebody else's.
_NO_SUCH = _("There is no such model.")


def set_slot(
    owner: User | None,
    role: str,
    slot: str,
    target: Target | None,
    *,
    change: Change = _NOTHING_NAMED,
) -> RoleSlot | None:
    """Put a model or a built-in into a slot, or empty it (None); return the filled slot.

    `owner` None is the organisation, whose slots name shared models only. What stands there
    already is not written again. `change.expected_revision` is compared with `revision_of`.
    Raises ValidationError on `role`, `slot` or `model`, and StaleRevisionError.
    """
    row = _named(owner, role, slot)
    event = "role_slot_emptied" if target is None else "role_slot_set"
    with catalogue_write(event, row) as running:
        stored: RoleSlot | None = _rows(owner).filter(role=row.role, slot=row.slot).first()
        if change.expected_revision not in (None, revision_of(stored)):
            raise StaleRevisionError(revision=revision_of(stored))
        if stored is not None:  # the event is this slot's, whatever happens to its row
            row.pk, row.created_at, row._state.adding = stored.pk, stored.created_at, False
        _put(row, target)
        if target is None:
            if stored is not None:
                running.tell(**_told(stored))
                stored.delete()
            return None
        if stored is not None and (stored.llm_id, stored.builtin) == (row.llm_id, row.builtin):
            return stored
        running.tell(**_told(row))
        row.save()
    return row


def _named(owner: User | None, role: str, slot: str) -> RoleSlot:
    """Return a new row of this name. Raises ValidationError on `role` or `slot`."""
    row = RoleSlot(owner=owner)
    problems = Problems()
    with problems.gather():
        row.role = role_name(role)
    if slot in Slot.values:
        row.slot = Slot(slot).value
    else:
        problems.add("slot", _("A role has these slots: %s.") % ", ".join(Slot.values))
    problems.finish()
    return row


def find_target(text: str, owner: User | None) -> Target:
    """Return what a text names for this owner: a built-in, else a uuid, own slug, shared slug.

    Raises ValidationError on `model`; of another user's model it says what it says of none.
    """
    named = builtin_key(text)
    if named is not None:
        return named
    name = text.strip()
    rows = visible_to(owner)
    if is_uuid(name):
        found = rows.filter(pk=name).first()
    else:
        own_first = Case(When(owner__isnull=False, then=Value(0)), default=Value(1))
        found = rows.slugged(name).order_by(own_first).first()
    if found is None:
        raise ValidationError({"model": [_NO_SUCH]})
    llm: LLMModel = found
    return llm


def slots_of(owner: User | None) -> dict[str, dict[str, RoleSlot]]:
    """Return the filled slots by role and slot, in the order of roles' names and of slots."""
    rows = _rows(owner).select_related("llm__provider", "llm__connection").order_by("role")
    order = Slot.values
    found: dict[str, dict[str, RoleSlot]] = {}
    for row in sorted(rows, key=lambda row: (row.role, order.index(row.slot))):
        found.setdefault(row.role, {})[row.slot] = row
    return found


def name_of(slot: RoleSlot) -> str:
    """Return what a filled slot names: a built-in's key or a model's slug.

    Of a model that is somebody else's by now only the uuid is told.
    """
    if slot.llm is None:
        return str(slot.builtin)
    is_visible = slot.llm.owner_id in (None, slot.owner_id)
    return str(slot.llm.slug if is_visible else slot.llm.pk)


def revision_of(slot: RoleSlot | None) -> int:
    """Return the number of a slot's last change; 0 of an empty one. It is no counter."""
    return 0 if slot is None else int(slot.updated_at.timestamp() * 1_000_000)


def visible_to(owner: User | None) -> LLMQuerySet:
    """Return the models that this owner's slots may name: his own and the shared ones."""
    whose = Q(owner__isnull=True)
    if owner is not None:
        whose |= Q(owner=owner.pk)
    found: LLMQuerySet = LLMModel.objects.filter(whose)
    return found


def _rows(owner: User | None) -> RoleSlotQuerySet:
    found: RoleSlotQuerySet = RoleSlot.objects.of(None if owner is None else owner.pk)
    return found


def _put(row: RoleSlot, target: Target | None) -> None:
    """Let `row` name the target, as it is under the lock. Raises ValidationError on `model`."""
    row.llm, row.builtin = None, ""
    if isinstance(target, Builtin):
        row.builtin = target.value
    elif target is not None:
        row.llm = visible_to(row.owner).filter(pk=target.pk).first()
        if row.llm is None:
            raise ValidationError({"model": [_NO_SUCH]})


def _told(row: RoleSlot) -> dict[str, Any]:
    """Return what the trail says beside the columns: names, where those have ids."""
    return {"model": row.builtin or str(row.llm)}
