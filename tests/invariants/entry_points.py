"""Where a request, command or call may write: found in the code, so that a new one is noticed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from django.contrib import admin
from django.core.management import get_commands, load_command_class
from django.urls import URLPattern, URLResolver, get_resolver

from registry import services
from registry.management.base import RegistryCommand

WRITING = ("post", "put", "patch", "delete")
# The context managers under which a service writes.
OPERATIONS = {"operation", "catalogue_write"}
# Addresses that only read or lead elsewhere, by the end of their name.
READING = (
    *("_changelist", "_history", "_csv", "_connections", "_models", "_fitting", "_known"),
    *("_duplicate", "_remove", "index", "search", "autocomplete", "jsi18n", "view_on_site"),
    *("app_list", "password_change_done", "livez", "readyz"),
    *("chooser-embedding", "chooser-generation", "chooser-ner", "chooser-available"),
)


def every_entry_point() -> set[str]:
    """Return the entry points as the ways name them: `api PATCH models-detail`."""
    return {*_addresses(), *_bulk_actions(), *_commands(), *_services()}


def _addresses() -> Iterator[str]:
    for pattern in _patterns(get_resolver()):
        name = pattern.name or ""
        if not name or name.endswith(READING):
            continue
        if pattern.callback.__module__.startswith(
            ("django.contrib", "unfold", "registry.admin", "audit.admin")
        ):
            yield f"admin {name}"
        else:
            yield from (f"api {method} {name}" for method in _methods(pattern.callback))


def _patterns(resolver: URLResolver) -> Iterator[URLPattern]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from _patterns(entry)
        else:
            yield entry


def _methods(view: Any) -> list[str]:
    """Return the writing methods of a view; of a plain function nobody knows them."""
    if hasattr(view, "actions"):
        return [method.upper() for method in WRITING if method in view.actions]
    if hasattr(view, "cls"):
        return [method.upper() for method in WRITING if hasattr(view.cls, method)]
    return ["ANY"]


def _bulk_actions() -> Iterator[str]:
    for model, page in admin.site._registry.items():
        for action in page.actions or ():
            options = model._meta
            yield f"admin {options.app_label}_{options.model_name}_changelist {action}"


def _commands() -> Iterator[str]:
    for name, app in get_commands().items():
        if isinstance(load_command_class(str(app), name), RegistryCommand):
            yield f"command {name}"


def _services() -> Iterator[str]:
    """Yield the public functions that open an operation."""
    for module in iter_modules(services.__path__):
        spec = find_spec(f"{services.__name__}.{module.name}")
        assert spec is not None
        for node in ast.parse(Path(str(spec.origin)).read_text()).body:
            if isinstance(node, ast.FunctionDef) and _opened_by(node) & OPERATIONS:
                if not node.name.startswith("_") and node.name not in OPERATIONS:
                    yield f"service {node.name}"


def _opened_by(function: ast.FunctionDef) -> set[str]:
    calls = [
        item.context_expr
        for node in ast.walk(function)
        if isinstance(node, ast.With)
        for item in node.items
    ]
    return {
        call.func.id
        for call in calls
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
    }
