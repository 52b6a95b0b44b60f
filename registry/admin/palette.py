"""What the command palette (Ctrl+K) finds beside pages: never the trail, and never all rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.urls import reverse
from unfold.dataclasses import SearchResult

from registry.models import Connection, KnowledgeBase, LLMModel, Provider

if TYPE_CHECKING:
    from django.db.models import Model
    from django.http import HttpRequest

_MOST = 20  # rows of one kind; whoever needs more has the list
_SEARCHED: tuple[type[Model], ...] = (LLMModel, Provider, Connection, KnowledgeBase)


def search(request: HttpRequest, term: str) -> list[SearchResult]:
    """Return the rows that the lists' own search finds, of the kinds this visitor may see."""
    return [found for model in _SEARCHED for found in _of(model, request, term)]


def _of(model: type[Model], request: HttpRequest, term: str) -> list[SearchResult]:
    page = admin.site._registry.get(model)
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
        for row in rows[:_MOST]
    ]
