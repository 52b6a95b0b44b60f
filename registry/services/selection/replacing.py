"""What could be used instead of a model: successors, and cheaper ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Case, IntegerField, Q, When

from registry.choices import LLMType
from registry.services.price_book import PriceBook
from registry.services.selection import conditions
from registry.services.selection.cheapest import by_cost
from registry.services.selection.judging import by_rank
from registry.services.selection.offers import ModelOffer, cost_or_none, offers_of
from registry.services.selection.ranking import rank
from registry.services.selection.routes import named

if TYPE_CHECKING:
    from decimal import Decimal

    from registry.models import LLMModel
    from registry.models.llm import LLMQuerySet
    from registry.services.costs import Usage

MOST_CHEAPER = 100


def alternatives(llm: LLMModel | str) -> list[LLMModel]:
    """Return the selectable models that can do what `llm` does: its named replacement first.

    Then those of the same maker, then by rank. An embedding model needs the same dimensions
    and metric, for vectors of others do not mix; any other keeps every capability that is
    known to be true, and a context window that is no smaller.
    """
    found = named(llm)
    nearness = Case(
        When(pk=found.replacement_id, then=0),
        When(provider=found.provider_id, then=1),
        default=2,
        output_field=IntegerField(),
    )
    rows = _others(found).annotate(nearness=nearness)
    if found.type == LLMType.EMBEDDING:
        rows = rows.filter(dimensions=found.dimensions, distance_metric=found.distance_metric)
    else:
        rows = rows.filter(conditions.kept_capabilities(found))
        if found.context_window is not None:
            rows = rows.filter(context_window__gte=found.context_window)
    return list(rows.order_by("nearness", *rank()))


def cheaper(llm: LLMModel | str, usage: Usage, *, limit: int = MOST_CHEAPER) -> list[ModelOffer]:
    """Return the selectable models over which the request costs less: by cost, then rank.

    Each at its cheapest usable route, as `llm` itself, whose list price counts if it has none.
    They keep its true capabilities and the request fits. Nothing is cheaper than a cost that is
    not known.
    """
    found = named(llm)
    own = _own_total(found, usage)
    if not own:
        return []
    size = conditions.fits(usage.prompt_tokens, usage.output_tokens)
    rows = conditions.choose(_others(found), size).filter(conditions.kept_capabilities(found))
    others = by_cost(by_rank(rows, usage), found.type, usage, first=limit, over=Q())
    return [offer for offer in others.offers if (offer.total or 0) < own][:limit]


def _own_total(llm: LLMModel, usage: Usage) -> Decimal | None:
    (offer,) = offers_of([llm], usage)
    listed = None if offer.route else cost_or_none(PriceBook.load([llm.pk]), llm.pk, usage)
    return listed.total if listed else offer.total


def _others(llm: LLMModel) -> LLMQuerySet:
    rows = conditions.choose(conditions.candidates(llm.type), conditions.selectable())
    return rows.exclude(pk=llm.pk).select_related("provider")
