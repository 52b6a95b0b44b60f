from __future__ import annotations

from typing import Any

from rest_framework import serializers

from registry.api.base import ServiceViewSet, named_columns
from registry.api.fields import NamesField
from registry.api.listing import Listing, among, linked, search
from registry.api.serializers import RowSerializer
from registry.choices import CatalogueStatus, Dialect, ProviderKind
from registry.models import Platform, Provider
from registry.services.providers import delete_provider, save_provider
from registry.types import UNSET, Change


class ProviderSerializer(RowSerializer):
    """Who makes or serves models. The slug is the id in addresses and bodies."""

    id = serializers.CharField(source="slug", read_only=True)
    aliases = NamesField(required=False)

    class Meta:
        model = Provider
        fields = (
            *("id", "slug", "name", "description", "kind", "dialect", "direct_api_url"),
            *("auth_required", "features", "proxy_prefix", "status", "aliases"),
            *("created_at", "updated_at", "revision"),
        )


class ProviderViewSet(ServiceViewSet):
    """/api/v1/admin/providers"""

    model = Provider
    queryset = Provider.objects.prefetch_related("aliases")
    serializer_class = ProviderSerializer
    lookup_url_kwarg = "provider"
    listing = Listing(
        filters={
            "status": among("status", CatalogueStatus.values),
            "kind": among("kind", ProviderKind.values),
            "dialect": among("dialect", Dialect.values),
            "platform": linked(
                "platforms", lambda name: Platform.objects.filter(slug=name).first()
            ),
            "q": search("name", "slug", related={"aliases": "name"}),
        },
        orderings=("name", "slug", "status", "created_at", "updated_at"),
    )

    def find(self, name: str) -> Provider | None:
        found: Provider | None = (
            self.get_queryset().filter(pk__in=Provider.objects.named(name).values("pk")).first()
        )
        return found

    def save(self, row: Provider, values: dict[str, Any], expected: int | None) -> Provider:
        aliases = values.pop("aliases", UNSET)
        change = Change(named_columns(row, values), expected)
        return save_provider(row, change, aliases=aliases)

    def remove(self, row: Provider, expected: int | None) -> None:
        delete_provider(row, Change(frozenset(), expected))
