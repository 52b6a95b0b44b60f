"""Applications of people who are no staff, and the addresses that they call."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Permission, User

from registry.choices import Scope
from tests.registry.api.client import Api, with_token

ROLES = "/api/v1/roles"
MY = "/api/v1/my"
OWN = (Scope.ROLES_READ.value, Scope.ROLES_WRITE.value)


def own_api(user: User, *more: str) -> Api:
    """Return an application with a token for the user's own records, and for `more`."""
    return with_token(user, *OWN, *more)


def allow(user: User, *permissions: str) -> User:
    """Give permissions (`app.codename`) to a user."""
    for name in permissions:
        app, codename = name.split(".")
        found = Permission.objects.get(content_type__app_label=app, codename=codename)
        user.user_permissions.add(found)
    return User.objects.get(pk=user.pk)  # it remembers what it was allowed


def resolve_path(role: str) -> str:
    return f"{ROLES}/{role}/resolve"


def resolved(api: Api, role: str = "chat", **body: Any) -> dict[str, Any]:
    answer = api.post(resolve_path(role), body or None)
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found
