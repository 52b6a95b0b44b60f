"""Two people who own one of everything, and what a third sees of the first at every address."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Q
from django.test import Client

from audit.models import LogEntry
from registry.choices import Scope
from registry.models import ApiToken, Connection, ConnectionTest, LLMModel, LLMUse
from registry.services import llm_uses
from registry.services.connection_tests import request_connection_test, request_test
from roles.choices import Slot
from roles.models import CatalogEntry, RoleSlot
from roles.services.catalogs import save_entry
from tests.factories import make_token, make_user
from tests.registry.api.client import Api
from tests.registry.api.routes import every_pattern
from tests.roles.factories import (
    fill,
    make_account,
    make_claude,
    make_gemini,
    make_host,
    make_local,
    make_login,
    make_own,
    provider_of,
)

VERBS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
OWN_SCOPES = (Scope.CATALOGUE_READ, Scope.ROLES_READ, Scope.ROLES_WRITE)
# Nobody's: what is asked with these must be answered as what is somebody else's.
NO_ID = UUID("11111111-2222-4333-8444-555555555555")
NO_NAME = "nobody"
# Addresses that answer about the service itself, and take seconds.
_ABOUT_ITSELF = ("api/schema", "api/docs", "readyz", "livez", "metrics")
# What else an address with an id of somebody's may need.
_OTHERS = {
    "section": "hosts",
    "name": "chat",
    "role": "chat",
    "slot": "primary",
    "client": "agent",
    "provider": "gemini",
    "format_name": "openai",
}
_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass
class Owner:
    """A person and all that is his. Every text of it has his name in it."""

    user: User
    connections: list[Connection]
    llms: list[LLMModel]
    tests: list[ConnectionTest]
    token: ApiToken
    token_text: str
    entry: CatalogEntry
    slots: list[RoleSlot] = field(default_factory=list)

    @property
    def name(self) -> str:
        return str(self.user.get_username())

    @property
    def key(self) -> str:
        return key_of(self.name)

    @property
    def marks(self) -> list[str]:
        """What no answer to anybody else may have in it."""
        rows: list[Any] = [*self.connections, *self.llms, *self.tests, self.token]
        return [self.name, self.key, self.key[3:11], *(str(row.pk) for row in rows)]

    def seen_in(self, content: bytes) -> list[str]:
        text = content.decode(errors="replace").casefold()
        return [mark for mark in self.marks if mark.casefold() in text]


def key_of(name: str) -> str:
    return "sk-" + hashlib.sha256(name.encode()).hexdigest()[:40]


def make_owner(name: str) -> Owner:
    """Create a person with one of everything that people own, all of it used."""
    user = make_user(name)
    host = make_host(
        user,
        slug=f"{name}-host",
        label=f"{name} host",
        api_url=f"http://{name}.example:3000",
        api_key=key_of(name),
    )
    account = make_account(user, slug=f"{name}-acc", label=f"{name} acc", api_key=key_of(name))
    login = make_login(user, slug=f"{name}-cli", label=f"{name} cli")
    llms = [
        make_local(user, host, **_named(name, "local")),
        make_gemini(user, account, **_named(name, "gemini")),
        make_claude(user, login, **_named(name, "claude")),
        make_own(user, provider=provider_of("openai"), **_named(name, "dialect")),
    ]
    slots = [fill(user, llm, slot=slot) for llm, slot in zip(llms, Slot.values, strict=False)]
    token, text = make_token(user, scopes=OWN_SCOPES, application=f"{name} app")
    tests = [request_test(llms[0], inference=False).test, request_connection_test(account).test]
    llm_uses.note(llms[0], f"{name} app", "chat", user)
    entry = save_entry(user, "google", model_id=f"{name}-added", label=f"{name} added")
    return Owner(user, [host, account, login], llms, tests, token, text, entry, slots)


def _named(name: str, kind: str) -> dict[str, Any]:
    return {
        "name": f"{name} {kind}",
        "model_id": f"{name}/{kind}",
        "slug": f"{name}-{kind}",
        "tags": [f"{name}-tag"],
    }


def checksum(owner: Owner) -> str:
    """Return a digest of every row that is the person's, parts and results with them."""
    mine = owner.user.pk
    tables: list[Any] = [
        User.objects.filter(pk=mine),
        Connection.objects.filter(owner=mine),
        LLMModel.objects.filter(owner=mine),
        LLMUse.objects.filter(llm__owner=mine),
        RoleSlot.objects.filter(owner=mine),
        CatalogEntry.objects.filter(owner=mine),
        ApiToken.objects.filter(user=mine),
        ConnectionTest.objects.filter(Q(llm__owner=mine) | Q(connection__owner=mine)),
        LLMModel.tags.through.objects.filter(llmmodel__owner=mine),
    ]
    found = [sorted(map(repr, rows.values_list())) for rows in tables]
    return hashlib.sha256(repr(found).encode()).hexdigest()


# Addresses
# ----------------------------------------------------------------------------
@dataclass(frozen=True)
class Place:
    """One address with somebody's object in it, and the same with nobody's."""

    pattern: str
    path: str
    nobody: str
    ids: tuple[str, str]


