"""Reading the rows of a list of models. What cannot be read is an error, never an empty list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from registry.choices import ProbeCode
from registry.dialects.base import ListedModel
from registry.dialects.refusals import OTHER
from registry.dialects.shapes import at, count_at, is_id, list_at
from registry.outbound.calls import CallError

# Our columns, and the names that providers give what belongs in them.
Facts = Mapping[str, tuple[str, ...]]


def models_in(
    rows: Any,
    *,
    ids: tuple[str, ...] = ("id",),
    names: tuple[str, ...] = ("name",),
    facts: Facts | None = None,
    types: tuple[str, Mapping[str, str]] = ("", {}),
) -> tuple[ListedModel, ...]:
    """Return the models of `rows`, each once. Raises CallError if they are no list of models.

    `ids` and `names` are the keys to look at, in order; `types` is the key of the operations that
    a model has, and the type that each makes of it, the foremost first.
    """
    if not isinstance(rows, list):
        raise CallError(ProbeCode.BAD_SHAPE, OTHER)
    found: dict[str, ListedModel] = {}
    for row in rows:
        model_id = _first_text(row, ids)
        if model_id:
            values = {**_facts(row, facts or {}), **_type(row, *types)}
            model = ListedModel(id=model_id, name=_first_text(row, names), values=values)
            found.setdefault(model_id, model)
    if rows and not found:
        raise CallError(ProbeCode.BAD_SHAPE, OTHER)
    return tuple(found.values())


def _first_text(row: Any, keys: tuple[str, ...]) -> str:
    return next((at(row, key) for key in keys if is_id(at(row, key))), "")


def _facts(row: Any, facts: Facts) -> dict[str, Any]:
    """Return what `row` tells by our column names; 0 stands for "unknown" in such lists."""
    told = {
        column: next(filter(None, (count_at(row, key) for key in keys)), None)
        for column, keys in facts.items()
    }
    return {column: value for column, value in told.items() if value}


def _type(row: Any, key: str, types: Mapping[str, str]) -> dict[str, Any]:
    has = list_at(row, key)
    return next(({"type": types[name]} for name in types if name in has), {})
