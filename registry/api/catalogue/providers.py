from __future__ import annotations

from rest_framework import serializers

from registry.api.catalogue.base import CatalogueViewSet
from registry.api.catalogue.listing import SortedListing, also_as
from registry.api.providers import ProviderSerializer, ProviderViewSet
from registry.models import Provider

_STAFF = ProviderViewSet.listing.filters


class CatalogueProviderSerializer(ProviderSerializer):
    """Who makes or serves models, without the address; `platforms` are those that have it."""

    platforms = serializers.SerializerMethodField()

    class Meta:
        model = Provider
        fields = (
            *("id", "slug", "name", "description", "kind", "dialect", "auth_required"),
            *("features", "status", "aliases", "platforms"),
            *("created_at", "updated_at", "revision"),
        )

    def get_platforms(self, provider: Provider) -> list[str]:
        return sorted(str(platform.slug) for platform in provider.platforms.all())


class CatalogueProviderViewSet(CatalogueViewSet, ProviderViewSet):
    """/api/v1/providers and /api/registry/providers"""

    queryset = Provider.objects.prefetch_related("aliases", "platforms")
    kind = "provider"
    read_class = CatalogueProviderSerializer
    # Its platforms move no revision of its own: the tag does not vouch for the whole answer.
    measured = "slug"
    listing = SortedListing(
        filters={
            **{name: _STAFF[name] for name in ("status", "kind", "dialect", "q")},
            **also_as("platform", _STAFF["platform"]),
        }
    )
