"""What plain views share: refusals in the error shape of the other views."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from rest_framework import exceptions
from rest_framework.settings import api_settings

from registry.api.authentication import CHALLENGE

JSON = "application/json"


def answer_method(request: HttpRequest, methods: Sequence[str]) -> HttpResponse:
    """Answer OPTIONS; any other method is one that the view does not have."""
    if request.method != "OPTIONS":
        raise exceptions.MethodNotAllowed(request.method or "")
    return HttpResponse(headers={"Allow": _allowed(methods)})


def refusal(error: Exception, request: HttpRequest, methods: Sequence[str]) -> HttpResponse:
    """Answer in the error shape of the other views. Raises `error` again if it is ours."""
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        error.auth_header = CHALLENGE  # type: ignore[union-attr]  # as APIView does
    handler: Any = api_settings.EXCEPTION_HANDLER
    refused = handler(error, {"request": request})
    if refused is None:
        raise error
    headers = dict(refused.items()) | {"Content-Type": JSON}
    if refused.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = _allowed(methods)
    return HttpResponse(json.dumps(refused.data), status=refused.status_code, headers=headers)


def _allowed(methods: Sequence[str]) -> str:
    return ", ".join((*methods, "OPTIONS"))
