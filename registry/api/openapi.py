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


DESCRIBED = {
    "wait": OpenApiParameter(
        "wait",
        OpenApiTypes.INT,
        description="Seconds to wait for the result, at most 30; 0 if left out.",
    ),
    "since": OpenApiParameter(
        "since", OpenApiTypes.INT64, required=True, description="The last revision that is known."
    ),
    "limit": OpenApiParameter(
        "limit", OpenApiTypes.INT, description="Rows, 1,000 at most; 200 if left out."
    ),
    "page": OpenApiParameter("page", OpenApiTypes.INT),
    "page_size": OpenApiParameter("page_size", OpenApiTypes.INT, description="200 at most."),
    "prompt_tokens": OpenApiParameter("prompt_tokens", OpenApiTypes.INT),
    "output_tokens": OpenApiParameter("output_tokens", OpenApiTypes.INT),
}


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

    # Whether it is a POST that only reads.
    is_question = False

    def get_override_parameters(self) -> list[Any]:
        view: Any = self.view
        found = [_described(name) for name in view.takes.get(view.action, ())]
        if view.action == "list":
            found += _list_parameters(view.listing)
        if self.method == "POST" and hasattr(view, "once") and not self.is_question:
            found.append(IDEMPOTENCY_KEY)
        if self.method in RIGHTS and view.action != "create":
            found.append(IF_MATCH)
        return found


class CatalogueSchema(StaffSchema):
    """Also tells the two mounts apart, and that anyone may read if the lists are public.

    `x-kind` names the kind of object for `renamed_schema`, which takes it away again.
    """

    @property
    def is_question(self) -> bool:  # type: ignore[override]
        view: Any = self.view
        return self.method == "POST" and view.action in view.asks

    def get_operation_id(self) -> str:
        view: Any = self.view
        return f"{view.names.word}_{super().get_operation_id()}"

    def get_auth(self) -> list[Any]:
        found: list[Any] = super().get_auth()
        return [*found, {}] if self.method == "GET" or self.is_question else found

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        operation = super().get_operation(*args, **kwargs)
        if operation is not None:
            view: Any = self.view
            operation["x-kind"] = view.kind_of_answer
        return operation


def _list_parameters(listing: Any) -> list[OpenApiParameter]:
    known = listing.parameters
    orders = [sign + name for name in listing.orderings for sign in ("", "-")]
    choices = {"ordering": orders, "sort": list(getattr(listing, "sorts", ()))}
    return [
        *(
            OpenApiParameter(name, OpenApiTypes.STR, enum=values)
            for name, values in choices.items()
            if name in known
        ),
        *(_described(name) for name in listing.filters),
    ]


def _described(name: str) -> OpenApiParameter:
    return DESCRIBED.get(name) or OpenApiParameter(name, OpenApiTypes.STR)
