"""What the addresses of clients share: who may ask, and names that are texts, not keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api.base import ActingViewSet
from registry.api.clients.permissions import ClientPermission
from registry.api.openapi import StaffSchema
from registry.errors import NotRegisteredError
from registry.models import Client

# A registration describes up to 2,000 models; the body's size bounds them all the same.
MOST_MEMBERS = 100_000


class ClientSchema(StaffSchema):
    """What clients send is the same when it is sent again: no tag and no key stands by it."""

    def get_override_parameters(self) -> list[Any]:
        unused = ("If-Match", "Idempotency-Key")
        return [part for part in super().get_override_parameters() if part.name not in unused]


class ClientsViewSet(ActingViewSet):
    """Reads and writes about clients."""

    model = Client
    queryset = Client.objects.none()
    permission_classes = (ClientPermission,)
    schema = ClientSchema()
    most_members = MOST_MEMBERS
    # Actions whose service says itself what is wrong with a name.
    strict = frozenset({"register"})

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.action not in self.strict and any("\0" in name for name in kwargs.values()):
            raise NotRegisteredError


def told(data: dict[str, Any], ignored: Sequence[str]) -> Response:
    """Answer with `data`, and with the names in the body that nobody reads."""
    if ignored:
        data["warnings"] = [_("Ignored: %s") % ", ".join(ignored)]
    return Response(data)
