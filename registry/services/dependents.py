"""Who uses a model: what the registry knows, and a table to which other apps add their answers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from registry.models import KnowledgeBase, LLMModel, Route
from registry.services import people
from registry.types import Dependents, SlotUse

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from uuid import UUID

    from registry.models.base import TrackedQuerySet


@dataclass(frozen=True)
class SlotTable:
    """What an app answers that lets models stand in slots.

    `named(llm)` are those that name it, the organisation's first, as many as can be shown, and
    how many there are. `counts(llm_ids)` is how many name each of many models, in one query.
    `move(llm, target)` lets them name the target as far as their owners may use it; it is called
    under the catalogue's lock.
    """

    named: Callable[[LLMModel], tuple[list[SlotUse], int]]
    counts: Callable[[Collection[UUID]], Mapping[UUID, int]]
    move: Callable[[LLMModel, LLMModel], None]


# By the app's name.
_tables: dict[str, SlotTable] = {}


def add_slots(app: str, table: SlotTable) -> None:
    """Add an app's answer; called once at the start."""
    _tables[app] = table


def dependents_of(llm: LLMModel, viewer: Any = None) -> Dependents:
    """Return what depends on `llm` by name; archived knowledge bases count, their vectors stay.

    Whose a slot is is told to those who may see that person, and to commands (None).
    """
    bases = knowledge_bases_of(llm).values_list("name", flat=True)
    routes = Route.objects.filter(llm=llm).values_list("slug", flat=True)
    found = [table.named(llm) for table in _tables.values()]
    return Dependents(
        knowledge_bases=sorted(bases),
        is_default=llm.is_default,
        routes=sorted(routes),
        roles=_told([slot for slots, _count in found for slot in slots], viewer),
        role_count=sum(count for _slots, count in found),
    )


def knowledge_bases_of(llm: LLMModel) -> TrackedQuerySet:
    return KnowledgeBase.objects.filter(Q(embedding_model=llm) | Q(generation_model=llm))


def slot_counts(llm_ids: Collection[UUID]) -> Counter[UUID]:
    """Return how many slots name each of the models; one query per app."""
    found: Counter[UUID] = Counter()
    for table in _tables.values():
        found += Counter(table.counts(llm_ids))
    return found


def move_slots(llm: LLMModel, target: LLMModel) -> None:
    """Let the slots that name `llm` name `target`, as far as their owners may use that."""
    for table in _tables.values():
        table.move(llm, target)


def _told(slots: list[SlotUse], viewer: Any) -> list[SlotUse]:
    """Put the owners' names in, as far as `viewer` may know them."""
    names = people.names_told_to(viewer, [slot.owner_id for slot in slots])
    return [
        slot if slot.owner_id is None else replace(slot, owner=names.get(slot.owner_id, ""))
        for slot in slots
    ]
