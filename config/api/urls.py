"""The API's addresses. None ends in a slash, none redirects but the page for people."""

from __future__ import annotations

from django.urls import include, path

from config.api.schema import DocumentationView, SchemaView
from registry.api.catalogue.urls import their_addresses
from registry.api.lists import urls as lists

urlpatterns = [
    path("", include(lists.their_addresses)),
    path("formats/", include(lists.format_addresses)),
    path("api/v1/formats/", include(lists.format_addresses)),
    path("api/v1/", include("registry.api.urls")),
    path("api/v1/", include("roles.api.urls")),
    path("api/registry/", include(their_addresses)),
    path("api/schema", SchemaView.as_view(), name="api-schema"),
    path("api/docs", DocumentationView.as_view(), name="api-docs"),
]
