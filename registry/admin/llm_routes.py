"""The routes of one model on its page, in the order in which they are tried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.http import urlencode

from registry.admin.badges import badge
from registry.admin.routes import COLOURS, price_text
from registry.choices import CatalogueStatus, RouteStatus
from registry.services import selection

if TYPE_CHECKING:
    from registry.models import LLMModel, Route


@dataclass(frozen=True)
class RouteLine:
    """One route as the page shows it."""

    route: Route
    url: str
    status: str
    platform_status: str
    price: str
    model_string: str
    is_best: bool


def routes_context(llm: LLMModel) -> dict[str, Any]:
    """Return the routes, the best one marked, and where another is entered."""
    routes = selection.routes_for_model(llm)
    best = selection.best_route(llm)
    query = urlencode({"llm": str(llm.pk)})
    return {
        "lines": [_line(route, is_best=route == best) for route in routes],
        "add_url": f"{reverse('admin:registry_route_add')}?{query}",
    }


def _line(route: Route, *, is_best: bool) -> RouteLine:
    status = RouteStatus(route.status)
    platform = CatalogueStatus(route.platform.status)
    return RouteLine(
        route=route,
        url=reverse("admin:registry_route_change", args=[route.pk]),
        status=badge(status.label, COLOURS[status]),
        platform_status="" if platform is CatalogueStatus.ACTIVE else str(platform.label),
        price=price_text(route),
        model_string=route.model_string,
        is_best=is_best,
    )
