from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.utils.functional import SimpleLazyObject

from audit import context
from audit.addresses import client_address
from audit.choices import Source

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

# For people: the admin, and their own records.
_PAGES = ("/admin/", "/my/")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class AuditContextMiddleware:
    """Opens the audit context of a request.

    On pages for people the actor is the session's user. In the API it stays empty until an
    authentication class names it, so that a cookie never speaks for a token.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else context.new_request_id()
        is_page = request.path.startswith(_PAGES)
        actor = SimpleLazyObject(lambda: request.user) if is_page else None
        with context.use(
            source=Source.ADMIN if is_page else Source.API,
            actor=actor,  # type: ignore[arg-type]  # resolves to the user at the first write
            request_id=request_id,
            remote_addr=client_address(request),
        ):
            return self.get_response(request)