def places(owner: Owner, *, admin: bool = False) -> Iterator[Place]:
    """Yield every address of the service that takes an id, once for each of the owner's."""
    for pattern in every_pattern():
        if pattern.startswith("admin/") != admin or "<" not in pattern:
            continue
        for name, value, missing in _fillings(pattern, owner):
            path, nobody = _fill(pattern, name, value), _fill(pattern, name, missing)
            yield Place(pattern, path, nobody, (value, missing))


def lists() -> list[str]:
    """Return the addresses without ids that answer about rows."""
    return [
        f"/{pattern}"
        for pattern in every_pattern()
        if re.fullmatch(r"[\w/.-]*", pattern)
        and not pattern.startswith(("admin", "static", *_ABOUT_ITSELF))
        and "log" not in pattern
    ]


def _fillings(pattern: str, owner: Owner) -> Iterator[tuple[str, str, str]]:
    """Yield the parameters that take one of the owner's ids, with it and with nobody's."""
    for name in _PARAMETER.findall(pattern):
        for value in subjects(pattern, name, owner):
            missing = str(NO_ID) if _is_id(value) else value.replace(owner.name, NO_NAME)
            yield name, value, missing


def subjects(pattern: str, name: str, owner: Owner) -> list[str]:
    """Return the ids of the owner's that a parameter could take."""
    llms = [str(owner.llms[0].pk), owner.llms[1].slug]
    connections = [str(owner.connections[0].pk), owner.connections[1].slug]
    of_table = {
        "llmmodel": [str(owner.llms[0].pk)],
        "connection": [str(owner.connections[0].pk)],
        "connectiontest": [str(owner.tests[0].pk)],
        "apitoken": [str(owner.token.pk)],
        "user": [str(owner.user.pk)],
    }
    if name in ("object_id", "pk", "id"):
        table = pattern.split("/")[2] if pattern.startswith("admin/") else ""
        if pattern.startswith("my/"):
            part = pattern.split("/")[1]
            table = {"models": "llmmodel", "tokens": "apitoken"}.get(part, "connection")
        return of_table.get(table, [])
    known = {
        "model": [*llms, owner.llms[0].model_id] if "client" in pattern else llms,
        "model_id": [owner.llms[0].model_id, str(owner.llms[0].pk)],
        "connection": connections,
        "test": [str(test.pk) for test in owner.tests],
        "entry": [str(LogEntry.objects.filter(object_pk=owner.llms[0].pk).earliest("id").pk)],
    }
    return known.get(name, [])


def _fill(pattern: str, name: str, value: str) -> str:
    values = _OTHERS | {name: value}
    return "/" + _PARAMETER.sub(lambda match: values.get(match[1], NO_NAME), pattern)


def _is_id(text: str) -> bool:
    return re.fullmatch(r"[0-9a-f-]{36}|\d+", text) is not None


# Asking
# ----------------------------------------------------------------------------
@dataclass(frozen=True)
class Answer:
    """What came back, without what tells which id was asked for."""

    status: int
    content: bytes
    headers: tuple[tuple[str, str], ...]


# What a page has anew each time: the token against forged requests, and the form's own name.
_RANDOM = re.compile(rb'\b[A-Za-z0-9]{64}\b|name="form_id" value="[\w-]*"')
TELLING = ("ETag", "Location", "Allow", "Content-Type", "Link", "Deprecation")


def ask(client: Client, verb: str, path: str, body: bytes = b"") -> Answer:
    found = client.generic(verb, path, body, content_type="application/json")
    told = tuple((name, found[name]) for name in TELLING if name in found)
    return Answer(int(found.status_code), bytes(found.content), told)


def plain(answer: Answer, place: Place) -> Answer:
    """Return an answer without the ids that were asked for, which some formats repeat."""
    return without(answer, *place.ids)


def without(answer: Answer, *ids: str) -> Answer:
    text, told = _RANDOM.sub(b"", answer.content), answer.headers
    for asked in ids:
        text = text.replace(asked.encode(), b"-")
        told = tuple((name, value.replace(asked, "-")) for name, value in told)
    return Answer(answer.status, text, told)


def with_token(text: str) -> Client:
    return Client(headers={"Authorization": f"Bearer {text}"})


def with_session(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def with_api(owner: Owner) -> Api:
    """Return a caller of the API with the owner's token."""
    api = Api()
    api.client = with_token(owner.token_text)
    return api


def names_of(row: LLMModel | Connection) -> list[str]:
    """Return every text by which somebody might name a row, and its id in other spellings."""
    shown = row.name if isinstance(row, LLMModel) else row.label
    return [str(row.pk), str(row.pk).upper(), row.pk.hex, str(row.slug), row.slug.upper(), shown]


def attempts(verb: str) -> tuple[bytes, ...]:
    """Return the bodies of a request that would change a connection, a model, or either."""
    if verb not in ("POST", "PUT", "PATCH"):
        return (b"",)
    return (b"{}", b'{"label": "taken"}', b'{"name": "taken"}')
