"""How the OpenAPI document is made: settings of drf-spectacular."""

from __future__ import annotations

from typing import Any

SPECTACULAR: dict[str, Any] = {
    "TITLE": "LLM Model Registry",
    "DESCRIPTION": "Models, providers, platforms and their access, for staff and applications.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    # Served by us: the page asks no other host.
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/(v1/(admin/)?|registry/)",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.api.schema.complete",
    ],
    "ENUM_NAME_OVERRIDES": {
        "LLMStatus": "registry.choices.LLMStatus",
        "CatalogueStatus": "registry.choices.CatalogueStatus",
        "KnowledgeBaseStatus": "registry.choices.KnowledgeBaseStatus",
        "RouteStatus": "registry.choices.RouteStatus",
        "ProviderKind": "registry.choices.ProviderKind",
        "ConnectionKind": "registry.choices.ConnectionKind",
        "ConnectionState": "registry.choices.ConnectionState",
        "HolderState": "registry.choices.HolderState",
    },
}
