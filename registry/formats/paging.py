"""Whole numbers in the query of a page."""

from __future__ import annotations

from collections.abc import Mapping

from registry.formats.base import BadPageError

_LONGEST = 12  # digits; more is no position in a list


def whole_number(parameters: Mapping[str, str], name: str) -> int | None:
    """Return the number, or None where the query says nothing. Raises BadPageError."""
    text = parameters.get(name, "").strip()
    if not text:
        return None
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _LONGEST):
        raise BadPageError(name, f"{name} must be a whole number.")
    return int(text)
