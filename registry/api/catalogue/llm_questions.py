"""What is asked about one model: where it can be called, and what could take its place."""

from __future__ import annotations

from typing import Any

from django.db.models import prefetch_related_objects
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api.catalogue.answers import (
    AvailabilitySerializer,
    FallbacksSerializer,
    OfferSerializer,
    read_along,
)
from registry.api.catalogue.asked import LENGTHS, usage_of
from registry.api.catalogue.llms import LINKS, CatalogueLLMSerializer, CatalogueLLMViewSet
from registry.api.catalogue.routes import CatalogueRouteSerializer
from registry.services import selection


def list_of(name: str, shape: Any) -> Any:
    """Return the description of a list that is answered whole."""
    return inline_serializer(
        name, {"count": serializers.IntegerField(), "results": shape(many=True)}
    )


class LLMQuestionViewSet(CatalogueLLMViewSet):
    """/api/v1/models/{model}/... and the same under /api/registry"""

    kinds = {
        "routes": "route",
        "cheaper": "choice",
        "availability": "availability",
        "fallbacks": "fallbacks",
    }
    takes = {"cheaper": LENGTHS, "alternatives": ("page", "page_size")}

    @extend_schema(responses=list_of("CatalogueRoutes", CatalogueRouteSerializer), filters=False)
    def routes(self, request: Request, model: str) -> Response:
        """Every route of the model, as they are tried; `is_usable` tells which can be."""
        rows = list(self.get_object().routes.with_links().in_order())
        return _whole(CatalogueRouteSerializer(rows, many=True).data)

    @extend_schema(responses=CatalogueLLMSerializer(many=True))
    def alternatives(self, request: Request, model: str) -> Response:
        """Models that can do what this one can, the named replacement first; a page at a time."""
        page: Any = self.paginate_queryset(selection.alternatives(self.get_object()))
        prefetch_related_objects(page, *LINKS)
        return self.get_paginated_response(CatalogueLLMSerializer(page, many=True).data)

    @extend_schema(responses=list_of("CatalogueOffers", OfferSerializer), filters=False)
    def cheaper(self, request: Request, model: str) -> Response:
        """Models that can do the same for less, with the route and the cost of the request."""
        usage = usage_of(request.query_params)
        found = selection.cheaper(self.get_object(), usage)
        read_along(found)
        return _whole(OfferSerializer(found, many=True).data)

    @extend_schema(responses=AvailabilitySerializer, filters=False)
    def availability(self, request: Request, model: str) -> Response:
        """The platforms over which the model can be called now, each with its routes."""
        llm = self.get_object()
        found = selection.availability(llm)
        served = [{"platform": name, "routes": routes} for name, routes in found.items()]
        shown = {"model": llm.slug, "count": len(served), "results": served}
        return Response(AvailabilitySerializer(shown).data)

    @extend_schema(responses=FallbacksSerializer, filters=False)
    def fallbacks(self, request: Request, model: str) -> Response:
        """The best route, and the usable routes in the order in which they are tried."""
        llm = self.get_object()
        steps = selection.fallback_chain(llm)
        best = selection.best_route(llm)
        shown = {"model": llm.slug, "best": best, "count": len(steps), "results": steps}
        return Response(FallbacksSerializer(shown).data)

    def get_object(self) -> Any:
        self.about = super().get_object()
        return self.about


def _whole(rows: Any) -> Response:
    return Response({"count": len(rows), "results": rows})
