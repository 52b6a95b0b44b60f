"""The answers of last resort: our error shape where programs ask, a plain page for people."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

PROGRAM_PATHS = ("/api/", "/v1/", "/v1beta/", "/formats/", "/livez", "/readyz")
CODES = {
    HTTPStatus.BAD_REQUEST: "bad_request",
    HTTPStatus.FORBIDDEN: "forbidden",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large",
    HTTPStatus.INTERNAL_SERVER_ERROR: "server_error",
    HTTPStatus.SERVICE_UNAVAILABLE: "unavailable",
}


def error(status: HTTPStatus, code: str, message: str) -> JsonResponse:
    """Return the error shape of api.md's first paragraph."""
    return JsonResponse({"error": {"code": code, "message": message}}, status=status)


def answer(request: HttpRequest, status: HTTPStatus, message: str) -> HttpResponse:
    """Say `message` in the shape that fits the path; it never repeats what was asked."""
    if request.path.startswith(PROGRAM_PATHS):
        return error(status, CODES[status], message)
    home = "/my/" if request.path.startswith("/my/") else "/admin/"
    said = {"status": status.value, "message": message, "home": home}
    page = render_to_string("error.html", said)
    return HttpResponse(page, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, HTTPStatus.BAD_REQUEST, _("This request cannot be understood."))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, HTTPStatus.FORBIDDEN, _("You may not do this."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, HTTPStatus.NOT_FOUND, _("There is nothing here."))


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    message = _("This form is too old or came from another site. Open its page again.")
    return answer(request, HTTPStatus.FORBIDDEN, message)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer for an error of ours, even if templates or translations are what failed."""
    return answer(
        request,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        _("Something failed on our side. The log has it under this answer's X-Request-ID."),
    )
