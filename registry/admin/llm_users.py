"""Who uses a model, on its page: knowledge bases, slots of roles, and applications."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from audit.moments import ago
from registry.services.dependents import dependents_of, knowledge_bases_of
from registry.services.llm_uses import uses_of

if TYPE_CHECKING:
    from django.http import HttpRequest

    from registry.models import LLMModel
    from registry.types import SlotUse


@dataclass(frozen=True)
class UseLine:
    """One application's last use as the page shows it."""

    application: str
    role: str
    user: str
    when: str


def users_context(llm: LLMModel, request: HttpRequest) -> dict[str, Any]:
    """Return who uses the model, as far as the reader may know."""
    bases = knowledge_bases_of(llm).order_by("name")
    found = dependents_of(llm, request.user)
    return {
        "bases": bases,
        "slots": slot_lines(found.roles),
        "more_slots": found.role_count - len(found.roles),
        "used_count": len(bases) + found.role_count,
        "applications": use_lines(llm, request),
        "replaced": llm.replaces.order_by("name"),
    }


def slot_lines(slots: list[SlotUse]) -> list[str]:
    """Say of each slot whose it is; a person whom the reader may not see has no name."""
    return [f"{slot.role} · {slot.slot} · {_whose(slot)}" for slot in slots]


def use_lines(llm: LLMModel, request: HttpRequest) -> list[UseLine] | None:
    """Return the applications; None for readers who may not see them."""
    if not request.user.has_perm("registry.view_llmuse"):
        return None
    return [
        UseLine(use.application, use.role, use.user, ago(use.last_used_at))
        for use in uses_of(llm, request.user)
    ]


def _whose(slot: SlotUse) -> str:
    if slot.owner is None:
        return _("the organisation")
    return slot.owner or _("a person")
