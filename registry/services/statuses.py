"""What a person decided about a model: active, beta, inactive or deprecated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.services.llms import save_llm
from registry.types import LLMChange

if TYPE_CHECKING:
    from registry.models import LLMModel


def set_status(
    llm: LLMModel, status: str, *, expected_revision: int | None = None, **notes: Any
) -> LLMModel:
    """Change the status; `notes` may set deprecation_date, migration_guide and replacement.

    Raises IsDefaultError when a default would leave `active`, ValidationError otherwise.
    """
    llm.status = status
    for name, value in notes.items():
        setattr(llm, name, value)
    named = frozenset({"status", *notes})
    return save_llm(llm, LLMChange(fields=named, expected_revision=expected_revision))
