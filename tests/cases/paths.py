"""From a case's words for a page to its address."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlencode

from django.urls import reverse

from audit.models import LogEntry
from tests.cases.fixtures import World

# What the cases call the tables of the admin.
TABLES = {
    None: "registry_llmmodel",
    "models": "registry_llmmodel",
    "providers": "registry_provider",
    "platforms": "registry_platform",
    "connections": "registry_connection",
    "knowledge bases": "registry_knowledgebase",
    "knowledge base": "registry_knowledgebase",
    "a knowledge base": "registry_knowledgebase",
    "audit": "audit_logentry",
    "audit entries": "audit_logentry",
    "the audit log": "audit_logentry",
    "the trail": "audit_logentry",
}
_SHOWN = r"(?:(?:change |edit )?(?:form|page|view))"
Found = re.Match[str]


def urls(path: str, world: World) -> list[str]:
    """Return the addresses that `path` speaks of. An unknown phrase fails."""
    if path.startswith("/"):
        return [world.resolve(path)]
    for pattern, address in _PHRASES:
        found = re.fullmatch(pattern, path)
        if found:
            return address(found, world)
    raise AssertionError(f"unknown path: {path}")


def siblings(path: str) -> list[str]:
    """Return the addresses of `/api/registry/platforms, /providers`, each in full."""
    first, *others = path.split(", ")
    root = first.rpartition("/")[0]
    return [first, *("".join((root, other)) for other in others)]


def parameters(path: str) -> dict[str, str]:
    """Return the `name=value` parts after the first comma."""
    named = dict(re.findall(r"(\w+)=([^,]*)", path))
    return {name: value.strip() for name, value in named.items()}


def _list(found: Found, world: World) -> list[str]:
    assert found["what"] in TABLES, f"unknown path: {found[0]}"
    return [_with_query(reverse(f"admin:{TABLES[found['what']]}_changelist"), found)]


def _add_form(found: Found, world: World) -> list[str]:
    assert found["what"] in TABLES, f"unknown path: {found[0]}"
    return [_with_query(reverse(f"admin:{TABLES[found['what']]}_add"), found)]


def _page(kind: str) -> Callable[[Found, World], list[str]]:
    def address(found: Found, world: World) -> list[str]:
        table = "registry_knowledgebase" if found["name"].startswith("KB_") else TABLES[None]
        return [reverse(f"admin:{table}_{kind}", args=(world.ids[found["name"]],))]

    return address


def _pages_of_an_entry(found: Found, world: World) -> list[str]:
    entry = LogEntry.objects.latest("pk")
    return [
        reverse(f"admin:audit_logentry_{kind}", args=(entry.pk,)) for kind in ("change", "delete")
    ]


def _with_query(url: str, found: Found) -> str:
    query = parameters(found[0])
    return f"{url}?{urlencode(query)}" if query else url


_PHRASES: tuple[tuple[str, Callable[[Found, World], list[str]]], ...] = (
    (r"(?:the )?admin change list(?: of (?P<what>[\w ]+?))?(?:, .*)?", _list),
    (r"(?:the )?admin list of (?P<what>[\w ]+?)(?:, .*)?", _list),
    (r"(?:the )?admin (?P<what>audit) (?:list|log|page)(?:, .*)?", _list),
    (r"(?:the )?admin add form(?: of (?P<what>[\w ]+?))?(?:, .*)?", _add_form),
    (r"(?:the )?(?:admin )?(?P<what>knowledge base) (?:add )?form(?: or API)?(?:, .*)?", _add_form),
    (rf"(?:the )?admin {_SHOWN} (?:of|for) (?P<name>\w+)(?:, .*)?", _page("change")),
    (r"(?:the )?admin delete page (?:of|for) (?P<name>\w+)", _page("delete")),
    (r"(?:the )?(?:admin )?(?:audit )?history(?: page)? of (?P<name>\w+)", _page("history")),
    (r"admin change and delete pages of an audit entry", _pages_of_an_entry),
)
