"""The API's addresses. None ends in a slash, none redirects but the page for people."""

from __future__ import annotations

from django.urls import include, path

from config.api.schema import DocumentationView, SchemaView

urlpatterns = [
    path("api/v1/", include("registry.api.urls")),
    path("api/schema", SchemaView.as_view(), name="api-schema"),
    path("api/docs", DocumentationView.as_view(), name="api-docs"),
]
