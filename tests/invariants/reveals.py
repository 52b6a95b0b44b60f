"""What the proofs of S9 share: a person who may have keys, and a look for keys in answers."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from audit.models import LogEntry
from registry.choices import Scope
from registry.types import Secret
from roles.services.revealing import EVENT
from tests.factories import make_token
from tests.invariants.isolation import (
    Owner,
    key_of,
    make_owner,
    with_token,
)
from tests.roles.api.callers import allow

CHAT = "/api/v1/roles/chat/resolve"
RESEARCH = "/api/v1/roles/research/resolve"
REVEAL = {"reveal": True}
FOR_OTHER = {"reveal": True, "user": "bruno"}
READ_AND_SECRETS = (Scope.ROLES_READ, Scope.SECRETS_RESOLVE)
SERVERS = "AIza" + key_of("the server")[3:]
ROUNDS = 10
ALL = tuple(scope for scope in Scope if not scope.value.startswith(("admin", "availability")))


def make_custodian(settings: Settings) -> Owner:
    """Create a person who may have keys revealed, his own and others'; the server has one, too."""
    settings.REGISTRY_READS_PER_MINUTE = 0
    settings.GEMINI_API_KEY = Secret(SERVERS)
    found = make_owner("zanna")
    found.user = allow(found.user, "registry.reveal_key", "roles.resolve_for_user")
    return found


def token_of(user: User, *scopes: Scope) -> Client:
    _token, text = make_token(user, scopes=[scope.value for scope in scopes or ALL])
    return with_token(text)


def post(client: Client, path: str, body: Any = None, **headers: str) -> Any:
    return client.post(path, body, content_type="application/json", headers=headers)


def leaks(answer: Any, owner: Owner) -> bool:
    """Say whether a key, or eight characters of one in a row, are anywhere in an answer."""
    text = repr(answer.headers) + bytes(answer.content).decode(errors="replace")
    for key in (owner.key, SERVERS):
        if any(key[at : at + 8] in text for at in range(3, len(key) - 7)):
            return True
    return False


def revealed() -> int:
    return int(LogEntry.objects.filter(event=EVENT).count())
