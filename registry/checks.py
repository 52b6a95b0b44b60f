"""What is wrong with the installation, told at start-up by Django's system checks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register

from registry import choices
from registry.dialects import DIALECTS
from registry.dialects.base import Rule
from registry.formats import FORMATS
from registry.formats.base import ListFormat
from registry.plugins import Plugins

# What base.py promises of every dialect.
DIALECT_METHODS = ("cannot_test", "checks", "probe", "list_call", "read_list")
# What base.py promises of every list format; the last three it leaves to them.
FORMAT_METHODS = ("arrange", "single", "window", "whole", "entry", "frame", "error")
OWN_FORMAT_METHODS = ("entry", "frame", "error")


@register()
def check_plugins(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Every dialect in the table can be imported and keeps its contract (registry.E001)."""
    return [
        Error(fault, id="registry.E001")
        for fault in (*unknown_dialects(DIALECTS), *broken_dialects(DIALECTS))
    ]


@register()
def check_formats(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Every list format in the table can be imported and keeps its contract (registry.E002)."""
    return [Error(fault, id="registry.E002") for fault in broken_formats(FORMATS)]


def unknown_dialects(table: Plugins) -> Iterator[str]:
    """Name the dialects that a provider can have and no file speaks."""
    for name in choices.Dialect.values:
        if name not in table:
            yield f"The dialect {name} is not in the table of registry/dialects."


def broken_dialects(table: Plugins) -> Iterator[str]:
    """Name the entries of `table` that cannot be imported or lack a part of the contract."""
    for name in table:
        try:
            dialect = table.get(name)
        except (ImportError, AttributeError) as error:
            yield f"The dialect {name} cannot be imported: {error}"
            continue
        missing = [part for part in DIALECT_METHODS if not callable(getattr(dialect, part, None))]
        if getattr(dialect, "name", None) != name:
            missing.append("name")
        if not isinstance(getattr(dialect, "rule", None), Rule):
            missing.append("rule")
        if missing:
            yield f"The dialect {name} does not keep its contract: {', '.join(missing)}"


def broken_formats(table: Plugins) -> Iterator[str]:
    """Name the entries of `table` that cannot be imported or lack a part of the contract."""
    for name in table:
        try:
            found = table.get(name)
        except (ImportError, AttributeError) as error:
            yield f"The list format {name} cannot be imported: {error}"
            continue
        missing = [part for part in FORMAT_METHODS if not _written(found, part)]
        if getattr(found, "name", None) != name:
            missing.append("name")
        if not _is_type(getattr(found, "content_type", None)):
            missing.append("content_type")
        if not _are_texts(getattr(found, "parameters", None)):
            missing.append("parameters")
        if missing:
            yield f"The list format {name} does not keep its contract: {', '.join(missing)}"


def _written(found: object, part: str) -> bool:
    """Tell whether the method is there, and not the one that only says what it should do."""
    method = getattr(found, part, None)
    promised = getattr(ListFormat, part)
    own = getattr(method, "__func__", None) is not promised
    is_bound = callable(method) and not isinstance(found, type)
    return is_bound and (own or part not in OWN_FORMAT_METHODS)


def _is_type(value: object) -> bool:
    return isinstance(value, str) and "/" in value


def _are_texts(value: object) -> bool:
    return isinstance(value, tuple) and all(isinstance(one, str) for one in value)
