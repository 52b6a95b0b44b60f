"""The addresses of the service, and the bare view that its chooser list is compared with."""

from __future__ import annotations

import os
from functools import cache

from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.urls import path

from config.urls import handler400, handler403, handler404, handler500
from config.urls import urlpatterns as product_urls
from registry.api.authentication import session_user_of, token_of
from registry.api.permissions import may_read_lists
from registry.models import Revision
from registry.services import chooser

THE_ROW = 1


@cache
def _content(llm_type: str) -> bytes:
    """Return the chooser list's bytes as they are when this process first asks for them."""
    return chooser.chooser_list(llm_type)[1]


def bare(request: HttpRequest, llm_type: str) -> HttpResponse:
    """Let in whom the chooser list lets in, run one primary-key query, return the same bytes.

    The query is the cheapest that Django's ORM makes: one column of one row, no instance.
    """
    token = token_of(request)
    user = session_user_of(request) if token is None else None
    if not may_read_lists(user, token):
        return HttpResponseForbidden()
    Revision.objects.filter(pk=THE_ROW).values_list("number", flat=True).first()
    return HttpResponse(_content(llm_type), content_type="application/json")


def process(request: HttpRequest) -> HttpResponse:
    """Say which process answers, so that the load can be spread evenly."""
    return HttpResponse(str(os.getpid()))


urlpatterns = [
    *product_urls,
    path("bench/bare/<llm_type>", bare),
    path("bench/process", process),
]

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]
