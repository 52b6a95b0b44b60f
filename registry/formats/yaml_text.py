"""YAML for what the lists hold, so that every reader of YAML 1.1 and 1.2 reads the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from json.encoder import encode_basestring as quoted
from typing import Any

# JSON leaves these as they are; YAML does not allow them, or takes some for the end of a line.
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def sequence(items: Iterable[Mapping[str, Any]]) -> str:
    """Write a list of mappings whose keys are plain words, each on lines of its own."""
    lines: list[str] = []
    for item in items:
        begins = len(lines)
        _add(lines, "    ", item)
        lines[begins] = f"  - {lines[begins].lstrip()}"
    # They stand in quoted texts only.
    return _UNPRINTABLE.sub(_escape, "".join(lines))


def _add(lines: list[str], indent: str, mapping: Mapping[str, Any]) -> None:
    for name, value in mapping.items():
        if type(value) is dict:
            lines.append(f"{indent}{name}:\n")
            _add(lines, indent + "  ", value)
        else:
            lines.append(f"{indent}{name}: {_WRITERS[type(value)](value)}\n")


def _scalar(value: Any) -> str:
    """Write a text, number, truth value, null, or a list of them on one line."""
    return _WRITERS[type(value)](value)


def _list(values: list[Any]) -> str:
    return f"[{', '.join(map(_scalar, values))}]"


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found.group()):04x}"


_WRITERS: dict[type, Callable[[Any], str]] = {
    str: quoted,
    int: str,
    bool: lambda value: "true" if value else "false",
    type(None): lambda _value: "null",
    Decimal: lambda value: f"{value:f}",  # 5e-07 would be a text in YAML 1.1
    list: _list,
}
