"""The catalogue side by side: search, who can do what, and prices."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api import parameters
from registry.api.catalogue.answers import ComparedSerializer
from registry.api.catalogue.asked import LENGTHS, usage_of
from registry.api.catalogue.listing import SortedListing
from registry.api.catalogue.llms import LINKS, CatalogueLLMViewSet
from registry.api.listing import Rows
from registry.api.llms import LLMViewSet
from registry.choices import LLMType
from registry.models import LLMModel, Platform, Route
from registry.models.base import is_uuid
from registry.services import price_comparison, selection

_TYPE = LLMViewSet.listing.filters["type"]
MATRIX = {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}}


def _as_it_is(rows: Rows, value: str) -> Rows:
    """Keep all rows: the view has chosen them by this parameter already."""
    return rows


class SearchViewSet(CatalogueLLMViewSet):
    """/api/v1/search and /api/registry/search"""

    listing = SortedListing(filters={"q": _as_it_is, "type": _TYPE})

    def listed(self) -> QuerySet[Any]:
        found = selection.search(self.request.query_params.get("q", ""))
        return self.visible(found).prefetch_related(*LINKS)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Find models by a piece of name, id, slug, alias, family, tag or provider."""
        return super().list(request, *args, **kwargs)


class MatrixViewSet(CatalogueLLMViewSet):
    """/api/v1/capabilities and /api/registry/capabilities"""

    kind = "matrix"
    listing = SortedListing()
    pagination_class = None

    @extend_schema(responses={(200, "application/json"): MATRIX}, filters=False)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Name the models that have each capability; also 128k_context and free_tier."""
        parameters.check(request.query_params, ())
        return Response(selection.capability_matrix())


class PricingViewSet(CatalogueLLMViewSet):
    """/api/v1/pricing and /api/registry/pricing"""

    kind = "compared"
    read_class = ComparedSerializer
    listing = SortedListing(
        filters={
            "type": _TYPE,
            **dict.fromkeys(("models", "platforms", *LENGTHS), _as_it_is),
        },
        long=("models", "platforms"),
    )

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Compare what a request costs at list price, and over each usable route.

        `models` and `platforms` are comma-separated. Without `models` it is those of the type
        that can be called, the cheapest first.
        """
        usage = usage_of(request.query_params)
        platforms = self._platforms()
        names = self._names("models")
        rows: Any = self.listing.choose(self._models(names), request.query_params)
        if platforms:
            routes = Route.objects.usable().filter(llm=OuterRef("pk"), platform__in=platforms)
            rows = rows.filter(Exists(routes))
        if names:
            page = self.paginate_queryset(rows) or []
        else:
            cheapest: Any = price_comparison.cheapest_models(rows, usage, platforms)
            page = price_comparison.models_of(self.paginate_queryset(cheapest) or [])
        compared = price_comparison.side_by_side(page, usage, platforms)
        return self.get_paginated_response(ComparedSerializer(compared, many=True).data)

    def _models(self, names: set[str]) -> Any:
        if not names:
            llm_type = self.request.query_params.get("type", LLMType.GENERATION.value)
            return price_comparison.choosable(llm_type)
        ids = {name for name in names if is_uuid(name)}
        rows = self.visible(LLMModel.objects.shared())
        found = rows.filter(Q(pk__in=ids) | Q(slug__in=names - ids))
        _refuse_missing("models", names, found.values_list("pk", "slug"))
        return found

    def _platforms(self) -> Sequence[Platform]:
        names = self._names("platforms")
        found = list(Platform.objects.filter(slug__in=names)) if names else []
        _refuse_missing("platforms", names, [(platform.slug,) for platform in found])
        return found

    def _names(self, name: str) -> set[str]:
        texts = parameters.texts(self.request.query_params.get(name, ""))
        return {str(uuid.UUID(text)) if is_uuid(text) else text.casefold() for text in texts}


def _refuse_missing(parameter: str, names: set[str], found: Iterable[tuple[Any, ...]]) -> None:
    missing = names.difference(str(name) for row in found for name in row)
    if missing:
        message = _("There is nothing of this name: %s.") % ", ".join(sorted(missing))
        raise ValidationError({parameter: [message]})
