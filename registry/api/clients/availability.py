"""Who can serve what now, over all clients."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api.clients.base import ClientsViewSet
from registry.api.clients.serializers import (
    AvailableSerializer,
    FirstSerializer,
    HoldersSerializer,
)
from registry.api.parameters import BadValueError, choice
from registry.formats import reported
from registry.services import clients
from registry.services.clients import states

FORMATS = ("openai", "claude", "gemini", "generic")
FORMAT = OpenApiParameter("format", OpenApiTypes.STR, enum=FORMATS)


class AvailabilityViewSet(ClientsViewSet):
    """/api/v1/availability/{model}"""

    serializer_class = HoldersSerializer
    strict = frozenset({"retrieve"})

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Say how many seats are ready for a model, and what each of its clients can do.

        A model that no client holds has a count of 0.
        """
        model = kwargs["model"].strip()
        holders = clients.holders_of(model)
        data = {
            "model": model,
            "count": states.count(holders),
            "providers": states.providers(holders),
            "clients": holders,
            "info": states.published_info(holders),
            "last_updated": max((holder.changed_at for holder in holders), default=None),
        }
        answer = HoldersSerializer(data).data
        return Response({**answer, "info": data["info"]})


class AvailableViewSet(ClientsViewSet):
    """/api/v1/available"""

    serializer_class = AvailableSerializer
    takes = {"available": ("format", "provider", "status"), "first": ("format",)}

    @extend_schema(
        parameters=[
            FORMAT,
            OpenApiParameter("status", OpenApiTypes.INT, enum=[1]),
        ]
    )
    def available(self, request: Request) -> Response:
        """List what clients can serve, the newest first, in the shape that `format` names.

        Without one it is `openai`. `provider` counts the clients of one provider only;
        `status=1` adds `state` and `until` to each entry.
        """
        asked = request.query_params
        name = _format(asked) or FORMATS[0]
        found = clients.available(
            name, provider=asked.get("provider"), status=_flag(asked, "status")
        )
        return Response({"format": name, "count": len(found), "results": found})

    @extend_schema(parameters=[FORMAT], responses=FirstSerializer)
    def first(self, request: Request) -> Response:
        """Name the newest model that is ready; 409 `none_listed` or `none_ready` if none is."""
        name = _format(request.query_params)
        model = clients.first_available()
        if name is None:
            return Response({"model": model})
        info = states.published_info(clients.holders_of(model)) or {"id": model}
        return Response({"model": model, "entry": reported.entry(name, info)})


def _format(params: Any) -> str | None:
    asked = params.get("format")
    try:
        return None if asked is None else choice(asked, FORMATS)
    except BadValueError as error:
        raise ValidationError({"format": [str(error)]}) from error


def _flag(params: Any, name: str) -> bool:
    if params.get(name, "0") not in ("0", "1"):
        raise ValidationError({name: [_("Give 1 or 0.")]})
    return bool(params.get(name) == "1")
