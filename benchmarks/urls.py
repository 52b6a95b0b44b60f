"""The addresses of the service, and the bare views that it is compared with."""

from __future__ import annotations

import os
from functools import cache

from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from config.urls import handler400, handler403, handler404, handler500
from config.urls import urlpatterns as product_urls
from registry.api.authentication import session_user_of, token_of
from registry.api.permissions import may_read_lists
from registry.choices import LLMType, Scope
from registry.models import Revision
from registry.services import chooser, model_lists
from roles.services import prepared

THE_ROW = 1


@cache
def _content(name: str) -> bytes:
    """Return a list's bytes as they are when this process first asks for them."""
    if name in LLMType.values:
        return chooser.chooser_list(name)[1]
    return model_lists.prepared("openai").page({})


def _may_read(request: HttpRequest) -> bool:
    token = token_of(request)
    user = session_user_of(request) if token is None else None
    return may_read_lists(user, token)


def plain(request: HttpRequest, name: str) -> HttpResponse:
    """Let in whom the list lets in, and return the same bytes."""
    if not _may_read(request):
        return HttpResponseForbidden()
    return HttpResponse(_content(name), content_type="application/json")


def bare(request: HttpRequest, name: str) -> HttpResponse:
    """Do that after one primary-key query.

    The query is the cheapest that Django's ORM makes: one column of one row, no instance.
    """
    if not _may_read(request):
        return HttpResponseForbidden()
    Revision.objects.filter(pk=THE_ROW).values_list("number", flat=True).first()
    return HttpResponse(_content(name), content_type="application/json")


@cache
def _answer() -> bytes:
    """Return the organisation's answer for a role as it is when this process is first asked."""
    return prepared.prepared_resolution(None, "chat")


@csrf_exempt  # as the view that it stands beside
def bare_resolve(request: HttpRequest) -> HttpResponse:
    """Check the token as the resolution of a role does, make one query, return an answer."""
    token = token_of(request)
    if token is None or Scope.ROLES_READ.value not in token.scope_set:
        return HttpResponseForbidden()
    Revision.objects.filter(pk=THE_ROW).values_list("number", flat=True).first()
    return HttpResponse(_answer(), content_type="application/json")


def process(request: HttpRequest) -> HttpResponse:
    """Say which process answers, so that the load can be spread evenly."""
    return HttpResponse(str(os.getpid()))


urlpatterns = [
    *product_urls,
    path("bench/bytes/<name>", plain),
    path("bench/bare/resolve", bare_resolve),
    path("bench/bare/<name>", bare),
    path("bench/process", process),
]

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]
