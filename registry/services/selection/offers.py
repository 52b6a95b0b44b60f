"""What a request costs over this route or that, for this model or that."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import BooleanField, Case, Q, When

from registry.errors import PriceUnknownError
from registry.models import LLMModel, Route
from registry.services.costs import Cost, Usage, amount, cost, cost_of
from registry.services.price_book import PriceBook
from registry.services.selection import conditions
from registry.services.selection.ranking import (
    EXACT_BELOW,
    TOLERANCE,
    route_key,
    route_nano,
    route_ties,
)
from registry.services.selection.requirements import Requirements
from registry.services.selection.routes import all_named, named, usable_routes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from registry.models.route import RouteQuerySet


@dataclass(frozen=True)
class RouteOffer:
    """A request over one route, and its exact cost."""

    llm: LLMModel
    route: Route
    cost: Cost


@dataclass(frozen=True)
class ModelOffer:
    """A request at a model's cheapest usable route; without routes at its list price.

    `cost` None: a price is not known.
    """

    llm: LLMModel
    route: Route | None
    cost: Cost | None

    @property
    def total(self) -> Decimal | None:
        return None if self.cost is None else self.cost.total


@dataclass(frozen=True)
class PlatformOffer:
    """A request over one of a model's platforms; what is not known is None."""

    platform: str
    route: Route
    input: Decimal | None
    output: Decimal | None
    total: Decimal | None


def cheapest_route(
    prompt_tokens: int,
    output_tokens: int,
    required_capabilities: Sequence[str] = (),
    *,
    model: LLMModel | str | None = None,
    platform: str | None = None,
) -> RouteOffer | None:
    """Return the usable route over which the request costs least, with that cost, or None.

    Over the active and beta generation models that have the capabilities and fit the request,
    or the one `model`. Raises ValidationError by field; NotFoundError for an unknown model.
    """
    wanted = Requirements(
        requires=tuple(required_capabilities),
        platform=platform,
        prompt_tokens=prompt_tokens,
        output_tokens=output_tokens,
    )
    rows = _fitting_routes(wanted, None if model is None else named(model))
    chosen = [*_cheapest_plain(rows, wanted.usage), *_special(rows)]
    routes = Route.objects.with_links().filter(pk__in=chosen)
    offers = _priced(list(routes), wanted.usage)
    return min(offers, key=lambda offer: (offer.cost.total, route_key(offer.route)), default=None)


def request_cost(llm: LLMModel | str, usage: Usage) -> Cost:
    """Return what a request costs at list price. Raises PriceUnknownError, NotFoundError."""
    return cost(named(llm), usage)


def compare_platforms(llm: LLMModel | str, usage: Usage) -> list[PlatformOffer]:
    """Return what a request costs over each usable route: by total, unknown last."""
    routes = usable_routes(llm)
    book = PriceBook.load({route.llm_id for route in routes})
    offers = [_platform_offer(book, route, usage) for route in routes]
    known = [offer for offer in offers if offer.total is not None]
    unknown = [offer for offer in offers if offer.total is None]
    return [*sorted(known, key=lambda offer: offer.total or Decimal(0)), *unknown]


def compare_models(llms: Iterable[LLMModel | str], usage: Usage) -> list[ModelOffer]:
    """Return what a request costs at each model's cheapest usable route: by total, unknown last.

    Raises NotFoundError.
    """
    offers = offers_of(all_named([*llms]), usage)
    return sorted(offers, key=lambda offer: (offer.total is None, offer.total or Decimal(0)))


def offers_of(
    llms: Sequence[LLMModel], usage: Usage, *, at_best_route: bool = False, over: Q | None = None
) -> list[ModelOffer]:
    """Return each model with its cheapest usable route and the cost there, in the same order.

    `at_best_route` takes the route that is tried first, whatever it costs; `over` says which
    routes count. Two queries for any number of models.
    """
    ids = [llm.pk for llm in llms]
    book = PriceBook.load(ids)
    routes: dict[UUID, list[Route]] = {pk: [] for pk in ids}
    is_routed = set()
    counts = Case(
        When(over or ~conditions.NOTHING, then=True), default=False, output_field=BooleanField()
    )
    rows = Route.objects.filter(llm__in=ids).select_related("platform", "provider")
    for route in rows.annotate(counts=counts):
        is_routed.add(route.llm_id)
        if route.is_usable and route.counts:
            routes[route.llm_id].append(route)
    if at_best_route:
        routes = {pk: sorted(found, key=route_key)[:1] for pk, found in routes.items()}
    return [_offer(book, llm, routes[llm.pk], usage, is_routed=llm.pk in is_routed) for llm in llms]


