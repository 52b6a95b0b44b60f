"""What goes with an own record when it is removed: told before, by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from registry.models import LLMModel
from roles.choices import Slot
from roles.models import RoleSlot

if TYPE_CHECKING:
    from collections.abc import Iterable

    from registry.models import Connection


@dataclass(frozen=True)
class Consequences:
    """Models that go, and slots that are empty afterwards."""

    models: tuple[str, ...]
    slots: tuple[str, ...]


def of_connection(connection: Connection) -> Consequences:
    """Return what removing an own account, host or login takes along."""
    llms = LLMModel.objects.filter(connection=connection, owner=connection.owner_id)
    found = list(llms.order_by("name", "pk"))
    return Consequences(tuple(llm.name for llm in found), _slots(found))


def of_llm(llm: LLMModel) -> Consequences:
    """Return what removing an own model empties."""
    return Consequences((), _slots([llm]))


def _slots(llms: Iterable[LLMModel]) -> tuple[str, ...]:
    rows = RoleSlot.objects.filter(llm__in=[llm.pk for llm in llms]).order_by("role", "slot")
    return tuple(f"{row.role}, {Slot(row.slot).label}" for row in rows)
