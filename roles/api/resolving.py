"""What a role runs on right now: a plain view over prepared bytes, since every call asks it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.authentication import SessionAuthentication
from rest_framework.settings import api_settings

from registry.api import parameters
from registry.api.authentication import session_user_of, token_of
from registry.api.base import LengthRequiredError, refuse_unknown
from registry.api.plain import JSON, answer_method, refusal
from registry.api.throttles import take_turn
from registry.choices import Scope
from registry.models import ApiToken
from registry.services import llm_uses
from registry.services.throttling import take
from registry.services.tokens import RIGHT_OF_SCOPE
from roles.api.permissions import require_scope
from roles.services.asked_for import person_asked_for
from roles.services.own_slots import SlotsRead
from roles.services.prepared import prepared
from roles.services.revealing import reveal

METHODS = ("POST",)
FLAGS = ("reveal", "healthy_only", "local_only")
FIELDS = frozenset({*FLAGS, "user"})
REVEALS = 60  # in a minute of one token
MAY_REVEAL = RIGHT_OF_SCOPE[Scope.SECRETS_RESOLVE.value]

_MINUTE = 60
_NOTHING: Mapping[str, Any] = {}
_VARY = "Authorization, Cookie"


@dataclass(frozen=True)
class Login:
    """Who asks; `token` is None with a session."""

    user: User
    token: ApiToken | None

    @property
    def application(self) -> str:
        return "" if self.token is None else str(self.token.application)

    def require(self, scope: Scope, permission: str = "") -> None:
        """Raise PermissionDenied unless the token reaches so far and the user may."""
        require_scope(self.token, scope)
        if permission and not self.user.has_perm(permission):
            raise exceptions.PermissionDenied


@csrf_exempt  # a session's request is checked in `_login`, as DRF does
def resolve_role(request: HttpRequest, role: str) -> HttpResponse:
    """/api/v1/roles/{role}/resolve"""
    try:
        login = _login(request)
        if request.method not in METHODS:
            response = answer_method(request, METHODS)
        else:
            response = _answer(request, login, role)
    except Exception as error:  # noqa: BLE001  # answered, or raised again
        response = refusal(error, request, METHODS)
    response.headers.setdefault("Cache-Control", "private, no-cache")
    response.headers["Vary"] = _VARY
    return response


def _login(request: HttpRequest) -> Login:
    token = token_of(request)
    if token is not None:
        return Login(token.user, token)
    user = session_user_of(request)
    if user is None:
        raise exceptions.NotAuthenticated
    if request.method in METHODS:
        SessionAuthentication().enforce_csrf(request)  # type: ignore[arg-type]  # reads META only
    return Login(user, None)


def _answer(request: HttpRequest, login: Login, role: str) -> HttpResponse:
    if request.GET:
        parameters.check(request.GET, ())
    body = _body_of(request)
    if body:
        _check(body)
    for_other = body.get("user") is not None
    login.require(Scope.ROLES_FOR_USER if for_other else Scope.ROLES_READ)
    take_turn(request, login.user, login.token, is_read=True)
    user: User | None = login.user
    read: SlotsRead | None = None
    if for_other:
        user, read = person_asked_for(login.user, body["user"], role)
    if user is None:
        raise Http404
    healthy_only, local_only = bool(body.get("healthy_only")), bool(body.get("local_only"))
    if body.get("reveal"):
        return _reveal(login, user, role, healthy_only, local_only)
    found = prepared(user, role, healthy_only=healthy_only, local_only=local_only, read=read)
    llm_uses.note(found.llm_id, login.application, role, user)
    return HttpResponse(found.content, content_type=JSON)


def _reveal(
    login: Login, user: User, role: str, healthy_only: bool, local_only: bool
) -> HttpResponse:
    """Answer with the key; `reveal` sees to it that the trail has it first."""
    login.require(Scope.SECRETS_RESOLVE, MAY_REVEAL)
    who = f"user {login.user.pk}" if login.token is None else f"token {login.token.pk}"
    take(f"reveals {who}", limit=REVEALS, seconds=_MINUTE)
    found = reveal(user, role, healthy_only=healthy_only, local_only=local_only)
    chosen = found.resolution.chosen
    llm = None if chosen is None else chosen.llm
    llm_uses.note(llm, login.application, found.resolution.role, user)
    key = None if found.api_key is None else found.api_key.reveal()
    content = json.dumps({**found.resolution.facts(), "api_key": key}, ensure_ascii=False)
    return HttpResponse(content, content_type=JSON, headers={"Cache-Control": "no-store"})


def _body_of(request: HttpRequest) -> Mapping[str, Any]:
    """Return the JSON object that was sent; without a body an empty one."""
    length = request.META.get("CONTENT_LENGTH")
    if not length and "HTTP_TRANSFER_ENCODING" in request.META:
        raise LengthRequiredError
    if length in (None, "", "0"):
        return _NOTHING
    if request.content_type != JSON:
        raise exceptions.UnsupportedMediaType(request.content_type or "-")
    parsers: Any = api_settings.DEFAULT_PARSER_CLASSES
    context = {"request": request}
    body: Mapping[str, Any] = parsers[0]().parse(request, request.META["CONTENT_TYPE"], context)
    return body


def _check(body: Mapping[str, Any]) -> None:
    refuse_unknown(body, FIELDS)
    problems = {
        name: [_("Must be true or false.")]
        for name in FLAGS
        if not isinstance(body.get(name, False), bool)
    }
    name = body.get("user")
    is_id = isinstance(name, int) and not isinstance(name, bool)
    if not (name is None or is_id or (isinstance(name, str) and name.strip())):
        problems["user"] = [_("Give a user's name as text, or the id as a number.")]
    if problems:
        raise exceptions.ValidationError(problems)
