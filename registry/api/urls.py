"""The registry's addresses under /api/v1/."""

from __future__ import annotations

from typing import Any

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from registry.api import chooser
from registry.api.base import StaffViewSet
from registry.api.capabilities import CapabilityViewSet
from registry.api.connections import ConnectionViewSet
from registry.api.knowledge_bases import KnowledgeBaseViewSet
from registry.api.llms import LLMViewSet
from registry.api.platforms import PlatformViewSet
from registry.api.providers import ProviderViewSet
from registry.api.trail import TrailViewSet

RESOURCES: dict[str, type[StaffViewSet]] = {
    "models": LLMViewSet,
    "providers": ProviderViewSet,
    "platforms": PlatformViewSet,
    "connections": ConnectionViewSet,
    "knowledge-bases": KnowledgeBaseViewSet,
    "capabilities": CapabilityViewSet,
    "audit": TrailViewSet,
}


def _staff_addresses() -> list[Any]:
    router = SimpleRouter(trailing_slash=False, use_regex_path=False)
    for name, viewset in RESOURCES.items():
        router.register(name, viewset, basename=name)
    return router.urls


urlpatterns = [
    path("admin/", include(_staff_addresses())),
    path("models/embedding", chooser.embedding, name="chooser-embedding"),
    path("models/generation", chooser.generation, name="chooser-generation"),
    path("models/ner", chooser.ner, name="chooser-ner"),
    path("models/available", chooser.available, name="chooser-available"),
]
