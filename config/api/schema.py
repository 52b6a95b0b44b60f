"""The OpenAPI document and its page; what is no serializer is written down here."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.views import redirect_to_login
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.exceptions import NotAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from config.api import list_schema, role_schema
from registry.api import parameters
from registry.api.catalogue import renamed_schema
from registry.api.catalogue.renaming import OURS, THEIRS, Names
from registry.provider_rules import PARAMETERS

Schema = dict[str, Any]

LOGINS: list[Schema] = [{"token": []}, {"session": []}]
TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer"}
TEXTS: Schema = {"type": "array", "items": TEXT}

ERROR: Schema = {
    "type": "object",
    "description": "Every refusal. Some codes say more, such as `knowledge_bases`.",
    "properties": {
        "error": {
            "type": "object",
            "properties": {
                "code": {**TEXT, "description": "Stable; for programs."},
                "message": {**TEXT, "description": "One sentence for people."},
                "fields": {
                    "type": "object",
                    "description": "What is wrong with each field.",
                    "additionalProperties": TEXTS,
                },
            },
            "required": ["code", "message"],
            "additionalProperties": True,
        }
    },
    "required": ["error"],
}
CHOICE: Schema = {
    "type": "object",
    "description": "An active shared model, as an application chooses one.",
    "properties": {
        "id": {**TEXT, "format": "uuid"},
        **dict.fromkeys(("slug", "type", "name", "provider", "model_id", "description"), TEXT),
        "is_default": FLAG,
        "config": {"type": "object", "description": "The parameters of the model's type."},
        "capabilities": {"type": "object", "additionalProperties": FLAG},
        "tags": TEXTS,
    },
}
CHOICES: Schema = {"type": "array", "items": {"$ref": "#/components/schemas/ChooserModel"}}
PAGING: list[Schema] = [
    {"name": name, "in": "query", "schema": {**COUNT, "minimum": 1}}
    for name in ("page", "page_size")
]


class SchemaView(SpectacularAPIView):
    """The OpenAPI 3 document, as JSON, for any login."""

    renderer_classes = [JSONRenderer]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        parameters.check(request.query_params, ())


class DocumentationView(SpectacularSwaggerSplitView):
    """The page over the document; without a login it leads to the admin's."""

    url_name = "api-schema"
    http_method_names = ["get", "head"]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        parameters.check(request.query_params, ("script",))

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, NotAuthenticated):
            path = self.request.get_full_path()
            return redirect_to_login(path)  # type: ignore[return-value]  # any answer will do
        return super().handle_exception(exc)


def complete(result: Schema, **_kwargs: Any) -> Schema:
    """Add the plain views, and the error shape to every operation (a hook of the generator)."""
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas |= {"Error": ERROR, "ChooserModel": CHOICE, list_schema.ERROR: list_schema.ERROR_SCHEMA}
    schemas |= role_schema.SCHEMAS
    renamed_schema.rename(result)
    for names in (OURS, THEIRS):
        result["paths"] |= _choosers(names)
    result["paths"] |= list_schema.paths() | role_schema.paths(LOGINS)
    for name in ("livez", "readyz"):
        result["paths"][f"/{name}"] = _probe(name)
    for path in result["paths"].values():
        for operation in path.values():
            operation["responses"].setdefault("default", _answer("Refused.", "Error"))
    return result


def _choosers(names: Names) -> Schema:
    """Return the chooser's lists at one mount; they are the same at both."""
    place, word = f"{names.prefix}models", f"{names.word}_chooser"
    content = _object({"count": COUNT, "results": CHOICES})
    lists = {f"{llm_type}_models": CHOICES for llm_type in PARAMETERS}
    everything = _object({"count": COUNT, **lists})
    return {
        **{
            f"{place}/{llm_type}": _chooser(f"{word}_{llm_type}", content, PAGING)
            for llm_type in PARAMETERS
        },
        f"{place}/available": _chooser(f"{word}_available", everything, []),
    }


def _chooser(name: str, content: Schema, params: list[Schema]) -> Schema:
    return {
        "get": {
            "operationId": name,
            "description": (
                "Active shared models, the default first. Anyone may read this list if "
                "REGISTRY_PUBLIC_LISTS is on; an ETag tells whether it has changed."
            ),
            "tags": ["models"],
            "parameters": params,
            "security": [*LOGINS, {}],
            "responses": {
                "200": {"description": "", "content": {"application/json": {"schema": content}}},
                "304": {"description": "Not changed."},
            },
        }
    }


def _probe(name: str) -> Schema:
    content = {"application/json": {"schema": _object({"status": TEXT})}}
    return {
        "get": {
            "operationId": name,
            "description": "Whether the service runs (livez) or can do its work (readyz).",
            "tags": ["operations"],
            "security": [{}],
            "responses": {"200": {"description": "", "content": content}},
        }
    }


def _object(properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _answer(description: str, name: str) -> Schema:
    schema = {"$ref": f"#/components/schemas/{name}"}
    return {"description": description, "content": {"application/json": {"schema": schema}}}
