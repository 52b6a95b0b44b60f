"""One door in: a Bearer token, or the admin's session.

The chooser's plain views and Django REST framework's use the same two functions.
"""

from __future__ import annotations

import re
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.request import Request

from audit import context
from audit.addresses import client_network
from registry.models import ApiToken
from registry.services import throttling
from registry.services.accounts import is_password_change_due
from registry.services.tokens import find_token, note_use

CHALLENGE = "Bearer"
# Wrong tokens that one address may present in a minute and be told so; then it hears 429. A
# right token is never locked out: it cannot be guessed, and applications share addresses.
WRONG_TOKENS = 10
WRONG_TOKENS_SECONDS = 60
_TEXT = r"[\x21-\x7e]{1,200}"
_BEARER = re.compile(rf"bearer +({_TEXT})", re.IGNORECASE)
# Where Anthropic's and Google's clients send their key, and ours to the lists that they read.
_KEY_HEADERS = ("HTTP_X_API_KEY", "HTTP_X_GOOG_API_KEY")


def token_of(request: HttpRequest) -> ApiToken | None:
    """Return the token of the request, and let its user be the actor; None if it shows none.

    Raises AuthenticationFailed for a header that is there and is no live token, and
    TooManyAttemptsError when one address presents many of those.
    """
    header = request.META.get("HTTP_AUTHORIZATION")
    if header is None:
        return None
    return _live_token(request, _bearer(header))


def list_token_of(request: HttpRequest) -> ApiToken | None:
    """Do the same where a list's client may send the token in a header of its own.

    Who shows two different ones shows none: one of them is wrong, or somebody else's.
    """
    header = request.META.get("HTTP_AUTHORIZATION")
    shown = set() if header is None else {_bearer(header)}
    for name in _KEY_HEADERS:
        if name in request.META:
            match = re.fullmatch(_TEXT, request.META[name])
            shown.add(match[0] if match else None)
    if not shown:
        return None
    return _live_token(request, shown.pop() if len(shown) == 1 else None)


def _bearer(header: str) -> str | None:
    match = _BEARER.fullmatch(header)
    return match[1] if match else None


def _live_token(request: HttpRequest, text: str | None) -> ApiToken:
    token = find_token(text) if text else None
    if token is None:
        bucket = f"wrong token {client_network(request)}"
        throttling.take(bucket, limit=WRONG_TOKENS, seconds=WRONG_TOKENS_SECONDS)
        raise exceptions.AuthenticationFailed(_("This token is not valid."), "invalid_token")
    note_use(token)
    context.act_as(token.user, application=token.application)
    return token


def session_user_of(request: HttpRequest) -> User | None:
    """Return the user of the admin's session, and let him be the actor; None if there is none.

    Raises PermissionDenied while he has to choose a password of his own.
    """
    user = getattr(request, "user", None)
    if not isinstance(user, User) or not user.is_active:
        return None
    context.act_as(user)
    if is_password_change_due(user):
        raise exceptions.PermissionDenied(
            _("Choose a password of your own first, in the admin."), "password_change_required"
        )
    return user


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>`; it decides even if a session comes along."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        token = token_of(request._request)
        return None if token is None else (token.user, token)

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


class AdminSessionAuthentication(SessionAuthentication):
    """The admin's session; a request that may change something needs the CSRF token."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        found = super().authenticate(request)
        if found is None or session_user_of(request._request) is None:
            return None
        return found
