"""The order of models by what a request costs at their cheapest usable route, exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from registry.models import LLMModel, Route
from registry.services.selection.judging import by_rank
from registry.services.selection.offers import offers_of
from registry.services.selection.ranking import EXACT_BELOW, TOLERANCE, cheapest_of, nano_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from django.db.models import Q

    from registry.models.llm import LLMQuerySet
    from registry.services.costs import Usage
    from registry.services.selection.judging import Judged
    from registry.services.selection.offers import ModelOffer


@dataclass(frozen=True)
class ByCost:
    """Models in the order of their costs, those that have more of what is optional before.

    The first ones have their `offers`, by key. Of `unpriced` models the cost is not known.
    """

    ordered: list[Judged]
    offers: dict[str, ModelOffer]
    unpriced: list[Judged]


def read(keys: Iterable[str]) -> dict[str, LLMModel]:
    """Return the models by their ids as text."""
    ids = {UUID(key): key for key in keys}
    rows = LLMModel.objects.filter(pk__in=[*ids]).select_related("provider")
    return {ids[row.pk]: row for row in rows}


def by_cost(rows: Sequence[Judged], llm_type: str, usage: Usage, *, first: int, over: Q) -> ByCost:
    """Sort rows that are in rank order; the `first` ones have offers, over the routes `over`.

    Sums in SQL sort the models with plain prices; those with other prices are counted one by one.
    """
    routes = Route.objects.usable().filter(over, llm__type=llm_type, llm__owner__isnull=True)
    sums = cheapest_of(routes, usage)
    special = [row for row in rows if row.is_special or usage.cached_tokens]
    plain = [] if usage.cached_tokens else [row for row in rows if not row.is_special]
    known = [row for row in plain if _sum(sums, row) is not None]
    known.sort(key=lambda row: (-row.held, _sum(sums, row)))
    exact = [*known[: _cut(known, sums, first)], *special]
    llms = read(row.key for row in exact)
    keys = [row.key for row in exact if row.key in llms]
    found = offers_of([llms[key] for key in keys], usage, over=over)
    offers = {key: offer for key, offer in zip(keys, found, strict=True) if offer.cost}
    counted = [row for row in exact if row.key in offers]
    counted.sort(key=lambda row: (-row.held, offers[row.key].total, row.place))
    priced = {row.key for row in (*known, *counted)}
    return ByCost(
        [*counted, *known[len(exact) - len(special) :]],
        offers,
        [row for row in rows if row.key not in priced],
    )


def keys_by_cost(rows: LLMQuerySet, usage: Usage, *, over: Q) -> list[str]:
    """Return the ids, as text, of rows that all fit: by cost, then by rank; unknown ones last.

    Every row has its place: models with other than plain prices stand among the sums of the rest.
    """
    found = by_rank(rows, usage)
    sums = cheapest_of(Route.objects.usable().filter(over, llm__owner__isnull=True), usage)
    llms = read(row.key for row in found if row.is_special or usage.cached_tokens)
    offers = offers_of([*llms.values()], usage, over=over)
    exact = {key: nano_of(offer.total) for key, offer in zip(llms, offers, strict=True)}
    costs = {row.key: _sum(sums, row) for row in found} | exact
    found.sort(key=lambda row: (costs[row.key] is None, costs[row.key] or 0.0))
    return [row.key for row in found]


def _sum(sums: Mapping[str, float | None], row: Judged) -> float | None:
    """Return what sorts by cost; a model without a usable route is called at list price."""
    return sums[row.key] if row.key in sums else row.measure


def _cut(known: Sequence[Judged], sums: Mapping[str, float | None], first: int) -> int:
    """Return how many must be counted exactly so that the `first` ones are right.

    Sums that a float cannot count may be a little off: those close to the last are counted, too.
    """
    if len(known) <= first:
        return len(known)
    last = known[first - 1]
    bound = _sum(sums, last) or 0.0
    cut = first
    while bound >= EXACT_BELOW and cut < len(known):
        if known[cut].held != last.held or (_sum(sums, known[cut]) or 0.0) > bound * (
            1 + TOLERANCE
        ):
            break
        cut += 1
    return cut
