"""A person's own accounts, hosts and command-line logins."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api.base import body_of, refuse_unknown
from registry.api.conditions import expected_revision
from registry.api.connection_test_serializers import (
    ConnectionTestSerializer,
    HostModelsSerializer,
    NoBodySerializer,
)
from registry.api.connection_tests import ANSWERS, run
from registry.api.fields import TextField
from registry.api.listing import Listing, among, linked, search
from registry.api.serializers import RowSerializer
from registry.choices import ConnectionKind, ConnectionState
from registry.models import Connection
from registry.services.connection_tests import request_connection_test
from registry.services.connections import remove_key
from registry.services.host_models import models_of
from registry.services.llm_warnings import connection_warnings
from registry.types import UNSET, Change, Secret
from roles.api.base import OwnServiceViewSet
from roles.api.fields import ProviderWordField
from roles.services import own_connections
from roles.services.provider_names import find_provider

TEST = "my-tests-detail"


class OwnConnectionSerializer(RowSerializer):
    """An account, a host or a login. The key only goes in; of a stored one there is a hint."""

    provider = ProviderWordField(
        required=False,
        help_text=gettext_lazy("Of an account or a login; a host is always `openai-compatible`."),
    )
    api_key = TextField(required=False, allow_blank=True, write_only=True)
    has_key = serializers.BooleanField(read_only=True)
    key_hint = serializers.CharField(
        read_only=True,
        help_text=gettext_lazy("`key` and 8 digits of the key's fingerprint; empty without a key."),
    )
    state = serializers.ChoiceField(
        source="visible_state", choices=ConnectionState.choices, read_only=True
    )

    class Meta:
        model = Connection
        fields = (
            *("id", "slug", "kind", "provider", "label", "host_type", "api_url", "api_key"),
            *("has_key", "key_hint", "key_changed_at", "state", "last_success_at"),
            *("created_at", "updated_at", "revision"),
        )
        extra_kwargs = {"slug": {"read_only": True}, "key_changed_at": {"read_only": True}}


class OwnConnectionViewSet(OwnServiceViewSet):
    """/api/v1/my/connections"""

    model = Connection
    serializer_class = OwnConnectionSerializer
    lookup_url_kwarg = "connection"
    measured = "last_success_at"
    takes = {"test": ("wait",)}
    listing = Listing(
        filters={
            "kind": among("kind", ConnectionKind.values),
            "provider": linked("provider", find_provider),
            "state": among("state", ConnectionState.values),
            "q": search("label", "slug", "api_url"),
        },
        orderings=("label", "kind", "state", "created_at", "updated_at"),
    )

    def get_queryset(self) -> QuerySet[Any]:
        return own_connections.own_connections(self.person)

    def find(self, name: str) -> Connection | None:
        return own_connections.own_connection(self.person, name)

    def warnings_of(self, row: Connection) -> list[str]:
        return connection_warnings(row)

    def save(self, row: Connection, values: dict[str, Any], expected: int | None) -> Connection:
        kind = values.pop("kind", row.kind)
        slug = None
        if not row._state.adding:
            slug = str(row.pk)
            if kind != row.kind:
                raise ValidationError({"kind": _("The kind of a stored connection stays.")})
        change = Change(frozenset(), expected)
        return _SAVE[kind](self.person, slug, values, change)

    def remove(self, row: Connection, expected: int | None) -> None:
        """Its models go with it, and the slots that name one of them are emptied."""
        change = Change(frozenset(), expected)
        if not own_connections.remove_connection(self.person, str(row.pk), row.kind, change):
            raise Http404

    @extend_schema(request=None, responses=OwnConnectionSerializer)
    @action(detail=True, methods=["delete"])
    def key(self, request: Request, connection: str) -> Response:
        """Forget the stored key; the connection stays."""
        row = self.get_object()
        expected = expected_revision(request, row)
        return self.respond(remove_key(row, Change(frozenset(), expected)))

    @extend_schema(request=NoBodySerializer, responses={HTTPStatus.OK: HostModelsSerializer})
    @action(detail=True, methods=["post"])
    def models(self, request: Request, connection: str) -> Response:
        """List the models that the host serves now, by id; nothing is stored."""
        row = self.get_object()
        refuse_unknown(body_of(request))
        found = models_of(row)
        results = [{"id": one.id, "name": one.name, **one.values} for one in found.models]
        return Response({"count": len(results), "results": results, "is_cut": found.is_cut})

    @extend_schema(request=NoBodySerializer, responses=ANSWERS)
    @action(detail=True, methods=["post"], serializer_class=ConnectionTestSerializer)
    def test(self, request: Request, connection: str) -> Response:
        """Test the stored address with the stored key; nothing is billed."""
        row = self.get_object()
        refuse_unknown(body_of(request))
        return run(self, request, lambda: request_connection_test(row), TEST)


def _save_host(person: Any, slug: str | None, values: dict[str, Any], change: Change) -> Connection:
    provider = values.pop("provider", None)
    if provider is not None and provider != find_provider("local"):
        raise ValidationError({"provider": _("A host has no other provider than itself.")})
    return own_connections.save_host(person, slug, change=change, **_with_key(values))


def _save_account(
    person: Any, slug: str | None, values: dict[str, Any], change: Change
) -> Connection:
    _refuse(values, "host_type")
    values["provider"] = _word(values)
    return own_connections.save_account(person, slug, change=change, **_with_key(values))


def _save_cli(person: Any, slug: str | None, values: dict[str, Any], change: Change) -> Connection:
    _refuse(values, "host_type", "api_url", "api_key")
    if "provider" in values:
        values["provider"] = _word(values)
    return own_connections.save_cli(person, slug, change=change, **values)


_SAVE = {
    ConnectionKind.HOST.value: _save_host,
    ConnectionKind.ACCOUNT.value: _save_account,
    ConnectionKind.CLI.value: _save_cli,
}


def _word(values: dict[str, Any]) -> Any:
    return values["provider"].slug if "provider" in values else UNSET


def _with_key(values: dict[str, Any]) -> dict[str, Any]:
    text = values.pop("api_key", None)
    return values | {"api_key": None if text is None else Secret(text)}


def _refuse(values: dict[str, Any], *names: str) -> None:
    """Refuse what a connection of this kind does not have; blank is not having it."""
    found = [name for name in names if values.pop(name, "") != ""]
    if found:
        raise ValidationError({name: [_("A connection of this kind has none.")] for name in found})
