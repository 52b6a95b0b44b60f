from __future__ import annotations

from registry.api.catalogue.base import CatalogueViewSet
from registry.api.catalogue.listing import SortedListing, also_as
from registry.api.platforms import PlatformSerializer, PlatformViewSet
from registry.models import Platform

_STAFF = PlatformViewSet.listing.filters


class CataloguePlatformSerializer(PlatformSerializer):
    """Where models can be called, without the address and the connection."""

    class Meta:
        model = Platform
        fields = (
            *("id", "slug", "name", "description", "auth_type", "providers", "features"),
            *("status", "created_at", "updated_at", "revision"),
        )


class CataloguePlatformViewSet(CatalogueViewSet, PlatformViewSet):
    """/api/v1/platforms and /api/registry/platforms"""

    queryset = Platform.objects.select_related("connection").prefetch_related("providers")
    kind = "platform"
    read_class = CataloguePlatformSerializer
    # A read shows nothing that moves without the platform's own revision.
    measured = ""
    listing = SortedListing(
        filters={
            **{name: _STAFF[name] for name in ("status", "auth_type", "q")},
            **also_as("provider", _STAFF["provider"]),
        }
    )
