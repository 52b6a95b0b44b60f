"""The roles that staff adds to those of the settings."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from registry.api.base import ServiceViewSet, named_columns
from registry.api.listing import Listing, search
from registry.api.serializers import RowSerializer
from registry.types import Change
from roles.models import Role
from roles.services.slots import delete_role, save_role


class AddedRoleSerializer(RowSerializer):
    """A role that was added, or how one of the settings is shown and what it ends with."""

    id = serializers.CharField(
        source="name", read_only=True, help_text=_("Its name, which addresses have.")
    )

    class Meta:
        model = Role
        fields = (
            *("id", "name", "label", "description", "last_resort"),
            *("created_at", "updated_at", "revision"),
        )


class AddedRoleViewSet(ServiceViewSet):
    """/api/v1/admin/roles"""

    model = Role
    queryset = Role.objects.all()
    serializer_class = AddedRoleSerializer
    lookup_url_kwarg = "role"
    listing = Listing(
        filters={"q": search("name", "label", "description")},
        orderings=("name", "label", "created_at", "updated_at"),
    )

    def find(self, name: str) -> Role | None:
        found: Role | None = self.get_queryset().filter(name=name).first()
        return found

    def save(self, row: Role, values: dict[str, Any], expected: int | None) -> Role:
        return save_role(row, Change(named_columns(row, values), expected))

    def remove(self, row: Role, expected: int | None) -> None:
        """What stands in slots of its name stays, and resolves as before."""
        delete_role(row, Change(frozenset(), expected))
