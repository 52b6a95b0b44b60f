"""The addresses of roles and of people's own records under /api/v1/."""

from __future__ import annotations

from typing import Any

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from roles.api.added_roles import AddedRoleViewSet
from roles.api.catalogs import CatalogViewSet
from roles.api.connections import TEST, OwnConnectionViewSet
from roles.api.llms import OwnLLMViewSet
from roles.api.own_tests import OwnTestViewSet
from roles.api.registry import OwnRegistryViewSet
from roles.api.resolving import resolve_role
from roles.api.roles import RoleViewSet, SlotViewSet

_READ: dict[str, Any] = {"get": "retrieve"}


def _staff_addresses() -> list[Any]:
    router = SimpleRouter(trailing_slash=False, use_regex_path=False)
    router.register("roles", AddedRoleViewSet, basename="added-roles")
    return router.urls


def _own_addresses() -> list[Any]:
    router = SimpleRouter(trailing_slash=False, use_regex_path=False)
    router.register("connections", OwnConnectionViewSet, basename="my-connections")
    router.register("models", OwnLLMViewSet, basename="my-models")
    router.register("tests", OwnTestViewSet, basename=TEST.removesuffix("-detail"))
    return [
        path("registry", OwnRegistryViewSet.as_view(_READ), name="my-registry"),
        path(
            "catalog/<str:provider>",
            CatalogViewSet.as_view({**_READ, "post": "create", "delete": "destroy"}),
            name="my-catalog",
        ),
        *router.urls,
    ]


urlpatterns = [
    path("roles", RoleViewSet.as_view({"get": "every"}), name="roles"),
    path("roles/<str:role>", RoleViewSet.as_view(_READ), name="roles-detail"),
    path("roles/<str:role>/resolve", resolve_role, name="roles-resolve"),
    path(
        "roles/<str:role>/<str:slot>",
        SlotViewSet.as_view({**_READ, "put": "update"}),
        name="roles-slot",
    ),
    path("my/", include(_own_addresses())),
    path("admin/", include(_staff_addresses())),
]
