"""One default per type: the model that knowledge bases get when they name none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from registry.errors import IsDefaultError, NotActiveError, NotSharedError
from registry.models import LLMModel
from registry.services.revision import catalogue_write, refresh, store
from registry.types import Change

if TYPE_CHECKING:
    from audit.operations import Operation

_NOTHING_NAMED = Change(frozenset())


def set_default(llm: LLMModel, change: Change = _NOTHING_NAMED) -> LLMModel:
    """Make `llm` the default of its type; the previous default steps down.

    Doing it again changes nothing. Raises NotActiveError, NotSharedError, StaleRevisionError.
    """
    with catalogue_write("model_set_default", llm) as running:
        stored = refresh(llm, Change(frozenset(), change.expected_revision))
        llm.is_default = True
        step_aside(llm, stored, running)
        store(llm, stored)
    return llm


def step_aside(llm: LLMModel, stored: LLMModel | None, running: Operation) -> None:
    """Check a default-to-be and let the present one step down; `running` tells which it was."""
    if not llm.is_default:
        return
    if llm.owner_id is not None:
        raise NotSharedError
    if not llm.is_active:
        raise IsDefaultError if stored is not None and stored.is_default else NotActiveError
    previous = default_of(llm.type)
    if previous is None or previous.pk == llm.pk:
        return
    previous.is_default = False
    previous.revision += 1
    running.absorb(previous)
    previous.save(update_fields=("is_default", "revision", "updated_at"))
    running.tell(previous_default=previous.name, previous_default_id=str(previous.pk))


def default_of(llm_type: str) -> LLMModel | None:
    return LLMModel.objects.shared().of_type(llm_type).filter(is_default=True).first()
