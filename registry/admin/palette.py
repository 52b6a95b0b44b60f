"""What the command palette (Ctrl+K) finds: pages and rows, never the trail, and never all rows.

unfold's own search remembers what it found for five minutes: somebody who has lost a right
would go on reading names, and what is renamed would not be found.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from unfold.dataclasses import SearchResult

from registry.admin.site_pages import SITE_PAGES
from registry.models import Client, Connection, KnowledgeBase, LLMModel, Platform, Provider, Route

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite
    from django.db.models import Model

_MOST = 20  # rows of one kind; whoever needs more has the list
_LONGEST_TERM = 200  # characters
_SEARCHED: tuple[type[Model], ...] = (
    *(LLMModel, Provider, Platform, Route),
    *(Connection, Client, KnowledgeBase),
)

# What other packages look for: the request and the term in lower case.
_FINDERS: list[Callable[[HttpRequest, str], list[SearchResult]]] = []


def also_find(finder: Callable[[HttpRequest, str], list[SearchResult]]) -> None:
    """Let the palette ask `finder`, too; it returns what this visitor may see."""
    if finder not in _FINDERS:
        _FINDERS.append(finder)


def answer(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """Return the list that the palette shows under what was typed so far."""
    term = request.GET.get("s", "").replace("\0", "").strip()[:_LONGEST_TERM]
    if not term:
        return HttpResponse()
    began = time.monotonic()
    found = [*_pages(site, request, term.casefold()), *_rows(site, request, term)]
    found += [row for find in _FINDERS for row in find(request, term.casefold())]
    pages = Paginator(found, max(len(found), 1))
    context = {
        "page_obj": pages,
        "results": pages.page(1),
        "page_counter": 0,
        "execution_time": time.monotonic() - began,
    }
    template = "unfold/helpers/command_results.html"
    return TemplateResponse(request, template, context, headers={"HX-Trigger": "search"})


def _pages(site: AdminSite, request: HttpRequest, term: str) -> list[SearchResult]:
    """Return the pages, and the lists whose own or whose application's name has the term in it."""
    pages = [
        SearchResult(title=str(page.title), description=_("Page"), link=page.link(), icon=page.icon)
        for page in SITE_PAGES.values()
        if page.is_open_to(request.user) and term in str(page.title).casefold()
    ]
    lists = [
        SearchResult(
            title=str(model["name"]), description=app["name"], link=model["admin_url"], icon="tag"
        )
        for app in site.get_app_list(request)
        for model in app["models"]
        if term in app["name"].casefold() or term in str(model["name"]).casefold()
    ]
    return [*pages, *lists]


def _rows(site: AdminSite, request: HttpRequest, term: str) -> list[SearchResult]:
    """Return what the lists' own search finds, of the kinds that this visitor may see."""
    return [found for model in _SEARCHED for found in _rows_of(model, site, request, term)]


def _rows_of(
    model: type[Model], site: AdminSite, request: HttpRequest, term: str
) -> list[SearchResult]:
    page = site._registry.get(model)
    if page is None or not page.has_view_or_change_permission(request):
        return []
    options = model._meta
    rows, _doubled = page.get_search_results(request, page.get_queryset(request), term)
    return [
        SearchResult(
            title=str(row),
            description=str(options.verbose_name).capitalize(),
            link=reverse(f"admin:{options.app_label}_{options.model_name}_change", args=(row.pk,)),
            icon="data_object",
        )
        for row in rows.distinct()[:_MOST]
    ]
