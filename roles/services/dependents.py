"""What roles add to the table of who uses a model: the slots that name it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count, F

from registry.services.dependents import SlotTable, add_slots
from registry.types import SlotUse
from roles.models import RoleSlot

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from registry.models import LLMModel

# Slots that a page or an answer names; people may be many.
SHOWN = 100


def add_to_table() -> None:
    add_slots("roles", SlotTable(named=slots_naming, counts=slot_counts, move=move))


def slots_naming(llm: LLMModel) -> tuple[list[SlotUse], int]:
    """Return the slots that name a model, the organisation's first, and how many there are."""
    rows = RoleSlot.objects.filter(llm=llm)
    first = F("owner__username").asc(nulls_first=True)
    shown = list(rows.order_by(first, "role", "slot")[:SHOWN])
    slots = [SlotUse(row.role, row.slot, owner_id=row.owner_id) for row in shown]
    return slots, len(shown) if len(shown) < SHOWN else rows.count()


def slot_counts(llm_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return how many slots name each of the models that any names."""
    rows = RoleSlot.objects.filter(llm__in=llm_ids).order_by().values_list("llm")
    return dict(rows.annotate(count=Count("pk")))


def move(llm: LLMModel, target: LLMModel) -> None:
    """Let the slots that name `llm` name `target`; one whose owner may not use it stays."""
    for row in RoleSlot.objects.filter(llm=llm).order_by("pk"):
        if target.owner_id in (None, row.owner_id):
            row.llm = target
            row.save()
