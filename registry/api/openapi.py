"""What the OpenAPI document says beyond the serializers: logins, parameters, headers."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from registry.api.permissions import RIGHTS

IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The ETag that was read; 412 if somebody has written the row since.",
)
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="Repeats under one key are carried out once and answered alike for 24 hours.",
)


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """An application's token."""

    target_class = "registry.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A token from the admin."}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The admin's session."""

    target_class = "registry.api.authentication.AdminSessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "The admin's session; writes also need the X-CSRFToken header.",
        }


class StaffSchema(AutoSchema):
    """Tells the query parameters and headers that a staff resource declares."""

    def get_override_parameters(self) -> list[Any]:
        view: Any = self.view
        found = [
            OpenApiParameter(name, OpenApiTypes.STR) for name in view.takes.get(view.action, ())
        ]
        if view.action == "list":
            found += _list_parameters(view.listing)
        if self.method == "POST":
            found.append(IDEMPOTENCY_KEY)
        if self.method in RIGHTS and view.action != "create":
            found.append(IF_MATCH)
        return found


def _list_parameters(listing: Any) -> list[OpenApiParameter]:
    orders = [sign + name for name in listing.orderings for sign in ("", "-")]
    return [
        OpenApiParameter("ordering", OpenApiTypes.STR, enum=orders),
        *(OpenApiParameter(name, OpenApiTypes.STR) for name in listing.filters),
    ]
