"""Every refusal of the API in one shape: `{"error": {"code", "message", "fields"?, ...}}`."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied
from django.core.exceptions import ValidationError as ModelValidationError
from django.db import IntegrityError, InterfaceError, OperationalError
from django.db.models import ProtectedError, RestrictedError
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings

from registry.errors import RegistryError

logger = logging.getLogger("registry.access")

RETRY_DATABASE = 5  # seconds; a restart of PostgreSQL is over by then
SHOWN_ROWS = 20
# The parts of a body whose fields are named without it: `dimensions`, not `config.dimensions`.
FLATTENED = ("config", "pricing")


def handler(exc: Exception, context: Mapping[str, Any]) -> Response | None:
    """Return the answer for `exc`, or None for an error of ours, which is a 500."""
    if isinstance(exc, Http404):
        exc = exceptions.NotFound()
    if isinstance(exc, PermissionDenied):
        exc = exceptions.PermissionDenied()
    response = _of_rule(exc) or _of_request(exc) or _of_database(exc)
    if response is not None and response.status_code == HTTPStatus.FORBIDDEN:
        _log_refusal(context.get("request"))
    return response


def answer(
    status: int,
    code: str,
    message: str,
    *,
    fields: Mapping[str, list[str]] | None = None,
    headers: dict[str, str] | None = None,
    **extra: Any,
) -> Response:
    error: dict[str, Any] = {"code": code, "message": message}
    if fields:
        error["fields"] = fields
    return Response({"error": error | extra}, status=status, headers=headers)


def _of_rule(exc: Exception) -> Response | None:
    """Answer for what a service refused."""
    if isinstance(exc, ModelValidationError):
        return _invalid(
            exc.message_dict if hasattr(exc, "error_dict") else {NON_FIELD_ERRORS: exc.messages}
        )
    if not isinstance(exc, RegistryError):
        return None
    wait = exc.extra.get("retry_after")
    headers = {"Retry-After": str(wait)} if wait else None
    return answer(exc.status, exc.code, str(exc.message), headers=headers, **exc.extra)


def _of_request(exc: Exception) -> Response | None:
    """Answer for what Django REST framework or one of our parsers refused."""
    if isinstance(exc, exceptions.ValidationError):
        return _invalid(flat(exc.detail))
    if not isinstance(exc, exceptions.APIException):
        return None
    told = {
        "WWW-Authenticate": getattr(exc, "auth_header", None),
        "Retry-After": getattr(exc, "wait", None),
    }
    headers = {name: str(value) for name, value in told.items() if value}
    return answer(exc.status_code, str(exc.get_codes()), str(exc.detail), headers=headers)


def _of_database(exc: Exception) -> Response | None:
    if isinstance(exc, ProtectedError | RestrictedError):
        rows = exc.protected_objects if isinstance(exc, ProtectedError) else exc.restricted_objects
        names = sorted(map(str, rows))[:SHOWN_ROWS]
        return answer(
            HTTPStatus.CONFLICT, "in_use", _("This is in use and cannot be deleted."), rows=names
        )
    if isinstance(exc, IntegrityError):
        message = _("Someone else has just written the same. Look at it again.")
        return answer(HTTPStatus.CONFLICT, "conflict", message)
    if isinstance(exc, OperationalError | InterfaceError):
        logger.error("the database does not answer: %s", type(exc).__name__)
        return answer(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "database_unavailable",
            _("The database does not answer. Try again in a few seconds."),
            headers={"Retry-After": str(RETRY_DATABASE)},
        )
    return None


def _invalid(found: Mapping[str, list[str]]) -> Response:
    fields = {name: [str(text) for text in texts] for name, texts in found.items()}
    general = [
        text
        for name in (NON_FIELD_ERRORS, api_settings.NON_FIELD_ERRORS_KEY)
        for text in fields.pop(name, [])
    ]
    message = " ".join(general) or _("Some fields are wrong.")
    return answer(HTTPStatus.BAD_REQUEST, "invalid", message, fields=fields)


def flat(detail: Any) -> dict[str, list[str]]:
    """Return nested messages by the field a person would correct."""
    found: dict[str, list[str]] = {}
    if not isinstance(detail, Mapping):
        return {NON_FIELD_ERRORS: list(_texts(detail))}
    for name, inner in detail.items():
        if name in FLATTENED and isinstance(inner, Mapping):
            for key, texts in flat(inner).items():
                is_whole = key == api_settings.NON_FIELD_ERRORS_KEY
                found.setdefault(name if is_whole else key, []).extend(texts)
        else:
            found.setdefault(str(name), []).extend(dict.fromkeys(_texts(inner)))
    return found


def _texts(detail: Any) -> Iterator[str]:
    if isinstance(detail, Mapping):
        detail = list(detail.values())
    if isinstance(detail, list | tuple):
        for inner in detail:
            yield from _texts(inner)
    else:
        yield str(detail)


def _log_refusal(request: Any) -> None:
    """Note a refused permission: a line of the log, no event of the trail."""
    match = getattr(request, "resolver_match", None)
    user = getattr(request, "user", None)
    logger.warning(
        "refused %s %s to user %s",
        getattr(request, "method", "-"),
        getattr(match, "route", "-"),
        getattr(user, "pk", None),
    )
