from __future__ import annotations

from registry.api.base import StaffViewSet
from registry.api.listing import Listing, search
from registry.api.serializers import RowSerializer
from registry.models import Capability


class CapabilitySerializer(RowSerializer):
    """A word of the vocabulary of what models can do."""

    class Meta:
        model = Capability
        fields = ("name", "label", "description")


class CapabilityViewSet(StaffViewSet):
    """/api/v1/admin/capabilities: read only."""

    model = Capability
    queryset = Capability.objects.all()
    serializer_class = CapabilitySerializer
    listing = Listing(filters={"q": search("name", "label")}, orderings=("name", "label"))

    def find(self, name: str) -> Capability | None:
        found: Capability | None = self.get_queryset().filter(name=name).first()
        return found
