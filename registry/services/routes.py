"""Routes: a model over a platform, with what this platform calls it and where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import NON_FIELD_ERRORS
from django.utils.translation import gettext_lazy as _

from registry.services import origins, prices
from registry.services.problems import Problems
from registry.services.revision import catalogue_write, refresh, store
from registry.types import UNSET, Change, Unset

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from registry.models import Route

NO_CHANGE = Change()


def save_route(
    route: Route,
    change: Change = NO_CHANGE,
    *,
    pricing: Mapping[str, Decimal | None] | Unset = UNSET,
) -> Route:
    """Create or change a route; its provider is the model's unless another is named.

    `pricing` is what this route costs by unit where it is not the model's list price; null
    withdraws. Raises ValidationError naming each wrong field, StaleRevisionError, GoneError.
    """
    event = "route_created" if route._state.adding else "route_updated"
    with catalogue_write(event, route) as running:
        stored = refresh(route, change)
        problems = Problems()
        _refuse_moves(route, stored, problems)
        _fill_in(route)
        with problems.gather(**{NON_FIELD_ERRORS: "endpoint_override"}):
            route.endpoint_override = origins.normalise(route.endpoint_override)
        with problems.gather():
            route.full_clean()
        _refuse_foreign(route, problems)
        problems.finish()
        store(route, stored)
        if pricing is not UNSET:
            written = prices.write_typed(route.llm, pricing, running, route=route)
            if written and stored is not None:
                store(route, stored, touched=True)
            route.refresh_from_db(fields=(*route.measured, "revision"))
    return route


def set_priority(route: Route, priority: int, *, expected_revision: int | None = None) -> Route:
    """Move a route among those of its model; the others keep their numbers.

    Raises ValidationError below 1.
    """
    route.priority = priority
    return save_route(route, Change(frozenset({"priority"}), expected_revision))


def set_status(route: Route, status: str) -> Route:
    """Let a route be used, or not. Raises ValidationError."""
    route.status = status
    return save_route(route, Change(frozenset({"status"})))


def delete_route(route: Route, change: Change = NO_CHANGE) -> None:
    """Delete a route and the prices of its own; the model and the platform stay."""
    with catalogue_write("route_deleted", route):
        refresh(route, Change(frozenset(), change.expected_revision))
        route.delete()


def _fill_in(route: Route) -> None:
    """Fill what follows from the model and the platform, where they are known."""
    if _is_without(route, "llm"):
        return
    if _is_without(route, "provider"):
        route.provider_id = route.llm.provider_id
    if not route.slug and not _is_without(route, "platform"):
        route.slug = f"{route.llm.slug}@{route.platform.slug}"


def _refuse_moves(route: Route, stored: Route | None, problems: Problems) -> None:
    if stored is not None and stored.llm_id != route.llm_id:
        problems.add("llm", _("The model of a stored route does not change."))


def _refuse_foreign(route: Route, problems: Problems) -> None:
    """Routes are the organisation's: what belongs to one user or one model is no part of any."""
    if _is_without(route, "llm") or _is_without(route, "platform"):
        return
    if route.llm.owner_id is not None:
        problems.add("llm", _("Only a shared model has routes."))
    connection = route.connection
    if connection is None:
        return
    if connection.owner_id is not None or connection.private_to_id is not None:
        problems.add("connection", _("Only a shared connection can be used by a route."))
    elif connection.provider_id != route.provider_id and not _is_platforms(route):
        problems.add("connection", _("This connection is one of another provider."))


def _is_platforms(route: Route) -> bool:
    """Whether the connection's provider is one that the platform calls its own."""
    found = route.platform.connection
    providers = {provider.pk for provider in route.platform.providers.all()}
    if found is not None:
        providers.add(found.provider_id)
    return route.connection is not None and route.connection.provider_id in providers


def _is_without(route: Route, link: str) -> bool:
    """Whether a link that every route needs is not set yet."""
    return getattr(route, f"{link}_id") is None
