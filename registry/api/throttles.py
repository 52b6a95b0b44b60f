"""How much one caller may ask in a minute; all processes count together, in SQL."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from audit.addresses import client_network
from registry.models import ApiToken
from registry.services.throttling import take

_MINUTE = 60


class MinuteThrottle(BaseThrottle):
    """REGISTRY_WRITES_PER_MINUTE and REGISTRY_READS_PER_MINUTE of a token or a user.

    Raises TooManyAttemptsError, which says how long to wait.
    """

    def allow_request(self, request: Request, view: Any) -> bool:
        take_turn(request._request, request.user, request.auth)
        return True


def take_turn(request: HttpRequest, user: Any, token: Any, *, is_read: bool | None = None) -> None:
    """Count one request of its caller; 0 in the settings is no limit.

    The method tells whether it is a read, unless the caller knows better.
    """
    if is_read is None:
        is_read = request.method in SAFE_METHODS
    limit = settings.REGISTRY_READS_PER_MINUTE if is_read else settings.REGISTRY_WRITES_PER_MINUTE
    if limit:
        kind = "reads" if is_read else "writes"
        take(f"{kind} {_caller(request, user, token)}", limit=limit, seconds=_MINUTE)


def _caller(request: HttpRequest, user: Any, token: Any) -> str:
    if isinstance(token, ApiToken):
        return f"token {token.pk}"
    if isinstance(user, User):
        return f"user {user.pk}"
    return f"network {client_network(request)}"
