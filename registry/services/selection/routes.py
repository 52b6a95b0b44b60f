"""The routes of one model: which is best, which follow, where the model can be called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Q

from registry.errors import NotFoundError
from registry.models import LLMModel, Route
from registry.models.base import is_uuid
from registry.services.selection.conditions import SELECTABLE
from registry.services.selection.ranking import route_ties
from registry.services.selection.requirements import is_storable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from registry.models.route import RouteQuerySet


def named(llm: LLMModel | str) -> LLMModel:
    """Return the shared model of this id or slug. Raises NotFoundError."""
    return all_named([llm])[0]


def all_named(llms: Sequence[LLMModel | str]) -> list[LLMModel]:
    """Return the models in the same order, in one query. Raises NotFoundError."""
    texts = [name for name in llms if isinstance(name, str)]
    ids = [UUID(name) for name in texts if is_uuid(name)]
    slugs = [name.strip().casefold() for name in texts if is_storable(name)]
    found: dict[Any, LLMModel] = {}
    if texts:
        rows = LLMModel.objects.shared().filter(Q(pk__in=ids) | Q(slug__in=slugs))
        for row in rows.select_related("provider", "connection"):
            found[row.pk] = found[row.slug] = row
    return [llm if isinstance(llm, LLMModel) else _of(found, llm) for llm in llms]


def _of(found: Mapping[Any, LLMModel], name: str) -> LLMModel:
    llm = found.get(UUID(name) if is_uuid(name) else name.strip().casefold())
    if llm is None:
        raise NotFoundError
    return llm


def routes_for_model(llm: LLMModel | str) -> list[Route]:
    """Return all routes of the model, in the order in which they are tried."""
    return list(_routes_of(named(llm)).order_by(*route_ties()))


def usable_routes(llm: LLMModel | str) -> list[Route]:
    return list(_routes_of(named(llm)).usable().order_by(*route_ties()))


def best_route(llm: LLMModel | str) -> Route | None:
    """Return the usable route to try first; None for a model that is not active or beta."""
    found = named(llm)
    if found.status not in SELECTABLE:
        return None
    best: Route | None = _routes_of(found).usable().order_by(*route_ties()).first()
    return best


def fallback_chain(llm: LLMModel | str) -> list[Route]:
    """Return the usable routes, the first to try first; each keeps its stored priority."""
    return usable_routes(llm)


def availability(llm: LLMModel | str) -> dict[str, list[Route]]:
    """Return the usable routes by the slug of their platform."""
    found: dict[str, list[Route]] = {}
    for route in usable_routes(llm):
        found.setdefault(route.platform.slug, []).append(route)
    return found


def _routes_of(llm: LLMModel) -> RouteQuerySet:
    rows: RouteQuerySet = Route.objects.with_links().filter(llm=llm)
    return rows
