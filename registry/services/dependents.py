"""Who uses a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from registry.models import KnowledgeBase, LLMModel
from registry.types import Dependents

if TYPE_CHECKING:
    from registry.models.base import TrackedQuerySet


def dependents_of(llm: LLMModel) -> Dependents:
    """Return what depends on `llm` by name; archived knowledge bases count, their vectors stay."""
    bases = knowledge_bases_of(llm).values_list("name", flat=True)
    return Dependents(knowledge_bases=sorted(bases), is_default=llm.is_default)


def knowledge_bases_of(llm: LLMModel) -> TrackedQuerySet:
    return KnowledgeBase.objects.filter(Q(embedding_model=llm) | Q(generation_model=llm))
