from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from audit import context
from audit.context import AuditContext
from audit.middleware import AuditContextMiddleware


def seen_by_the_view(path: str, user: User | AnonymousUser, **headers: str) -> AuditContext:
    """Return the context that a view behind the middleware works in."""
    seen: list[AuditContext | None] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(context.current())
        return HttpResponse()

    request = RequestFactory().get(path, REMOTE_ADDR="203.0.113.9", headers=headers)
    request.user = user
    AuditContextMiddleware(view)(request)
    (found,) = seen
    assert found is not None
    return found


def test_in_the_admin_the_actor_is_the_sessions_user() -> None:
    user = User(pk=5, username="ada")

    found = seen_by_the_view("/admin/registry/llmmodel/", user)

    assert found.source == "admin"
    assert found.person is not None
    assert found.person.pk == user.pk
    assert found.remote_addr == "203.0.113.9"


@pytest.mark.parametrize("path", ["/api/v1/admin/models", "/", "/administrator/", "/livez"])
def test_elsewhere_a_cookie_names_nobody(path: str) -> None:
    found = seen_by_the_view(path, User(pk=5, username="ada"))

    assert found.source == "api"
    assert found.person is None


def test_a_visitor_of_the_login_page_is_nobody() -> None:
    assert seen_by_the_view("/admin/login/", AnonymousUser()).person is None


def test_a_decent_request_id_is_kept() -> None:
    found = seen_by_the_view("/", AnonymousUser(), **{"X-Request-ID": "trace-1.2_3"})

    assert found.request_id == "trace-1.2_3"


@pytest.mark.parametrize("given", ["", "two words", "a" * 65, "<b>", "ä", "a;b"])
def test_any_other_request_id_is_replaced(given: str) -> None:
    found = seen_by_the_view("/", AnonymousUser(), **{"X-Request-ID": given})

    assert re.fullmatch(r"[0-9a-f]{32}", found.request_id)
