"""Marks: what a client holds and cannot serve now, and when it can again."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api.base import body_of
from registry.api.clients.base import ClientsViewSet, told
from registry.api.clients.held import registered, shown
from registry.api.clients.serializers import MarkedSerializer, QuotaSerializer, SuspensionSerializer
from registry.services import clients


class MarkViewSet(ClientsViewSet):
    """Sets a mark or takes it away; sent again, either changes nothing more."""

    serializer_class = MarkedSerializer

    def marked(self, client: str, model: str, ignored: list[str]) -> Response:
        """Show the row as it is now. Raises NotRegisteredError."""
        row = registered(client, model)
        (values,) = shown([row])
        data = MarkedSerializer({"client_id": row.client.client_id, **values}).data
        return told(dict(data), ignored)

    def cleared(self, clear: Callable[[str, str], bool], client: str, model: str) -> Response:
        if not clear(client, model):  # there was no mark, or there is no such row
            registered(client, model)
        return Response(status=HTTPStatus.NO_CONTENT)


class QuotaViewSet(MarkViewSet):
    """/api/v1/clients/{client}/models/{model}/quota"""

    @extend_schema(request=QuotaSerializer)
    def update(self, request: Request, client: str, model: str) -> Response:
        """Note that the client has no quota left for the model; the window starts now.

        It ends by itself, after `retry_after` seconds or REGISTRY_QUOTA_SECONDS.
        """
        values, ignored = self.parse(body_of(request), shape=QuotaSerializer)
        clients.mark_quota(client, model, retry_after=values.get("retry_after"))
        return self.marked(client, model, ignored)

    def destroy(self, request: Request, client: str, model: str) -> Response:
        """End the window."""
        return self.cleared(clients.clear_quota, client, model)


class SuspensionViewSet(MarkViewSet):
    """/api/v1/clients/{client}/models/{model}/suspension"""

    @extend_schema(request=SuspensionSerializer)
    def update(self, request: Request, client: str, model: str) -> Response:
        """Take the model off this client until it is resumed.

        A reason other than `quota` replaces that one; otherwise the first reason stays.
        """
        values, ignored = self.parse(body_of(request), shape=SuspensionSerializer)
        clients.suspend(client, model, values.get("reason", ""))
        return self.marked(client, model, ignored)

    def destroy(self, request: Request, client: str, model: str) -> Response:
        """Let the client serve the model again; a quota mark stays."""
        return self.cleared(clients.resume, client, model)
