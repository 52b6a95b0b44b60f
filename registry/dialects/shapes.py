"""Reading JSON that a stranger sent: any value may stand anywhere, and none raises."""

from __future__ import annotations

import math
from typing import Any

LARGEST_COUNT = 2_147_483_647  # PostgreSQL's integer
LONGEST_ID = 200  # as our column for model ids


def at(value: Any, *path: str | int) -> Any:
    """Return what stands at `path` (keys and positions); None where the way ends before."""
    for step in path:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def text_at(value: Any, *path: str | int) -> str:
    found = at(value, *path)
    return found if isinstance(found, str) else ""


def list_at(value: Any, *path: str | int) -> list[Any]:
    found = at(value, *path)
    return found if isinstance(found, list) else []


def count_at(value: Any, *path: str | int) -> int | None:
    """Return a whole number, 0 or more, that our columns can hold; None for anything else."""
    found = at(value, *path)
    if isinstance(found, float) and found.is_integer():
        found = int(found)
    if isinstance(found, bool) or not isinstance(found, int):
        return None
    return found if 0 <= found <= LARGEST_COUNT else None


def total(*counts: int | None) -> int | None:
    """Return the sum of what is known; None if nothing is, or if our columns cannot hold it."""
    known = [count for count in counts if count is not None]
    return count_at([sum(known)], 0) if known else None


def is_vector(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_number, value))


def is_id(value: Any) -> bool:
    """Whether a value can be a model's id: text on one line, no longer than our column."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_ID and value.isprintable()


def holds_text(value: Any, depth: int = 6) -> bool:
    """Whether there is text in a message: a string, or parts of it that hold some."""
    if isinstance(value, str):
        return bool(value.strip())
    if not depth or not isinstance(value, list | dict):
        return False
    keys = ("text", "thinking", "refusal")
    parts = value if isinstance(value, list) else [value.get(key) for key in keys]
    return any(holds_text(part, depth - 1) for part in parts)


def _is_number(value: Any) -> bool:
    # An int has no infinity, and one beyond a float's range cannot be asked for it.
    return type(value) is int or (type(value) is float and math.isfinite(value))
