"""The addresses of clients. A client's id ends where a word of ours begins."""

from __future__ import annotations

from typing import Any

from django.urls import path

from registry.api.clients import addresses
from registry.api.clients.availability import AvailabilityViewSet, AvailableViewSet
from registry.api.clients.clients import ClientViewSet
from registry.api.clients.marks import QuotaViewSet, SuspensionViewSet

_MARK: dict[str, Any] = {"put": "update", "delete": "destroy"}
_CLIENT: dict[str, Any] = {"get": "retrieve", "put": "register", "delete": "destroy"}
_ONE = f"clients/<{addresses.CONVERTER}:client>"

urlpatterns = [
    path("clients", ClientViewSet.as_view({"get": "list"}), name="clients"),
    path(f"{_ONE}/seen", ClientViewSet.as_view({"post": "seen"}), name="client-seen"),
    path(
        f"{_ONE}/models/<path:model>/quota",
        QuotaViewSet.as_view(_MARK),
        name="client-quota",
    ),
    path(
        f"{_ONE}/models/<path:model>/suspension",
        SuspensionViewSet.as_view(_MARK),
        name="client-suspension",
    ),
    path(f"{_ONE}/models", ClientViewSet.as_view({"get": "models"}), name="client-models"),
    path(
        f"{_ONE}/supports/<path:model>",
        ClientViewSet.as_view({"get": "supports"}),
        name="client-supports",
    ),
    # What none of the above takes: a refusal of such an id says what is wrong with it.
    path("clients/<path:client>", ClientViewSet.as_view(_CLIENT), name="client"),
    path(
        "availability/<path:model>",
        AvailabilityViewSet.as_view({"get": "retrieve"}),
        name="availability",
    ),
    path("available", AvailableViewSet.as_view({"get": "available"}), name="available"),
    path("available/first", AvailableViewSet.as_view({"get": "first"}), name="available-first"),
]
