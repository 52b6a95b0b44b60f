"""Where a request, command or call may write: found in the code, so that a new one is noticed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.contrib import admin
from django.core.management import get_commands
from django.urls import URLPattern, URLResolver, get_resolver

from config.celery import app as queue
from registry import services
from roles import services as roles_services

WRITING = ("post", "put", "patch", "delete")
# The context managers under which a service writes.
OPERATIONS = {"operation", "catalogue_write", "availability_write"}
# Addresses that only read or lead elsewhere, by the end of their name.
READING = (
    *("_changelist", "_history", "_csv", "index", "search", "autocomplete", "jsi18n"),
    *("view_on_site", "app_list", "password_change_done", "livez", "readyz"),
    *("_llmmodel_connections", "_llmmodel_models", "_llmmodel_fitting", "_llmmodel_known"),
    *("_llmmodel_duplicate", "_llmmodel_remove", "_llmmodel_tests", "_llmmodel_sweep"),
    "_connectiontest_live",
    *("choose_which_model", "choose_prices", "choose_capabilities", "lifecycle"),
    *("choose_provider", "choose_platform", "registry_price_routes"),
    *("chooser-embedding", "chooser-generation", "chooser-ner", "chooser-available"),
    *("list-models", "list-model", "list-gemini-models", "list-gemini-model"),
    *("list-ollama-tags", "list-ollama-show", "list-ollama-version"),
    *("list-format", "list-format-model"),
    *("_roleslot_explain", "_roleslot_targets", "_roleslot_users"),
)
# A list that is a form.
WRITTEN_LISTS = {"roles_roleslot_changelist"}
ADMIN = ("django.contrib", "unfold", "registry.admin", "audit.admin", "roles.admin")
# The pages of one's own that only read.
READING_OWN = {"overview", "hosts", "accounts", "models", "roles", "targets", "tokens"}
# Commands that become another process, or start others: what is done there are requests and
# tasks, which are entry points themselves. (See test_u1_commands.py.)
BECOME_ANOTHER = {"beat", "web", "worker"}
START_OTHERS = {"dev"}
# A server of its own, which needs no database.
WITHOUT_DATABASE = {"sandbox_provider"}
NO_ENTRY = BECOME_ANOTHER | START_OTHERS | WITHOUT_DATABASE


def every_entry_point() -> set[str]:
    """Return the entry points as the ways name them: `api PATCH models-detail`."""
    return {*_addresses(), *_bulk_actions(), *_commands(), *_tasks(), *_services()}


def _addresses() -> Iterator[str]:
    for pattern in _patterns(get_resolver()):
        name, module = pattern.name or "", pattern.callback.__module__
        if module.startswith("roles.pages"):
            if name not in READING_OWN:
                yield f"my {name}"
            continue
        if not name or (name.endswith(READING) and name not in WRITTEN_LISTS):
            continue
        if module.startswith(ADMIN):
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
    apps = ("registry", "audit", "roles")
    own = {name for name, app in get_commands().items() if app in apps}
    assert own >= NO_ENTRY, "a command that is no entry point is gone"
    for name in own - NO_ENTRY:
        yield f"command {name}"


def _tasks() -> Iterator[str]:
    """Yield what a worker does when it is rung, and what beat rings for."""
    queue.loader.import_default_modules()
    for name in queue.tasks:
        if not name.startswith("celery."):
            yield f"task {name}"


def _services() -> Iterator[str]:
    """Yield the public functions that open an operation, by themselves or by a private one."""
    folders = [Path(package.__path__[0]) for package in (services, roles_services)]
    for path in sorted(path for folder in folders for path in folder.rglob("*.py")):
        body = ast.parse(path.read_text()).body
        functions = {node.name: node for node in body if isinstance(node, ast.FunctionDef)}
        for name, function in functions.items():
            if not name.startswith("_") and name not in OPERATIONS:
                if _opened_by(function, functions) & OPERATIONS:
                    yield f"service {name}"


def _opened_by(function: ast.FunctionDef, functions: dict[str, ast.FunctionDef]) -> set[str]:
    """Return what stands in the function's `with`, and in that of the private ones it calls."""
    called = {
        node.func.id
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    private = [name for name in called & functions.keys() if name.startswith("_")]
    opened = {
        item.context_expr.func.id
        for node in ast.walk(function)
        if isinstance(node, ast.With)
        for item in node.items
        if isinstance(item.context_expr, ast.Call) and isinstance(item.context_expr.func, ast.Name)
    }
    return opened.union(
        *(_opened_by(functions[name], functions) for name in private if name != function.name)
    )
