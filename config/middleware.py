"""What every request and every answer has, whoever made it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from audit.addresses import client_address
from config import errors, logs

GetResponse = Callable[[HttpRequest], HttpResponseBase]
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
FORWARDED = (
    "HTTP_FORWARDED",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_PROTO",
)
# unsafe-eval: Alpine, which unfold's pages are made of, evaluates its attributes.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "frame-ancestors 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "object-src 'none'",
    )
)


class TrustedProxies:
    """Make REMOTE_ADDR the client's address behind a trusted proxy; drop the claims of others.

    The forwarded headers are removed in any case, so nothing behind this line can believe them.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        peer = request.META.get("REMOTE_ADDR", "")
        request.META["REMOTE_ADDR"] = client_address(request) or peer
        scheme = request.META.get("HTTP_X_FORWARDED_PROTO")
        if scheme == "https" and peer in settings.REGISTRY_TRUSTED_PROXIES:
            request.META["wsgi.url_scheme"] = "https"
        for name in FORWARDED:
            request.META.pop(name, None)
        return self.get_response(request)


class ResponseHeaders:
    """Give each request a checked X-Request-ID and each answer the headers of its safety."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        name = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        # Whoever reads the header further in gets the checked one.
        request.META["HTTP_X_REQUEST_ID"] = name
        token = logs.request_id.set(name)
        try:
            response = self.get_response(request)
        finally:
            logs.request_id.reset(token)
        response.headers["X-Request-ID"] = name
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        return response


class NoLargeForms:
    """Refuse a form of files longer than REGISTRY_MAX_BODY_BYTES before anything reads it.

    Django's own limit leaves out files, and looking for the CSRF token writes them to the disk,
    whoever sends them. Every other body is bounded where it is read.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        length = request.META.get("CONTENT_LENGTH") or "0"
        is_small = length.isdecimal() and int(length) <= settings.REGISTRY_MAX_BODY_BYTES
        if request.content_type != "multipart/form-data" or is_small:
            return self.get_response(request)
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        return errors.answer(request, status, _("The body is too large."))
