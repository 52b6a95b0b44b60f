"""`python -m benchmarks.resolve_inside fill USERS`: people with slots of their own, as JSON."""

from __future__ import annotations

import hashlib
import json
import sys
from datetime import datetime, timedelta
from functools import cache
from importlib import import_module
from itertools import islice
from typing import Any

import django

from audit import context

APPLICATION = "benchmark"
SHARED = 100  # models of the organisation
REVEALERS = 3  # applications that ask for keys: each may have 60 a minute
_BULK = 1_000  # rows of one INSERT
_AT_ONCE = 10_000  # people whose rows are in memory
_TAG = "chat"
_KEY = "sk-benchmark-0123456789abcdef"
_RIGHTS = ("resolve_for_user", "reveal_key")


def token_text(number: int) -> str:
    """Return the token of the person with this number."""
    return f"reg_benchmark-{number:029}"


def fill(total: int) -> dict[str, Any]:
    """Add people up to `total`; return the way in of an application that asks for all of them.

    Each has a token and fills three slots. Every second one runs `chat` on a model of a host of
    his own, which has a key; the others on one of the organisation's.
    """
    models = import_module("registry.models")
    filling = import_module("benchmarks.filling")
    filling.fill(SHARED)
    User = import_module("django.contrib.auth.models").User  # noqa: N806  # a class
    application = User.objects.filter(username=APPLICATION).first() or _application(User)
    shared = list(models.LLMModel.objects.filter(owner=None).order_by("slug"))
    with import_module("registry.services.revision").catalogue_write("catalogue_filled"):
        if not import_module("roles.models").RoleSlot.objects.exists():
            _store(_slots(None, shared[:2]))
        present = User.objects.filter(username__startswith="person-").count()
        people = (_person(User, number) for number in range(present, total))
        while group := list(islice(people, _AT_ONCE)):
            _store(group)
            _add(group, shared)
    with import_module("django.db").connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    ids = User.objects.filter(username__startswith="person-").order_by("pk")
    return {
        "token": _token_of(application),
        "revealers": [_token_of(application) for _ in range(REVEALERS)],
        "ids": list(ids.values_list("pk", flat=True)),
    }


def _application(users: Any) -> Any:
    """Make the user of an application: no superuser, its rights come from a group."""
    auth = import_module("django.contrib.auth.models")
    user = users.objects.create_user(APPLICATION)
    group = auth.Group.objects.create(name=APPLICATION)
    group.permissions.set(auth.Permission.objects.filter(codename__in=_RIGHTS))
    user.groups.add(group)
    return user


def _token_of(user: Any) -> dict[str, str]:
    tokens = import_module("registry.services.tokens")
    scopes = ("roles:read", "roles:resolve_for_user", "secrets:resolve")
    _token, text = tokens.create_token(user, application=APPLICATION, scopes=scopes)
    return {"Authorization": f"Bearer {text}"}


def _person(users: Any, number: int) -> Any:
    return users(username=f"person-{number:06}", password="!")


def _add(people: list[Any], shared: list[Any]) -> None:
    """Add what these people own; all in bulk."""
    tag = import_module("registry.models").Tag.objects.get(name=_TAG)
    connections, llms, slots, tokens = [], [], [], []
    for person in people:
        number = int(person.username.rpartition("-")[2])
        chosen = [shared[number % len(shared)], shared[(number + 7) % len(shared)]]
        if number % 2 == 0:
            connections.append(_host(person))
            llms.append(_llm(person, connections[-1]))
            chosen[0] = llms[-1]
        slots += _slots(person, chosen)
        tokens.append(_token(person, number))
    _store(connections)
    _store(llms)
    link = type(llms[0]).tags.through if llms else None
    if link is not None:
        rows = [link(llmmodel_id=llm.pk, tag_id=tag.pk) for llm in llms]
        link._default_manager.bulk_create(rows, _BULK)
    _store(slots)
    _store(tokens)


def _store(rows: list[Any]) -> None:
    if rows:
        unaudited = import_module("audit.tracking").unaudited
        unaudited(type(rows[0]).objects.all()).bulk_create(rows, _BULK)


def _host(person: Any) -> Any:
    models = import_module("registry.models")
    secret = import_module("registry.types").Secret(_KEY)
    row = models.Connection(
        owner=person,
        provider=_provider(),
        slug="host",
        label="My host",
        kind="host",
        host_type="openwebui",
        api_url="https://llm.example/v1",
        origin="https://llm.example:443",
        key_fingerprint=hashlib.sha256(_KEY.encode()).hexdigest(),
        key_changed_at=_now(),
        state="ready",
        revision=1,
    )
    row.put_key(secret)
    return row


def _llm(person: Any, connection: Any) -> Any:
    return import_module("registry.models").LLMModel(
        owner=person,
        slug="mine",
        type="generation",
        mode="chat",
        transport="local_openai",
        provider=connection.provider,
        connection=connection,
        name="My model",
        model_id="vendor/mine-70b-instruct",
        context_window=32_000,
        temperature=0.7,
        revision=1,
    )


def _slots(person: Any, chosen: list[Any]) -> list[Any]:
    row = import_module("roles.models").RoleSlot
    return [
        row(owner=person, role="chat", slot="primary", llm=chosen[0]),
        row(owner=person, role="chat", slot="backup_1", llm=chosen[1]),
        row(owner=person, role="coder", slot="primary", llm=chosen[1]),
    ]


def _token(person: Any, number: int) -> Any:
    """Make a token whose last use is not due to be noted: that write is no part of an answer."""
    fingerprint = import_module("registry.services.fingerprints").fingerprint
    return import_module("registry.models").ApiToken(
        user=person,
        application=APPLICATION,
        scopes="roles:read",
        digest=hashlib.sha256(token_text(number).encode()).hexdigest(),
        password_stamp=fingerprint(person.password, purpose="token_password"),
        last_used_at=_now() + timedelta(days=1),
    )


@cache
def _provider() -> Any:
    return import_module("registry.models").Provider.objects.get(slug="openai-compatible")


def _now() -> datetime:
    found: datetime = import_module("django.utils.timezone").now()
    return found


if __name__ == "__main__":
    django.setup()
    with context.use(source="system"):
        sys.stdout.write(json.dumps(fill(int(sys.argv[2]))))
