"""The rules of a product file: each takes a file and names what breaks it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

from tests.architecture.source import Source

MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 40
# Modules whose names say nothing about what is in them.
NAMELESS = {"utils", "util", "helpers", "helper", "common", "core", "misc"}
BULK = {"update", "bulk_create", "bulk_update", "_raw_delete", "raw", "abulk_create", "aupdate"}
# The calls that stand on purpose: counters and marks that are not on the trail, and a verb.
BULK_ALLOWED: dict[str, set[str]] = {
    "registry/api/base.py": {"self.update"},
    "registry/api/catalogue/renamed_schema.py": {"place.update"},  # a dictionary
    # The other trail, which applications read.
    "registry/services/change_log.py": {"CatalogueChange.objects.bulk_create"},
    # Jobs, tests and measured columns are not on the trail: the event of a test tells them.
    "registry/services/connection_tests.py": {
        "held.update",
        "tracking.unaudited(rows).update",
    },
    "registry/services/health.py": {
        "HealthChange.objects.bulk_create",
        "rows.filter(pk__in=known).update",
        "rows.update",
    },
    "registry/services/job_queue.py": {"held.update"},
    # Which application used what is measured, and on no trail.
    "registry/services/llm_uses.py": {"LLMUse.objects.bulk_create"},
    # The ledger is on the trail; these columns say what of it is in force.
    "registry/services/prices.py": {
        "begun.update",
        "tracking.unaudited(begun).update",
        "tracking.unaudited(rows).bulk_update",
    },
    "registry/services/sweeps.py": {
        "ConnectionTest.objects.bulk_create",
        "Job.objects.bulk_create",
        "found.update",
    },
    # What clients hold is told by the client's event; when one was last seen, by none.
    "registry/services/clients/by_person.py": {
        "ClientModel.objects.filter(client=client, model_id__in=names).update",
    },
    "registry/services/clients/marks.py": {
        "ClientModel.objects.filter(pk=row.pk).update",
        "ended.update",
        "rows.update",
        "running.update",
    },
    "registry/services/clients/registering.py": {
        "ClientModel.objects.bulk_create",
        "ClientModel.objects.filter(model_id__in=model_ids).update",
        "rows.update",
        "unaudited(Client.objects.filter(pk=client.pk)).update",
    },
    "registry/services/revision.py": {"Revision.objects.filter(pk=THE_ROW).update"},
    "registry/services/throttling.py": {
        "rows.filter(ends_at__gt=moment).update",
        "rows.filter(ends_at__lte=moment).update",
        "rows.update",
    },
    "registry/services/tokens.py": {"tracking.unaudited(rows).update"},
}
ENVIRONMENT = {"environ", "getenv", "environb", "putenv"}
SOCKETS = {"http.client", "urllib.request", "ftplib", "smtplib", "telnetlib", "xmlrpc.client"}

Rule = Callable[[Source], Iterator[str]]


def short_files(source: Source) -> Iterator[str]:
    lines = source.text.count("\n")
    if lines > MAX_FILE_LINES:
        yield f"{source.name}: {lines} lines"


def short_functions(source: Source) -> Iterator[str]:
    for function in source.functions():
        lines = (function.end_lineno or function.lineno) - function.lineno + 1
        if lines > MAX_FUNCTION_LINES:
            yield f"{source.name}: {function.name} has {lines} lines"


def annotated_functions(source: Source) -> Iterator[str]:
    for function in source.functions():
        arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        arguments += [part for part in (function.args.vararg, function.args.kwarg) if part]
        bare = [a.arg for a in arguments if a.annotation is None and a.arg not in {"self", "cls"}]
        if bare or function.returns is None:
            yield f"{source.name}: {function.name} lacks annotations of {bare or 'its result'}"


def no_receivers(source: Source) -> Iterator[str]:
    for line in source.text.splitlines():
        if re.search(r"@receiver\b|\.connect\(", line):
            yield f"{source.name}: {line.strip()}"


def no_star_imports(source: Source) -> Iterator[str]:
    if source.name == "config/settings/test.py":
        return
    for node in source.nodes():
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            yield f"{source.name}: from {node.module} import *"


def local_imports_only_in_apps(source: Source) -> Iterator[str]:
    if source.name.endswith("/apps.py"):
        return
    for function in source.functions():
        for node in ast.walk(function):
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield f"{source.name}: {function.name} imports inside"


def no_rules_at_the_edges(source: Source) -> Iterator[str]:
    """A rule in a form or serializer is one that the other edge does not know."""
    if not re.match(r"\w+/(admin|api)/", source.name):
        return
    for function in source.functions():
        if re.match(r"(clean|validate)(_|$)", function.name):
            yield f"{source.name}: {function.name}"


def no_unescaped_output(source: Source) -> Iterator[str]:
    for line in source.text.splitlines():
        if re.search(r"mark_safe|SafeString\(|\|\s*safe\b|autoescape off", line):
            yield f"{source.name}: {line.strip()}"


def bulk_writes(source: Source) -> set[str]:
    """Return the calls of `update()` and its kin, which leave no entry on the trail."""
    return {
        ast.unparse(node.func)
        for node in source.nodes()
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in BULK
    }


def no_bulk_writes(source: Source) -> Iterator[str]:
    for call in sorted(bulk_writes(source) - BULK_ALLOWED.get(source.name, set())):
        yield f"{source.name}: {call}()"


def environment_in_one_place(source: Source) -> Iterator[str]:
    if source.name == "config/env.py":
        return
    for node in source.nodes():
        names = {alias.name for alias in node.names} if isinstance(node, ast.ImportFrom) else set()
        if isinstance(node, ast.Attribute):
            names = {node.attr} if ast.unparse(node.value) == "os" else set()
        if names & ENVIRONMENT:
            yield f"{source.name}: {ast.unparse(node)}"


def no_own_sockets(source: Source) -> Iterator[str]:
    """What import-linter cannot see: a part of the standard library's larger packages."""
    for node in source.nodes():
        if isinstance(node, ast.Import):
            names = {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names = {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
        else:
            continue
        if names & SOCKETS:
            yield f"{source.name}: {ast.unparse(node)}"


def names_pytest_would_collect(source: Source) -> Iterator[str]:
    for node in source.nodes():
        names: list[str] = []
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names = [node.name]
        elif isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        for name in names:
            if name.startswith(("test_", "Test")):
                yield f"{source.name}: {name}"


def telling_names(source: Source) -> Iterator[str]:
    for part in source.name.removesuffix(".py").split("/"):
        if part in NAMELESS:
            yield source.name


def nothing_left_undone(source: Source) -> Iterator[str]:
    for line in source.text.splitlines():
        if re.search(r"\b(TODO|FIXME|XXX|HACK)\b|pragma: no cover", line):
            yield f"{source.name}: {line.strip()}"


RULES: tuple[Rule, ...] = (
    short_files,
    short_functions,
    annotated_functions,
    no_receivers,
    no_star_imports,
    local_imports_only_in_apps,
    no_rules_at_the_edges,
    no_unescaped_output,
    no_bulk_writes,
    environment_in_one_place,
    no_own_sockets,
    names_pytest_would_collect,
    telling_names,
    nothing_left_undone,
)
