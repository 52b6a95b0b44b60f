"""The registry's addresses under /api/v1/."""

from __future__ import annotations

from typing import Any

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from registry.api.base import StaffViewSet
from registry.api.capabilities import CapabilityViewSet
from registry.api.catalogue.urls import our_addresses
from registry.api.changes import ChangesViewSet
from registry.api.clients import urls as clients
from registry.api.connection_tests import (
    ConnectionTestingViewSet,
    ConnectionTestViewSet,
    HostModelsViewSet,
    LLMTestViewSet,
    NamedTestViewSet,
)
from registry.api.connections import ConnectionViewSet
from registry.api.knowledge_bases import KnowledgeBaseViewSet
from registry.api.llms import LLMViewSet
from registry.api.platforms import PlatformViewSet
from registry.api.prices import PriceViewSet
from registry.api.providers import ProviderViewSet
from registry.api.routes import RouteViewSet
from registry.api.trail import TrailViewSet
from registry.api.unsaved_llms import UnsavedLLMViewSet

RESOURCES: dict[str, type[StaffViewSet]] = {
    "models": LLMViewSet,
    "providers": ProviderViewSet,
    "platforms": PlatformViewSet,
    "routes": RouteViewSet,
    "connections": ConnectionViewSet,
    "knowledge-bases": KnowledgeBaseViewSet,
    "capabilities": CapabilityViewSet,
    "prices": PriceViewSet,
    "tests": ConnectionTestViewSet,
    "audit": TrailViewSet,
}
_READ: dict[str, Any] = {"get": "retrieve"}
_LIST: dict[str, Any] = {"get": "list"}
_ASK: dict[str, Any] = {"post": "create"}
# A model may be called `test`: all but a POST at that address is about that model.
_WRITE: dict[str, Any] = {"put": "update", "patch": "partial_update", "delete": "destroy"}


def _staff_addresses() -> list[Any]:
    router = SimpleRouter(trailing_slash=False, use_regex_path=False)
    for name, viewset in RESOURCES.items():
        router.register(name, viewset, basename=name)
    return router.urls


_ADDRESSES_OF_TESTS = [
    path(
        "models/test",
        UnsavedLLMViewSet.as_view(_ASK | _READ | _WRITE),
        {"model": "test"},
        name="models-unsaved-test",
    ),
    path("models/tests/<uuid:test>", NamedTestViewSet.as_view(_READ), name="models-any-test"),
    path("models/<str:model>/test", LLMTestViewSet.as_view(_ASK), name="models-test"),
    path("models/<str:model>/tests", LLMTestViewSet.as_view(_LIST), name="models-tests"),
    path(
        "models/<str:model>/tests/<str:test>",
        LLMTestViewSet.as_view(_READ),
        name="models-tests-detail",
    ),
    path(
        "connections/<str:connection>/test",
        ConnectionTestingViewSet.as_view(_ASK),
        name="connections-test",
    ),
    path(
        "connections/<str:connection>/models",
        HostModelsViewSet.as_view(_ASK),
        name="connections-models",
    ),
]
urlpatterns = [
    path("admin/", include(_ADDRESSES_OF_TESTS)),
    path("admin/", include(_staff_addresses())),
    path("changes", ChangesViewSet.as_view({"get": "changes"}), name="changes"),
    *our_addresses,
    *clients.urlpatterns,
]
