"""The orders in which models and routes are answered, the same on every database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import F, FloatField, Func, Value
from django.db.models.expressions import ExpressionWrapper
from django.db.models.functions import Cast, Coalesce

from registry.models.base import Letters

if TYPE_CHECKING:
    from decimal import Decimal

    from django.db.models.expressions import Combinable

    from registry.models import Route
    from registry.services.costs import Usage

# Prices have 9 decimals: as whole numbers of these their sums are exact in every database, up to
# what a float can count (about 9 dollars a request).
_NANO_PER_USD = 1_000_000_000.0
EXACT_BELOW = 2.0**53
# How far off a larger sum may be, as a part of it.
TOLERANCE = 1e-9


def rank() -> list[Any]:
    """Order models: input list price, context, speed (unknown last), provider, slug."""
    return [
        F("input_cost").asc(nulls_last=True),
        F("context_window").desc(nulls_last=True),
        F("tokens_per_second").desc(nulls_last=True),
        Letters("provider__slug").asc(),
        Letters("slug").asc(),
        "pk",
    ]


def route_ties() -> list[Any]:
    """Order routes of the same cost: priority, success rate, latency, name."""
    return [
        "priority",
        F("success_rate").desc(nulls_last=True),
        F("avg_latency_ms").asc(nulls_last=True),
        Letters("slug").asc(),
    ]


def route_key(route: Route) -> tuple[Any, ...]:
    """Sort routes that are read as `route_ties` does."""
    rate, latency = route.success_rate, route.avg_latency_ms
    return (
        route.priority,
        *(rate is None, -(rate or 0)),
        *(latency is None, latency or 0),
        route.slug,
    )


def list_nano(usage: Usage) -> Combinable:
    """Return what sorts models by the cost of a request at list price; null is unknown."""
    return _nano(F("input_cost"), F("output_cost"), usage)


def route_nano(usage: Usage) -> Combinable:
    """Return what sorts routes by the cost of a request; a route's own price wins."""
    return _nano(
        Coalesce("input_cost", "llm__input_cost"),
        Coalesce("output_cost", "llm__output_cost"),
        usage,
    )


def nano_of(total: Decimal) -> float:
    """Return an exact cost as what sorts among the sums."""
    return float(total) * _NANO_PER_USD * 1_000_000


def _nano(input_cost: Any, output_cost: Any, usage: Usage) -> Combinable:
    """Return a sum of 1e-15 dollars; a price of which nothing is used need not be known."""
    parts: list[Combinable] = [
        Func(Cast(price, FloatField()) * Value(_NANO_PER_USD), function="ROUND") * Value(count)
        for price, count in (
            (input_cost, float(usage.prompt_tokens)),
            (output_cost, float(usage.output_tokens)),
        )
        if count
    ]
    found: Combinable = sum(parts[1:], start=parts[0]) if parts else Value(0.0)
    return ExpressionWrapper(found, output_field=FloatField())
