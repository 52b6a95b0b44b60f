from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api.base import ServiceViewSet, named_columns
from registry.api.conditions import expected_revision
from registry.api.fields import ProviderField, TextField
from registry.api.keys import take_key
from registry.api.listing import Listing, among, linked, search
from registry.api.serializers import RowSerializer
from registry.choices import ConnectionKind, ConnectionState
from registry.models import Connection, Provider
from registry.models.base import is_uuid
from registry.services.connections import delete_connection, remove_key, save_connection
from registry.services.llm_warnings import connection_warnings
from registry.types import Change, ConnectionChange


class ConnectionSerializer(RowSerializer):
    """An address with its key. The key only goes in; of a stored one the answer has a hint."""

    provider = ProviderField()
    api_key = TextField(required=False, allow_blank=True, write_only=True)
    has_api_key = serializers.BooleanField(source="has_key", read_only=True)
    key_fingerprint = serializers.CharField(
        source="key_hint",
        read_only=True,
        help_text=_("`key` and 8 digits of the key's fingerprint; empty without a key."),
    )
    state = serializers.ChoiceField(
        source="visible_state", choices=ConnectionState.choices, read_only=True
    )
    private_to = serializers.UUIDField(
        source="private_to_id",
        read_only=True,
        allow_null=True,
        help_text=_("The model that this connection is part of; null for a shared one."),
    )

    class Meta:
        model = Connection
        fields = (
            *("id", "provider", "label", "kind", "api_url", "api_key", "has_api_key"),
            *("key_fingerprint", "key_changed_at", "state", "private_to", "last_success_at"),
            *("created_at", "updated_at", "revision"),
        )


def find_connection(name: str) -> Connection | None:
    """Return the organisation's connection of this id; it may be one model's own."""
    rows = Connection.objects.filter(owner__isnull=True).select_related("provider")
    found: Connection | None = rows.filter(pk=name).first() if is_uuid(name) else None
    return found


class ConnectionViewSet(ServiceViewSet):
    """/api/v1/admin/connections"""

    model = Connection
    queryset = Connection.objects.filter(owner__isnull=True).select_related("provider")
    serializer_class = ConnectionSerializer
    lookup_url_kwarg = "connection"
    rights = {"key": "change"}
    measured = "last_success_at"
    listing = Listing(
        filters={
            "provider": linked("provider", lambda name: Provider.objects.named(name).first()),
            "kind": among("kind", ConnectionKind.values),
            "state": among("state", ConnectionState.values),
            "q": search("label", "api_url"),
        },
        orderings=("label", "state", "created_at", "updated_at"),
    )

    def listed(self) -> QuerySet[Any]:
        return self.get_queryset().filter(private_to__isnull=True)

    def find(self, name: str) -> Connection | None:
        return find_connection(name)

    def warnings_of(self, row: Connection) -> list[str]:
        return connection_warnings(row)

    def save(self, row: Connection, values: dict[str, Any], expected: int | None) -> Connection:
        api_key = take_key(values, None if row._state.adding else row)
        change = ConnectionChange(named_columns(row, values), expected, api_key)
        return save_connection(row, change)

    def remove(self, row: Connection, expected: int | None) -> None:
        delete_connection(row, Change(frozenset(), expected))

    @extend_schema(request=None, responses=ConnectionSerializer)
    @action(detail=True, methods=["delete"])
    def key(self, request: Request, connection: str) -> Response:
        """Forget the stored key; the connection stays."""
        row = self.get_object()
        expected = expected_revision(request, row)
        return self.respond(remove_key(row, Change(frozenset(), expected)))
