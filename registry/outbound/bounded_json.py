"""JSON from strangers: nothing in it can cost much, and nothing means two things.

It is looked at before it is parsed, since a parser pays for depth and members as it meets them.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

DEEPEST = 32
# Of a far side's answer: a list of 5,000 models in 4 MiB has room to spare.
MOST_MEMBERS = 300_000  # keys and list elements, all levels together
MOST_CONTAINERS = 100_000  # objects and lists
MOST_DIGITS = 400  # of one number

# A whole string, or what is left of the body when its end is missing: it always matches at a
# quote, so that no input makes the search start over and over.
_STRING = re.compile(rb'"(?:[^"\\]+|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")
# Escapes by which a NUL or half of a surrogate pair may come in: no database keeps those.
_ODD_ESCAPE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_NOT_TEXT = re.compile(r"[\x00\ud800-\udfff]")


class TooDeepError(ValueError):
    """Objects and lists stand in one another deeper than allowed."""


class TooManyMembersError(ValueError):
    """There are more keys, elements, objects or lists than allowed."""


def parse(raw: bytes) -> Any:
    """Return the value of JSON in UTF-8.

    Raises ValueError, and nothing else, for what is no JSON, and for what libraries disagree
    about or a database refuses: a key named twice, NaN and Infinity, numbers too long or too
    large for a float, NUL, halves of surrogate pairs.
    """
    check_shape(raw, members=MOST_MEMBERS, containers=MOST_CONTAINERS)
    value = json.loads(
        raw.decode(),
        parse_int=_whole,
        parse_float=_fraction,
        parse_constant=_constant,
        object_pairs_hook=_object,
    )
    if _ODD_ESCAPE.search(raw):
        _refuse_odd_text(value)
    return value


def check_shape(raw: bytes, *, members: int, containers: int | None = None) -> None:
    """Refuse what would cost much to parse, by looking at what stands outside of strings.

    Raises TooDeepError or TooManyMembersError, and ValueError where brackets close that were
    never opened.
    """
    # A key and a text for each member; an escaped quote may count for none, never for two.
    if raw.count(b'"') - raw.count(b'\\"') > 4 * members:
        raise TooManyMembersError
    outside = _STRING.sub(b"", raw)
    opening = outside.count(b"[") + outside.count(b"{")
    most = members if containers is None else containers
    if max(outside.count(b","), outside.count(b":")) > members or opening > most:
        raise TooManyMembersError
    if outside.count(b"]") + outside.count(b"}") > opening:
        raise ValueError("brackets close that were never opened")
    depth = 0
    for bracket in _BRACKET.findall(outside):
        depth += 1 if bracket in b"[{" else -1
        if depth > DEEPEST:
            raise TooDeepError


def _whole(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise ValueError("a number is too long")
    return int(text)


def _fraction(text: str) -> float:
    if len(text) > MOST_DIGITS or not math.isfinite(number := float(text)):
        raise ValueError("a number is too long or too large")
    return number


def _constant(text: str) -> float:
    raise ValueError(f"{text} is no number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is named twice")
    return found


def _refuse_odd_text(value: Any) -> None:
    if isinstance(value, str):
        if _NOT_TEXT.search(value):
            raise ValueError("a text has a NUL or half of a surrogate pair in it")
    elif isinstance(value, list):
        for inner in value:
            _refuse_odd_text(inner)
    elif isinstance(value, dict):
        for key, inner in value.items():
            _refuse_odd_text(key)
            _refuse_odd_text(inner)
