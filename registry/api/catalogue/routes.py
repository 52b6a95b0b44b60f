from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from registry.api.catalogue.base import CatalogueViewSet, own_action
from registry.api.catalogue.listing import SortedListing, also_as
from registry.api.catalogue.llms import VISIBLE
from registry.api.retiring import RetiringViewSet
from registry.api.routes import PrioritySerializer, RouteSerializer, RouteViewSet
from registry.models import Route

_STAFF = RouteViewSet.listing.filters


class CatalogueRouteSerializer(RouteSerializer):
    """A route as everyone sees it: no address and no connection."""

    model = serializers.CharField(  # type: ignore[assignment]  # only ever read here
        source="llm.slug", read_only=True
    )
    is_usable = serializers.BooleanField(read_only=True)

    class Meta:
        model = Route
        fields = (
            *("id", "slug", "model", "platform", "provider", "priority", "status"),
            *("is_usable", "model_string", "pricing", "success_rate", "avg_latency_ms"),
            *("settings", "created_at", "updated_at", "revision"),
        )


class CatalogueRouteViewSet(CatalogueViewSet, RetiringViewSet, RouteViewSet):
    """/api/v1/routes and /api/registry/routes"""

    priority = own_action(RouteViewSet.priority, PrioritySerializer)

    kind = "route"
    read_class = CatalogueRouteSerializer
    # Prices and platforms move no revision: the tag does not vouch for the whole answer.
    measured = "slug"
    listing = SortedListing(
        filters={
            "status": _STAFF["status"],
            **also_as("model", _STAFF["model"]),
            **also_as("platform", _STAFF["platform"]),
            **also_as("provider", _STAFF["provider"]),
        }
    )

    def get_queryset(self) -> QuerySet[Any]:
        rows = super().get_queryset().filter(llm__owner__isnull=True)
        return rows if self.is_staff_caller else rows.filter(llm__status__in=VISIBLE)

    def represent(self, row: Route) -> dict[str, Any]:
        self.about = row.llm
        return super().represent(row)

    def represent_all(self, rows: Sequence[Any]) -> Sequence[dict[str, Any]]:
        found = super().represent_all(rows)
        for shown, row in zip(found, rows, strict=True):
            # By the name that both mounts have, after a write too.
            shown["model"] = row.llm.slug
        return found
