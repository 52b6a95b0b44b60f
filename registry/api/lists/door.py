"""What the list views share: who may read, and every answer in the shape of the client."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.settings import api_settings

from registry.api.authentication import CHALLENGE, list_token_of, session_user_of
from registry.api.conditions import is_known
from registry.api.permissions import may_read_lists
from registry.api.throttles import take_turn
from registry.formats import FORMATS
from registry.formats.base import BadPageError, ListFormat, encode

logger = logging.getLogger("registry.lists")

JSON = "application/json"
READ = ("GET", "HEAD")
# An unknown format has no error shape of its own: this one has our API's.
PLAIN = "generic"
_VARY = ", ".join(
    (
        *("Authorization", "Cookie", "X-Api-Key", "X-Goog-Api-Key"),
        *("Anthropic-Version", "X-Goog-Api-Client"),
    )
)


@dataclass(frozen=True)
class Asked:
    """A request that may be answered; `owner_id` is the user whose own models count, too."""

    request: HttpRequest
    format_name: str
    shape: ListFormat
    owner_id: int | None


FormatOf = Callable[[HttpRequest, Mapping[str, str]], str]
Work = Callable[..., HttpResponse]


def list_view(format_of: FormatOf, methods: Sequence[str] = READ) -> Callable[[Work], Work]:
    """Make a view of a function that takes Asked and the parts of the address.

    `format_of` names the format by the request and those parts. Whatever goes wrong is told in
    the error shape of that format.
    """

    def decorate(work: Work) -> Work:
        @csrf_exempt  # it changes nothing
        @wraps(work)
        def view(request: HttpRequest, **parts: str) -> HttpResponse:
            name = format_of(request, parts)
            shape: ListFormat = FORMATS.get(name if name in FORMATS else PLAIN)
            try:
                owner_id = _let_in(request)
                if request.method not in methods:
                    response = _answer_method(request, methods)
                elif name not in FORMATS:
                    raise Http404
                else:
                    response = work(Asked(request, name, shape, owner_id), **parts)
            except Exception as error:  # noqa: BLE001  # told in the client's shape
                response = _refusal(error, request, shape, methods)
            response.headers.setdefault("Cache-Control", "private, no-cache")
            response.headers["Vary"] = _VARY
            return response

        return view

    return decorate


def answer(
    asked: Asked, content: bytes, tag: str, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """Answer with prepared bytes, or with nothing to who has them already."""
    if is_known(asked.request.META.get("HTTP_IF_NONE_MATCH"), tag):
        response = HttpResponse(status=HTTPStatus.NOT_MODIFIED)
    else:
        response = HttpResponse(content, content_type=asked.shape.content_type)
    response.headers["ETag"] = tag
    for name, value in (headers or {}).items():
        response.headers[name] = value
    return response


def _let_in(request: HttpRequest) -> int | None:
    """Return the user who asks, None for anyone where the lists are public."""
    token = list_token_of(request)
    user = session_user_of(request) if token is None else None
    if not may_read_lists(user, token):
        raise exceptions.NotAuthenticated if token is None else exceptions.PermissionDenied
    if settings.REGISTRY_READS_PER_MINUTE:
        take_turn(request, user, token, is_read=True)
    if token is not None:
        return token.user_id
    return None if user is None else user.pk


def _answer_method(request: HttpRequest, methods: Sequence[str]) -> HttpResponse:
    if request.method != "OPTIONS":
        raise exceptions.MethodNotAllowed(request.method or "")
    return HttpResponse(headers={"Allow": _allowed(methods)})


def _allowed(methods: Sequence[str]) -> str:
    return ", ".join((*methods, "OPTIONS"))


def _refusal(
    error: Exception, request: HttpRequest, shape: ListFormat, methods: Sequence[str]
) -> HttpResponse:
    """Answer for `error` in the client's shape; one of ours goes to the log, and is a 500."""
    if isinstance(error, BadPageError):
        error = exceptions.ValidationError({error.field: [error.message]})
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        error.auth_header = CHALLENGE  # type: ignore[union-attr]  # as APIView does
    handler: Any = api_settings.EXCEPTION_HANDLER
    refused = handler(error, {"request": request})
    if refused is None:
        logger.error("a model list failed", exc_info=error)
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR
        told: Any = {"code": "server_error", "message": _("Something failed on our side.")}
        headers: dict[str, str] = {}
    else:
        status, told, headers = refused.status_code, refused.data["error"], dict(refused.items())
    field, texts = next(iter(told.get("fields", {}).items()), ("", [told["message"]]))
    headers["Content-Type"] = JSON
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = _allowed(methods)
    body = shape.error(status, told["code"], " ".join(texts), field)
    return HttpResponse(encode(body), status=status, headers=headers)
