from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from registry.api.base import ServiceViewSet, named_columns
from registry.api.fields import ConnectionField, ProvidersField
from registry.api.listing import Listing, among, linked, search
from registry.api.serializers import RowSerializer
from registry.choices import AuthType, CatalogueStatus
from registry.models import Platform, Provider, Route
from registry.services.counting import number_of
from registry.services.platforms import delete_platform, save_platform
from registry.types import UNSET, Change


class PlatformSerializer(RowSerializer):
    """Where models can be called. The slug is the id in addresses and bodies."""

    id = serializers.CharField(source="slug", read_only=True)
    connection = ConnectionField(required=False, allow_null=True)
    providers = ProvidersField(required=False)
    route_count = serializers.IntegerField(read_only=True)

    class Meta:
        model = Platform
        fields = (
            *("id", "slug", "name", "description", "base_url", "auth_type", "connection"),
            *("providers", "features", "status", "route_count"),
            *("created_at", "updated_at", "revision"),
        )


class PlatformViewSet(ServiceViewSet):
    """/api/v1/admin/platforms"""

    model = Platform
    queryset = Platform.objects.select_related("connection").prefetch_related("providers")
    serializer_class = PlatformSerializer
    lookup_url_kwarg = "platform"
    # Its routes move no revision of its own: the tag does not vouch for the whole answer.
    measured = "slug"
    listing = Listing(
        filters={
            "status": among("status", CatalogueStatus.values),
            "auth_type": among("auth_type", AuthType.values),
            "provider": linked("providers", lambda name: Provider.objects.named(name).first()),
            "q": search("name", "slug"),
        },
        orderings=("name", "slug", "status", "created_at", "updated_at"),
    )

    def get_queryset(self) -> QuerySet[Any]:
        number = number_of(Route.objects.all(), "platform")
        rows: QuerySet[Any] = super().get_queryset().annotate(route_count=number)
        return rows

    def save(self, row: Platform, values: dict[str, Any], expected: int | None) -> Platform:
        providers = values.pop("providers", UNSET)
        change = Change(named_columns(row, values), expected)
        return save_platform(row, change, providers=providers)

    def remove(self, row: Platform, expected: int | None) -> None:
        delete_platform(row, Change(frozenset(), expected))
