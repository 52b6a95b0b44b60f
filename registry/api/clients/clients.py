"""Clients: registered, listed, heard of, asked what they hold."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api.base import body_of, refuse_unknown
from registry.api.clients.base import ClientsViewSet, told
from registry.api.clients.held import shown
from registry.api.clients.serializers import (
    ClientDetailSerializer,
    ClientSerializer,
    HeldSerializer,
    ModelsOfClientSerializer,
    RegisterSerializer,
    RegistrationSerializer,
    SupportSerializer,
)
from registry.api.listing import Listing, Rows, search
from registry.errors import NotRegisteredError
from registry.models import Client, ClientModel
from registry.services import clients
from registry.services.counting import number_of


def _provided(rows: Rows, value: str) -> Rows:
    return rows.filter(provider=value.strip().lower())


def _holding(rows: Rows, value: str) -> Rows:
    held = ClientModel.objects.filter(model_id=value.strip())
    return rows.filter(pk__in=held.values("client"))


class ClientViewSet(ClientsViewSet):
    """/api/v1/clients"""

    queryset = Client.objects.all()
    serializer_class = ClientSerializer
    lookup_url_kwarg = "client"
    listing = Listing(
        filters={"provider": _provided, "model": _holding, "q": search("client_id")},
        orderings=("client_id", "provider", "last_seen", "registered_at"),
    )

    def get_queryset(self) -> QuerySet[Any]:
        number = number_of(ClientModel.objects.all(), "client")
        rows: QuerySet[Any] = super().get_queryset().annotate(model_count=number)
        return rows

    def find(self, name: str) -> Client | None:
        found: Client | None = self.get_queryset().filter(client_id=name.strip()).first()
        return found

    @extend_schema(responses=ClientDetailSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show one client and each model that it holds, with its state now."""
        row = self.find(kwargs["client"])
        if row is None:
            raise NotRegisteredError
        held = shown(row.models.order_by("position"))
        data = ClientSerializer(row).data
        return Response({**data, "models": HeldSerializer(held, many=True).data})

    @extend_schema(
        request=RegisterSerializer,
        responses={
            HTTPStatus.OK: RegistrationSerializer,
            HTTPStatus.CREATED: RegistrationSerializer,
        },
    )
    def register(self, request: Request, client: str) -> Response:
        """Take the list for all that the client serves from now on; an empty one unregisters it.

        Its quota marks and suspensions end. Sent again it changes nothing more.
        """
        values, ignored = self.parse(body_of(request), shape=RegisterSerializer)
        models = values["models"]
        done = clients.register(client, values.get("provider", ""), models)
        row = done.client
        data = {
            "client": client.strip() if row is None else row.client_id,
            "provider": "" if row is None else row.provider,
            "registered": row is not None,
            "model_count": 0 if row is None else row.models.count(),
            **{name: getattr(done, name) for name in ("added", "removed", "changed")},
        }
        answer = told(data, [*ignored, *clients.ignored_words(models)])
        answer.status_code = HTTPStatus.CREATED if done.created else HTTPStatus.OK
        return answer

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Take the client off every list."""
        if not clients.unregister(kwargs["client"]):
            raise NotRegisteredError
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(request=None, responses={HTTPStatus.NO_CONTENT: None})
    def seen(self, request: Request, client: str) -> Response:
        """Note that the client is there; nothing else changes, no mark ends."""
        refuse_unknown(body_of(request))
        if not clients.note_seen(client):
            raise NotRegisteredError
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(responses=ModelsOfClientSerializer)
    def models(self, request: Request, client: str) -> Response:
        """Show the client's models in its own order, each once, as it describes them."""
        found = clients.client_models(client)
        if found is None:
            raise NotRegisteredError
        return Response({"client": client.strip(), "count": len(found), "results": found})

    @extend_schema(responses=SupportSerializer)
    def supports(self, request: Request, client: str, model: str) -> Response:
        """Say whether the client holds the model; upper and lower case are the same here."""
        answer = clients.supports(client, model)
        return Response({"client": client.strip(), "model": model.strip(), "supports": answer})
