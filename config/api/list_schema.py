"""The lists that published clients read, as the OpenAPI document tells them."""

from __future__ import annotations

from typing import Any

from registry.formats import FORMATS

Schema = dict[str, Any]

LOGINS: list[Schema] = [{"token": []}, {"session": []}, {}]
ERROR = "ClientError"
_LIST = (
    "What may be called now, in the shape that this client reads. Anyone may read it if "
    "REGISTRY_PUBLIC_LISTS is on. The token may also come in `x-api-key` or `x-goog-api-key`. "
    "With a user's token his own models are in it, too. An ETag tells whether it has changed."
)
_SINGLE = (
    "One model by its exact id, which may have slashes in it: an active, beta or deprecated one. "
    "`Deprecation` and `Sunset` are in the headers of a deprecated one."
)
_STATUS: Schema = {
    "name": "status",
    "in": "query",
    "description": "1 adds `state` (ready, cooling or off) and `until` to each entry.",
    "schema": {"type": "string", "enum": ["0", "1"]},
}
_MODEL: Schema = {
    "name": "model_id",
    "in": "path",
    "required": True,
    "schema": {"type": "string"},
}
_FORMAT: Schema = {
    "name": "format_name",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "enum": [*FORMATS]},
}
_BY_WHO_ASKS: list[Schema] = [
    {
        "name": "client_version",
        "in": "query",
        "description": "The Codex command line sends it, and gets its own shape.",
        "schema": {"type": "string"},
    },
    {
        "name": "anthropic-version",
        "in": "header",
        "description": "Anthropic's clients send it, and get their own shape.",
        "schema": {"type": "string"},
    },
    {
        "name": "x-goog-api-client",
        "in": "header",
        "description": "Google's clients send it, and get their own shape.",
        "schema": {"type": "string"},
    },
]
_BODY: Schema = {
    "type": "object",
    "properties": {
        "model": {"type": "string", "description": "`m` and `m:latest` are the same."},
        "name": {"type": "string", "description": "Its older name."},
    },
}
ERROR_SCHEMA: Schema = {
    "type": "object",
    "description": "A refusal, in the shape of the client that asks.",
    "additionalProperties": True,
}


def paths() -> Schema:
    """Return what each address takes and answers."""
    found = {
        "/v1/models": _read("list_v1_models", _LIST, [*_BY_WHO_ASKS, *_pages("anthropic")]),
        "/v1/models/{model_id}": _read("list_v1_model", _SINGLE, [_MODEL, *_BY_WHO_ASKS]),
        "/v1beta/models": _read("list_v1beta_models", _LIST, _pages("gemini")),
        "/v1beta/models/{model_id}": _read("list_v1beta_model", _SINGLE, [_MODEL]),
        "/api/tags": _read("list_ollama_tags", _LIST, []),
        "/api/version": _read("list_ollama_version", "The Ollama release it is like.", []),
        "/api/show": {"post": _show()},
    }
    for prefix, word in (("/formats/", "list_format"), ("/api/v1/formats/", "list_api_format")):
        place = f"{prefix}{{format_name}}"
        found[place] = _read(word, _LIST, [_FORMAT, *_pages(*FORMATS)])
        found[f"{place}/{{model_id}}"] = _read(f"{word}_model", _SINGLE, [_FORMAT, _MODEL])
    return found


def _pages(*formats: str) -> list[Schema]:
    shapes = [FORMATS.get(name) for name in formats]
    repeated = {name for shape in shapes for name in shape.repeated}
    names = {name: None for shape in shapes for name in shape.parameters}
    text: Schema = {"type": "string"}
    texts: Schema = {"type": "array", "items": text}
    return [
        {"name": name, "in": "query", "schema": texts if name in repeated else text}
        for name in names
    ]


def _read(name: str, description: str, parameters: list[Schema]) -> Schema:
    return {"get": _operation(name, description, [*parameters, _STATUS])}


def _show() -> Schema:
    content = {"application/json": {"schema": _BODY}}
    return _operation("list_ollama_show", _SINGLE, [_STATUS]) | {
        "requestBody": {"required": True, "content": content}
    }


def _operation(name: str, description: str, parameters: list[Schema]) -> Schema:
    content = {"application/json": {"schema": {"type": "object", "additionalProperties": True}}}
    refusal = {"$ref": f"#/components/schemas/{ERROR}"}
    return {
        "operationId": name,
        "description": description,
        "tags": ["lists"],
        "parameters": parameters,
        "security": LOGINS,
        "responses": {
            "200": {"description": "", "content": content},
            "304": {"description": "Not changed."},
            "default": {
                "description": "Refused.",
                "content": {"application/json": {"schema": refusal}},
            },
        },
    }
