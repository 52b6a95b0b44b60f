"""Field types of a person's own records: what is somebody else's is not there."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field

from registry.api.fields import ConnectionField, ProviderField
from registry.models import Connection, Provider
from roles.services.own_connections import usable_connection
from roles.services.provider_names import find_provider


@extend_schema_field(OpenApiTypes.STR)
class ProviderWordField(ProviderField):
    """A provider by its slug, an alias, or the word `local` for hosts of one's own."""

    def to_internal_value(self, data: Any) -> Provider:
        found = find_provider(data) if isinstance(data, str) else None
        if found is None:
            self.fail("unknown")
        return found


@extend_schema_field(OpenApiTypes.STR)
class UsableConnectionField(ConnectionField):
    """One's own connection by id or short name, or one of the organisation by id."""

    default_error_messages = {"unknown": _("There is no such connection.")}

    def to_internal_value(self, data: Any) -> Connection:
        person = self.context["request"].user
        found = usable_connection(person, data) if isinstance(data, str) else None
        if found is None:
            self.fail("unknown")
        return found