def cost_or_none(
    book: PriceBook, llm_id: UUID, usage: Usage, route_id: UUID | None = None
) -> Cost | None:
    try:
        return cost_of(book, llm_id, usage, route_id)
    except PriceUnknownError:
        return None


def _offer(
    book: PriceBook, llm: LLMModel, routes: Sequence[Route], usage: Usage, *, is_routed: bool
) -> ModelOffer:
    if not is_routed:
        return ModelOffer(llm, None, cost_or_none(book, llm.pk, usage))
    costs = [(cost_or_none(book, llm.pk, usage, route.pk), route) for route in routes]
    known = [(found.total, route_key(route), found, route) for found, route in costs if found]
    if known:
        _total, _key, found, route = min(known, key=lambda one: one[:2])
        return ModelOffer(llm, route, found)
    first = min(routes, key=route_key, default=None)
    return ModelOffer(llm, first, None)


def _platform_offer(book: PriceBook, route: Route, usage: Usage) -> PlatformOffer:
    parts = {
        unit: amount(price, count)
        for unit, count in usage.counts.items()
        if (
            price := book.price(
                route.llm_id, unit, prompt_tokens=usage.prompt_tokens, route_id=route.pk
            )
        )
    }
    found = cost_or_none(book, route.llm_id, usage, route.pk)
    return PlatformOffer(
        platform=route.platform.slug,
        route=route,
        input=parts.get("input"),  # type: ignore[call-overload]  # a unit is a text
        output=parts.get("output"),  # type: ignore[call-overload]
        total=found.total if found else None,
    )


# The cheapest of many routes
# ----------------------------------------------------------------------------
def _fitting_routes(wanted: Requirements, llm: LLMModel | None) -> RouteQuerySet:
    """Return the usable routes of the models that could take the request."""
    size = conditions.fits(wanted.prompt_tokens, wanted.output_tokens)
    llms = conditions.candidates("" if llm else wanted.type).filter(
        status__in=conditions.SELECTABLE
    )
    llms = conditions.choose(llms, [*conditions.capabilities_of(wanted), *size])
    rows: RouteQuerySet = Route.objects.usable().filter(conditions.routes_for(wanted))
    if llm is not None:
        rows = rows.filter(llm=llm)
    return rows.filter(llm__in=llms.order_by().values("pk"))


def _cheapest_plain(rows: RouteQuerySet, usage: Usage) -> list[UUID]:
    """Return the routes that the cheapest is among: sums decide in SQL, exact amounts later.

    Tiers and prices per request are in no sum; `_special` are the routes that have some.
    """
    plain = rows.filter(has_tiers=False, llm__has_tiers=False).annotate(nano=route_nano(usage))
    plain = plain.filter(nano__isnull=False).order_by("nano", *route_ties())
    first = plain.values_list("pk", "nano").first()
    if first is None or first[1] < EXACT_BELOW:
        return [] if first is None else [first[0]]
    return list(plain.filter(nano__lte=first[1] * (1 + TOLERANCE)).values_list("pk", flat=True))


def _special(rows: RouteQuerySet) -> list[UUID]:
    """Return the routes with more than an input and an output price; often there are none."""
    if not any(table.objects.filter(has_tiers=True).exists() for table in (LLMModel, Route)):
        return []
    tiered = Q(has_tiers=True) | Q(llm__has_tiers=True)
    return list(rows.filter(tiered).values_list("pk", flat=True))


def _priced(routes: Sequence[Route], usage: Usage) -> list[RouteOffer]:
    book = PriceBook.load({route.llm_id for route in routes})
    costs = [(route, cost_or_none(book, route.llm_id, usage, route.pk)) for route in routes]
    return [RouteOffer(route.llm, route, found) for route, found in costs if found is not None]
