"""Which models stand in the capability matrix: found by name, maker, and what they can do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q

from registry.choices import LLMStatus
from registry.models import Capability, LLMModel, ModelCapability
from registry.services import selection
from registry.services.selection.matrix import FREE, LONG_CONTEXT, LONG_CONTEXT_TOKENS

if TYPE_CHECKING:
    from registry.models import Provider
    from registry.models.llm import LLMQuerySet

YES, NO, UNKNOWN = "yes", "no", "unknown"
ANSWERS = (YES, NO, UNKNOWN)
_PRICED = Q(input_cost__isnull=False, output_cost__isnull=False)
_FREE = Q(input_cost=0, output_cost=0)
_DERIVED: dict[str, dict[str, Q]] = {
    LONG_CONTEXT: {
        YES: Q(context_window__gte=LONG_CONTEXT_TOKENS),
        NO: Q(context_window__lt=LONG_CONTEXT_TOKENS),
        UNKNOWN: Q(context_window__isnull=True),
    },
    FREE: {YES: _FREE, NO: _PRICED & ~_FREE, UNKNOWN: ~_PRICED},
}


def columns() -> dict[str, str]:
    """Return the names of the capabilities with their words, those that are derived last."""
    words = Capability.objects.order_by("name").values_list("name", "label")
    return {name: label or name for name, label in words} | dict.fromkeys(selection.DERIVED, "")


def table_rows(
    *,
    llm_type: str = "",
    provider: Provider | None = None,
    query: str = "",
    capability: str = "",
    answer: str = YES,
    with_idle: bool = False,
) -> LLMQuerySet:
    """Return the shared models by name, or as well as `query` fits.

    `capability` keeps those of which it is known to be so, known not to be, or unknown. Models
    that are switched off or deprecated are left out unless `with_idle`.
    """
    if query.strip():
        rows = selection.search(query, llm_type)
    else:
        rows = LLMModel.objects.shared().select_related("provider").order_by("name", "slug")
        rows = rows.of_type(llm_type) if llm_type else rows
    if provider is not None:
        rows = rows.filter(provider=provider)
    if not with_idle:
        rows = rows.filter(status__in=(LLMStatus.ACTIVE, LLMStatus.BETA))
    return rows.filter(_answers(capability, answer)) if capability else rows


def _answers(capability: str, answer: str) -> Q:
    if capability in _DERIVED:
        return _DERIVED[capability][answer]
    links = ModelCapability.objects.filter(llm=OuterRef("pk"), capability__name=capability)
    if answer == UNKNOWN:
        return ~Q(Exists(links))
    return Q(Exists(links.filter(supported=answer == YES)))
