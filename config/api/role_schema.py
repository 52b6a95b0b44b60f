"""What the OpenAPI document says of resolving a role, which is a plain view."""

from __future__ import annotations

from typing import Any

from roles.choices import Builtin, Skipped, Slot, Source

Schema = dict[str, Any]

PATH = "/api/v1/roles/{role}/resolve"
_TEXT: Schema = {"type": "string"}
_TEXT_OR_NULL: Schema = {"type": "string", "nullable": True}
_FLAG: Schema = {"type": "boolean", "default": False}
_SLOT: Schema = {"type": "string", "nullable": True, "enum": [*Slot.values, None]}


def _object(description: str, properties: Schema) -> Schema:
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": list(properties),
    }


CONFIGURATION = _object(
    "A model as a role resolves to it: all that calling it takes, but the key.",
    {
        "id": {**_TEXT, "description": f"A slug, or one of {', '.join(Builtin.values)}."},
        "uuid": {"type": "string", "format": "uuid", "nullable": True},
        "type": {**_TEXT, "description": "The transport, or the dialect of its provider."},
        "model_name": {**_TEXT, "description": "What its API or command is told."},
        "label": _TEXT,
        "provider": _TEXT,
        "context_k": {"type": "integer", "description": "Thousands of tokens; 0 is unknown."},
        "tags": {"type": "array", "items": _TEXT},
        "api_url": _TEXT,
        "host_type": _TEXT,
        "connection": _TEXT_OR_NULL,
        "has_key": {"type": "boolean"},
        "key_hint": _TEXT,
        "parameters": {"type": "object", "additionalProperties": True},
    },
)
CANDIDATE = _object(
    "What was tried for a role, and why it is not the answer.",
    {
        "source": {"type": "string", "enum": Source.values},
        "slot": _SLOT,
        "model": _TEXT_OR_NULL,
        "name": _TEXT,
        "skipped": {"type": "string", "nullable": True, "enum": [*Skipped.values, None]},
        "until": {"type": "string", "format": "date-time", "nullable": True},
    },
)
SCHEMAS: Schema = {"RoleConfiguration": CONFIGURATION, "RoleCandidate": CANDIDATE}

_BODY: Schema = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "reveal": {
            **_FLAG,
            "description": "With the key: needs registry.reveal_key and secrets:resolve.",
        },
        "healthy_only": {**_FLAG, "description": "Pass over what is down or cooling."},
        "local_only": {**_FLAG, "description": "Only what a host of one's own serves."},
        "user": {
            "oneOf": [_TEXT, {"type": "integer"}],
            "description": (
                "For whom, by name or, as a number, by id: needs roles.resolve_for_user and "
                "roles:resolve_for_user."
            ),
        },
    },
}


def paths(logins: list[Schema]) -> Schema:
    """Return the address with its one operation."""
    answer = _object(
        "The answer, its source and slot, and everything that was tried up to it.",
        {
            "role": _TEXT,
            "source": {"type": "string", "nullable": True, "enum": [*Source.values, None]},
            "slot": _SLOT,
            "model": {
                "nullable": True,
                "allOf": [{"$ref": "#/components/schemas/RoleConfiguration"}],
            },
            "trace": {"type": "array", "items": {"$ref": "#/components/schemas/RoleCandidate"}},
        },
    )
    answer["properties"]["api_key"] = {
        **_TEXT_OR_NULL,
        "description": "Only with `reveal`; null where a call bears none.",
    }
    operation = {
        "operationId": "roles_resolve",
        "description": "What the role runs on right now, and why. It changes nothing.",
        "tags": ["roles"],
        "parameters": [{"name": "role", "in": "path", "required": True, "schema": _TEXT}],
        "security": logins,
        "requestBody": {"content": {"application/json": {"schema": _BODY}}},
        "responses": {
            "200": {"description": "", "content": {"application/json": {"schema": answer}}}
        },
    }
    return {PATH: {"post": operation}}
