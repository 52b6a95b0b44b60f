"""The order of models by what a request costs at their cheapest usable route, exactly."""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import CharField, Q
from django.db.models.functions import Cast

from registry.models import LLMModel, Route
from registry.services.selection.judging import by_rank, plain_rows
from registry.services.selection.offers import offers_of
from registry.services.selection.ranking import EXACT_BELOW, TOLERANCE, nano_of, route_nano

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from registry.models.llm import LLMQuerySet
    from registry.models.route import RouteQuerySet
    from registry.services.costs import Usage
    from registry.services.selection.judging import Judged
    from registry.services.selection.offers import ModelOffer


@dataclass(frozen=True)
class ByCost:
    """Models at their cheapest usable routes, those with more of what is optional before.

    The first ones are there. `unpriced` are the keys of all whose cost is not known.
    """

    offers: list[ModelOffer]
    unpriced: set[str]


def read(keys: Iterable[str]) -> dict[str, LLMModel]:
    """Return the models by their ids as text."""
    ids = {UUID(key): key for key in keys}
    rows = LLMModel.objects.filter(pk__in=[*ids]).select_related("provider")
    return {ids[row.pk]: row for row in rows}


def by_cost(rows: Sequence[Judged], llm_type: str, usage: Usage, *, first: int, over: Q) -> ByCost:
    """Sort rows that are in rank order, over the routes `over`; at least the `first` ones.

    Sums in SQL sort the models with plain prices; those with other prices are counted one by one.
    """
    order, special = _order(rows, usage, over=over & Q(llm__type=llm_type))
    exact = special.union(_firsts(order, first))
    offers = _offers(exact, usage, over=over)
    counted = [row for row in rows if row.key in offers]
    counted.sort(key=lambda row: (-row.held, offers[row.key].total))
    return ByCost(
        [offers[row.key] for row in counted],
        {row.key for row in rows if row.key not in (offers if row.key in exact else order)},
    )


def keys_by_cost(rows: LLMQuerySet, usage: Usage, *, over: Q) -> list[str]:
    """Return the ids, as text, of rows that all fit: by cost, then by rank; unknown ones last.

    Every row has its place: models with other than plain prices stand among the sums of the rest.
    """
    found = by_rank(rows, usage)
    order, special = _order(found, usage, over=over)
    offers = _offers(special, usage, over=over)
    order |= {key: (0, nano_of(offer.cost.total)) for key, offer in offers.items() if offer.cost}
    return sorted((row.key for row in found), key=lambda key: order.get(key, (0, math.inf)))


def _order(
    rows: Sequence[Judged], usage: Usage, *, over: Q
) -> tuple[dict[str, tuple[int, float]], set[str]]:
    """Return what sorts the rows with plain prices, by key, and the keys of those with others.

    Those whose cost is not known are in neither.
    """
    sums, tiered = _sums(Route.objects.usable().filter(over, llm__owner__isnull=True), usage)
    special = {row.key for row in rows if usage.cached_tokens or row.has_tiers or row.key in tiered}
    # A model without a usable route is called at list price.
    order = {
        row.key: (-row.held, cost)
        for row in rows
        if (cost := sums.get(row.key, row.measure)) is not None and row.key not in special
    }
    return order, special


def _offers(keys: Iterable[str], usage: Usage, *, over: Q) -> dict[str, ModelOffer]:
    """Return the models at their exact costs, by key; those without a known one are left out."""
    llms = read(keys)
    found = zip(llms, offers_of([*llms.values()], usage, over=over), strict=True)
    return {key: offer for key, offer in found if offer.cost}


def _sums(routes: RouteQuerySet, usage: Usage) -> tuple[dict[str, float], set[str]]:
    """Return what sorts models by their cheapest route, by id as text, and which have tiers.

    A sum that is not known is left out. To group them here takes half as long as in SQL.
    """
    key = Cast("llm_id", CharField())
    rows = plain_rows(routes.order_by().values_list(key, route_nano(usage), "has_tiers"))
    sums: dict[str, float] = {}
    for llm, cost, _has_tiers in rows:
        if cost is not None and cost < sums.get(llm, math.inf):
            sums[llm] = cost
    return sums, {llm for llm, _cost, has_tiers in rows if has_tiers}


def _firsts(order: Mapping[str, tuple[int, float]], first: int) -> list[str]:
    """Return those that the `first` ones are among, of models by what sorts them.

    Sums that a float cannot count may be a little off: those close to the last come along.
    """
    found = heapq.nsmallest(first, order, key=order.__getitem__)
    held, cost = order[found[-1]] if len(found) == first else (0, 0.0)
    if cost < EXACT_BELOW:
        return found
    last = (held, cost * (1 + TOLERANCE))
    return [key for key, place in order.items() if place <= last]
