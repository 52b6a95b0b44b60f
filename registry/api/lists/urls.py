"""Where clients look for lists: each at its own addresses, and every format under its name."""

from __future__ import annotations

from django.urls import path, register_converter
from django.urls.converters import PathConverter

from registry.api.lists import views


class ModelIdConverter(PathConverter):
    """A model's id, with slashes or empty: who ends an address in a slash names no model.

    So he hears of it in the shape of his client.
    """

    regex = ".*"


register_converter(ModelIdConverter, "listed")

# None is in front of a client's own address.
their_addresses = [
    path("v1/models", views.models, name="list-models"),
    path("v1/models/<listed:model_id>", views.model, name="list-model"),
    path("v1beta/models", views.gemini_models, name="list-gemini-models"),
    path("v1beta/models/<listed:model_id>", views.gemini_model, name="list-gemini-model"),
    path("api/tags", views.ollama_tags, name="list-ollama-tags"),
    path("api/show", views.ollama_show, name="list-ollama-show"),
    path("api/version", views.ollama_version, name="list-ollama-version"),
]
format_addresses = [
    path("<str:format_name>", views.format_list, name="list-format"),
    path("<str:format_name>/<listed:model_id>", views.format_single, name="list-format-model"),
]
