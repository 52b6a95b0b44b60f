"""Every address of the service, as the resolver knows it, with something to put into it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.urls import URLPattern, URLResolver, get_resolver

from audit.models import LogEntry
from registry.models import Platform
from registry.services import sweeps
from registry.services.connection_tests import request_test
from registry.services.llms import save_llm
from registry.types import LLMChange
from roles.choices import Builtin, Slot
from roles.models import Role
from roles.services.slots import save_role, set_slot
from tests.factories import (
    make_client,
    make_connection,
    make_knowledge_base,
    make_llm,
    make_price,
    make_provider,
    make_route,
    make_token,
    make_user,
)

_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")
_ADMIN_TABLE = re.compile(r"admin/(\w+)/(\w+)/")


@dataclass(frozen=True)
class Route:
    """One entry of the resolver; `path` is an address that it answers."""

    pattern: str
    path: str


def every_pattern(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[str]:
    """Yield the patterns of all addresses, those of included ones too."""
    for entry in (resolver or get_resolver()).url_patterns:
        pattern = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from every_pattern(entry, pattern)
        elif isinstance(entry, URLPattern):
            yield pattern


def make_rows() -> dict[str, str]:
    """Create a row of each table; return what stands for the parameters of an address.

    `table.object_id` is the row that the admin's addresses of a table name.
    """
    llm = make_llm(provider=make_provider("openai", dialect="openai"), slug="gpt")
    save_llm(llm, LLMChange(fields=frozenset(), tags=["fast"]))
    make_route(llm, Platform.objects.get(slug="hub"))
    connection = make_connection(llm.provider)
    make_knowledge_base("Docs", generation_model=llm)
    price = make_price(llm, "2.50")
    make_token(make_user(groups=["readers"]))
    test = request_test(llm, inference=True).test
    client = make_client("agent", str(llm.pk))
    role, entry = _role(), LogEntry.objects.latest("id")
    return {
        "model": str(llm.pk),
        "test": str(test.pk),
        "sweep": str(sweeps.start([llm], inference=True).pk),
        "connection": str(connection.pk),
        "provider": "openai",
        "platform": "hub",
        "route": "gpt@hub",
        "knowledge_base": "docs",
        "price": str(price.pk),
        "entry": str(entry.pk),
        "client": client.client_id,
        "format_name": "openai",
        "model_id": llm.model_id,
        "role": role,
        "slot": Slot.PRIMARY,
        # Of one's own pages: nobody who asks has any of these.
        "section": "hosts",
        "pk": str(connection.pk),
        "name": "vision",
        "app_label": "registry",
        "content_type_id": str(ContentType.objects.get_for_model(llm).pk),
        "object_id": str(llm.pk),
        "url": "nothing",
    }


def _role() -> str:
    role = save_role(Role(name="poet"))
    set_slot(None, role.name, Slot.PRIMARY, Builtin.CLAUDE_CLI)
    return str(role.name)


def every_route(values: Mapping[str, str]) -> list[Route]:
    """Return all routes. Raises KeyError for a parameter that nobody gave a value."""
    return [Route(pattern, _path(pattern, values)) for pattern in every_pattern()]


def _path(pattern: str, values: Mapping[str, str]) -> str:
    def value_of(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        row = _row_of(pattern, values) if name in ("object_id", "id", "pk") else None
        return values[name] if row is None else row

    filled = _PARAMETER.sub(value_of, pattern)
    return "/" + re.sub(r"[\^$]|\\Z", "", filled).replace("\\", "")


def _row_of(pattern: str, values: Mapping[str, str]) -> str | None:
    """Return the key of a row of the table whose admin page this is."""
    match = _ADMIN_TABLE.match(pattern)
    if match is None:
        return None
    if "/sweeps/" in pattern:  # a page of the models' list about many tests
        return values["sweep"]
    if match[2] == "connection":  # there is a model's own one, too, with pages of its own
        return values["connection"]
    row = apps.get_model(match[1], match[2])._default_manager.order_by("pk").first()
    assert row is not None, f"make_rows() makes no {match[1]}.{match[2]}"
    return str(row.pk)
