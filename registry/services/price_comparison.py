"""What a request costs, side by side: of models at their cheapest route, or route by route."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Q

from registry.choices import PriceUnit
from registry.errors import PriceUnknownError
from registry.models import LLMModel, Route
from registry.services import selection
from registry.services.costs import cost_of
from registry.services.price_book import PriceBook
from registry.services.selection import conditions
from registry.services.selection.cheapest import keys_by_cost, read
from registry.services.selection.offers import cost_or_none
from registry.services.selection.ranking import nano_of, route_nano, route_ties

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from registry.models import Platform
    from registry.models.llm import LLMQuerySet
    from registry.models.route import RouteQuerySet
    from registry.services.costs import Cost, Usage
    from registry.services.price_book import PriceUsed


@dataclass(frozen=True)
class PriceLine:
    """A model over one route, or without one at list price.

    `cost` is None where a price is missing, and `missing` names the units.
    """

    llm: LLMModel
    route: Route | None
    input: PriceUsed | None
    output: PriceUsed | None
    cost: Cost | None
    missing: list[str]


@dataclass(frozen=True)
class SideBySide:
    """A model at its list price, and over each of its usable routes, the cheapest first."""

    llm: LLMModel
    listed: PriceLine
    routed: list[PriceLine]


def choosable(llm_type: str) -> LLMQuerySet:
    """Return the selectable models of a type."""
    return conditions.choose(conditions.candidates(llm_type), conditions.selectable())


def cheapest_models(
    rows: LLMQuerySet, usage: Usage, platforms: Sequence[Platform] = ()
) -> list[str]:
    """Return the ids of these models, those over which the request costs least first.

    Of `platforms`, if any are named, only the routes over them count. A page of the ids is read
    with `models_of`.
    """
    return keys_by_cost(rows, usage, over=_over(platforms))


def models_of(ids: Iterable[str]) -> list[LLMModel]:
    """Return the models of these ids, in the same order; what is gone by now is left out."""
    keys = list(ids)
    found = read(keys)
    return [found[key] for key in keys if key in found]


def cheapest_route_ids(
    usage: Usage,
    *,
    llm_type: str = "",
    llms: Sequence[LLMModel] = (),
    platforms: Sequence[Platform] = (),
) -> list[UUID]:
    """Return the ids of the `usable_routes`, the cheapest first; `routes_of` reads a page."""
    rows = usable_routes(llm_type=llm_type, llms=llms, platforms=platforms)
    columns = ("pk", "llm_id", "nano", "has_tiers", "llm__has_tiers")
    ordered = rows.annotate(nano=route_nano(usage)).order_by(*route_ties())
    found = list(ordered.values_list(*columns))
    tiered = {pk: llm_id for pk, llm_id, _nano, *tiers in found if any(tiers)}
    book = PriceBook.load(tiered.values())
    sums = {pk: nano for pk, _llm_id, nano, *_tiers in found}
    for pk, llm_id in tiered.items():
        cost = cost_or_none(book, llm_id, usage, pk)
        sums[pk] = nano_of(cost.total) if cost else None
    return sorted(sums, key=lambda pk: (sums[pk] is None, sums[pk] or 0.0))


def routes_of(ids: Iterable[UUID]) -> list[Route]:
    """Return the routes of these ids, in the same order; what is gone by now is left out."""
    keys = list(ids)
    found = Route.objects.with_links().in_bulk(keys)
    return [found[key] for key in keys if key in found]


def usable_routes(
    *,
    llm_type: str = "",
    llms: Sequence[LLMModel] = (),
    platforms: Sequence[Platform] = (),
) -> RouteQuerySet:
    """Return usable routes: of these models or of a type, over these platforms.

    Of named models the status does not matter, of a type only selectable ones count.
    """
    rows: RouteQuerySet = Route.objects.with_links().usable().filter(llm__owner__isnull=True)
    if llms:
        rows = rows.filter(llm__in=[llm.pk for llm in llms])
    else:
        rows = rows.filter(llm__type=llm_type, llm__status__in=conditions.SELECTABLE)
    return rows.filter(_over(platforms))


def lines_of_models(llms: Sequence[LLMModel], usage: Usage) -> list[PriceLine]:
    """Return each model at its cheapest usable route: by cost, unknown last."""
    offers = selection.offers_of(llms, usage)
    book = PriceBook.load(llm.pk for llm in llms)
    return _in_order(_line(book, offer.llm, offer.route, usage) for offer in offers)


def side_by_side(
    llms: Sequence[LLMModel], usage: Usage, platforms: Sequence[Platform] = ()
) -> list[SideBySide]:
    """Return the models in the same order, each with its routes over these platforms, or all."""
    if not llms:
        return []
    routed: dict[UUID, list[PriceLine]] = {llm.pk: [] for llm in llms}
    routes = usable_routes(llms=llms, platforms=platforms).order_by(*route_ties())
    for line in lines_of_routes(routes, usage):
        routed[line.llm.pk].append(line)
    book = PriceBook.load(routed)
    return [SideBySide(llm, _line(book, llm, None, usage), routed[llm.pk]) for llm in llms]


def lines_of_routes(routes: Iterable[Route], usage: Usage) -> list[PriceLine]:
    """Return the request over each route: by cost, unknown last."""
    rows = list(routes)
    book = PriceBook.load(route.llm_id for route in rows)
    return _in_order(_line(book, route.llm, route, usage) for route in rows)


def _over(platforms: Sequence[Platform]) -> Q:
    return Q(platform__in=[platform.pk for platform in platforms]) if platforms else Q()


def _line(book: PriceBook, llm: LLMModel, route: Route | None, usage: Usage) -> PriceLine:
    route_id = None if route is None else route.pk
    cost: Cost | None = None
    missing: list[str] = []
    try:
        cost = cost_of(book, llm.pk, usage, route_id)
    except PriceUnknownError as error:
        missing = error.extra["units"]
    into, out = (
        book.price(llm.pk, unit, prompt_tokens=usage.prompt_tokens, route_id=route_id)
        for unit in (PriceUnit.INPUT, PriceUnit.OUTPUT)
    )
    return PriceLine(llm, route, into, out, cost, missing)


def _in_order(lines: Iterable[PriceLine]) -> list[PriceLine]:
    return sorted(
        lines, key=lambda line: (line.cost is None, line.cost.total if line.cost else Decimal(0))
    )
