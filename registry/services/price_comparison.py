"""What a request costs, side by side: of models at their cheapest route, or route by route."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import F

from registry.choices import PriceUnit
from registry.errors import PriceUnknownError
from registry.models import LLMModel, Route
from registry.services import selection
from registry.services.costs import cost_of
from registry.services.price_book import PriceBook
from registry.services.selection import conditions
from registry.services.selection.ranking import cheapest_nano, rank, route_nano, route_ties

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


def cheapest_models(llm_type: str, usage: Usage) -> LLMQuerySet:
    """Return the selectable models of a type, those over which the request costs least first.

    Prices of long prompts and per request are not in the order, only in the lines.
    """
    rows = conditions.choose(conditions.candidates(llm_type), conditions.selectable())
    rows = rows.annotate(nano=cheapest_nano(usage, is_routed=conditions.HAS_ROUTES))
    rows = rows.select_related("provider")
    found: LLMQuerySet = rows.order_by(F("nano").asc(nulls_last=True), *rank())
    return found


def cheapest_routes(
    usage: Usage,
    *,
    llm_type: str = "",
    llms: Sequence[LLMModel] = (),
    platforms: Sequence[Platform] = (),
) -> RouteQuerySet:
    """Return usable routes, the cheapest first: of these models or of a type, over these platforms.

    Of named models the status does not matter, of a type only selectable ones count.
    """
    rows: RouteQuerySet = Route.objects.with_links().usable().filter(llm__owner__isnull=True)
    if llms:
        rows = rows.filter(llm__in=[llm.pk for llm in llms])
    else:
        rows = rows.filter(llm__type=llm_type, llm__status__in=conditions.SELECTABLE)
    if platforms:
        rows = rows.filter(platform__in=[platform.pk for platform in platforms])
    rows = rows.annotate(nano=route_nano(usage))
    return rows.order_by(F("nano").asc(nulls_last=True), *route_ties())


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
    for line in lines_of_routes(cheapest_routes(usage, llms=llms, platforms=platforms), usage):
        routed[line.llm.pk].append(line)
    book = PriceBook.load(routed)
    return [SideBySide(llm, _line(book, llm, None, usage), routed[llm.pk]) for llm in llms]


def lines_of_routes(routes: Iterable[Route], usage: Usage) -> list[PriceLine]:
    """Return the request over each route: by cost, unknown last."""
    rows = list(routes)
    book = PriceBook.load(route.llm_id for route in rows)
    return _in_order(_line(book, route.llm, route, usage) for route in rows)


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
