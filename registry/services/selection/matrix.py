"""Who can do what: the capability matrix, with keys that follow from limits and prices."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from registry.models import ModelCapability
from registry.services.selection import conditions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from registry.models import LLMModel

LONG_CONTEXT = "128k_context"
LONG_CONTEXT_TOKENS = 128_000
FREE = "free_tier"
DERIVED = (LONG_CONTEXT, FREE)


def capability_matrix() -> dict[str, list[str]]:
    """Return the slugs of the selectable models that truly have each capability, sorted.

    `128k_context` follows from the context window, `free_tier` from input and output prices
    that are both zero. Two queries for any number of models.
    """
    rows = conditions.choose(conditions.candidates(""), conditions.selectable())
    found: dict[str, list[str]] = defaultdict(list)
    columns = ("slug", "context_window", "input_cost", "output_cost")
    for slug, context_window, input_cost, output_cost in rows.order_by().values_list(*columns):
        if (context_window or 0) >= LONG_CONTEXT_TOKENS:
            found[LONG_CONTEXT].append(slug)
        if input_cost == 0 and output_cost == 0:
            found[FREE].append(slug)
    links = ModelCapability.objects.filter(llm__in=rows.order_by().values("pk"), supported=True)
    for name, slug in links.order_by().values_list("capability__name", "llm__slug"):
        found[name].append(slug)
    return {name: sorted(slugs) for name, slugs in sorted(found.items())}


def capability_rows(llms: Sequence[LLMModel]) -> list[dict[str, bool]]:
    """Return what is known of each model, derived keys included: true, false, or no entry.

    One query for any number of models.
    """
    known: dict[object, dict[str, bool]] = {llm.pk: _derived(llm) for llm in llms}
    links = ModelCapability.objects.filter(llm__in=list(known)).order_by()
    for pk, name, supported in links.values_list("llm_id", "capability__name", "supported"):
        known[pk][name] = supported
    return [known[llm.pk] for llm in llms]


def _derived(llm: LLMModel) -> dict[str, bool]:
    found = {}
    if llm.context_window is not None:
        found[LONG_CONTEXT] = llm.context_window >= LONG_CONTEXT_TOKENS
    if llm.input_cost is not None and llm.output_cost is not None:
        found[FREE] = llm.input_cost == 0 and llm.output_cost == 0
    return found
