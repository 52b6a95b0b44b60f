"""The OpenAPI document's part about /api/registry: the same schemas under that mount's names."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from registry.api.catalogue.renaming import INSIDE, NAMES, THEIRS

Schema = dict[str, Any]
_REFERENCE = "#/components/schemas/"


def rename(document: Schema) -> None:
    """Give the addresses under /api/registry schemas of their own."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for path, operations in document["paths"].items():
        for operation in operations.values():
            kind = operation.pop("x-kind", "")
            if path.startswith(THEIRS.prefix):
                for place in _schemas_of(operation):
                    place.update(_renamed(place, kind, schemas))


def _schemas_of(operation: Schema) -> list[Schema]:
    answers = [operation.get("requestBody", {}), *operation["responses"].values()]
    contents = [content for answer in answers for content in answer.get("content", {}).values()]
    return [content["schema"] for content in contents if "schema" in content]


def _renamed(schema: Schema, kind: str, schemas: Schema) -> Schema:
    """Return the schema with every reference leading to a renamed copy."""
    if "$ref" in schema:
        return {**schema, "$ref": _REFERENCE + _copy(schema["$ref"], kind, schemas)}
    found = dict(schema)
    for word in ("allOf", "oneOf"):
        if word in schema:
            found[word] = [_renamed(part, kind, schemas) for part in schema[word]]
    if "items" in schema:
        found["items"] = _renamed(schema["items"], kind, schemas)
    if "properties" in schema:
        found |= _properties(schema, kind, schemas)
    return found


def _copy(reference: str, kind: str, schemas: Schema) -> str:
    """Add a renamed copy of a component, once; return its name."""
    name = reference.removeprefix(_REFERENCE)
    schema = schemas[name]
    if "properties" not in schema:
        return name
    new = f"Registry{name}"
    if new not in schemas:
        schemas[new] = {}
        schemas[new] |= _renamed(copy.deepcopy(schema), kind, schemas)
    return new


def _properties(schema: Schema, kind: str, schemas: Schema) -> Schema:
    inside = {"results": kind} | INSIDE.get(kind, {})
    properties = {
        name: _renamed(value, inside[name], schemas) if name in inside else value
        for name, value in schema["properties"].items()
    }
    moves = NAMES.get(kind, {})
    taken = {theirs: _take(properties, ours, schemas) for theirs, ours in moves.items()}
    for theirs, value in taken.items():
        if value is not None:
            _put(properties, theirs, value)
    if "slug" in schema["properties"] and "id" in properties:
        properties["id"] = {"type": "string", "readOnly": True}
    back = {ours: theirs for theirs, ours in moves.items()}
    required = [back.get(name, name) for name in schema.get("required", ())]
    found: Schema = {"properties": properties}
    if required:
        found["required"] = [name for name in required if name in properties]
    return found


def _take(properties: Schema, path: str, schemas: Schema) -> Schema | None:
    group, _dot, name = path.rpartition(".")
    if not group:
        taken: Schema | None = properties.pop(name, None)
        return taken
    reference = _reference_of(properties.get(group, {}))
    if reference is None:
        return None
    whole = reference.removeprefix(_REFERENCE).removeprefix("Registry")
    rest = schemas.setdefault(f"Registry{whole}", copy.deepcopy(schemas[whole]))
    rest["properties"].pop(name, None)
    properties[group] = {"$ref": f"{_REFERENCE}Registry{whole}"}
    found: Schema | None = schemas[whole]["properties"].get(name)
    return found


def _put(properties: Schema, path: str, value: Schema) -> None:
    group, _dot, name = path.rpartition(".")
    place = properties.setdefault(group, {"type": "object", "properties": {}}) if group else {}
    (place["properties"] if group else properties)[name] = value


def _reference_of(schema: Mapping[str, Any]) -> str | None:
    parts = [schema, *schema.get("allOf", ())]
    return next((part["$ref"] for part in parts if "$ref" in part), None)
