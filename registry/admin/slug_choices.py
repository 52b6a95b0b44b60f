"""Selects whose choices stand in the address by their slugs, and what they ask while typing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import JsonResponse
from django.urls import path

from registry.admin.llm_choices import asked_term
from registry.admin.widgets import LazySelect
from registry.models import Platform, Provider

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.admin import AdminSite
    from django.http import HttpRequest
    from django.urls import URLPattern

_MOST = 20  # offered at once; whoever means another one types on
PROVIDERS = "choose_provider"
PLATFORMS = "choose_platform"
# url name -> the right it needs, and what it lists
_LISTED: dict[str, tuple[str, type[Provider] | type[Platform]]] = {
    PROVIDERS: ("registry.view_provider", Provider),
    PLATFORMS: ("registry.view_platform", Platform),
}


class LazySelectMultiple(LazySelect, forms.SelectMultiple):
    """A select of several rows that holds only what is chosen."""

    def optgroups(
        self, name: str, value: list[str], attrs: dict[str, Any] | None = None
    ) -> list[Any]:
        groups = super().optgroups(name, value, attrs)
        return [(None, group, place) for place, (_none, group, _at) in enumerate(groups[1:])]


class SlugSelect(LazySelect):
    """A select of one row, by its slug."""

    allow_multiple_selected = False

    def optgroups(
        self, name: str, value: list[str], attrs: dict[str, Any] | None = None
    ) -> list[Any]:
        choices: Any = self.choices  # of a field over a table
        rows = list(choices.queryset.filter(slug__in=[text for text in value if text]))
        options = []
        if not self.allow_multiple_selected:
            options.append(self.create_option(name, "", "", not rows, 0))
        for row in rows:
            options.append(self.create_option(name, row.slug, str(row), True, len(options)))
        return [(None, [option], place) for place, option in enumerate(options)]


class SlugSelectMultiple(SlugSelect, forms.SelectMultiple):
    """A select of several rows, by their slugs."""

    allow_multiple_selected = True


def urls(site: AdminSite) -> list[URLPattern]:
    return [
        path(
            f"choose/{model._meta.model_name}s.json",
            site.admin_view(_lister(right, model)),
            name=name,
        )
        for name, (right, model) in _LISTED.items()
    ]


def _lister(
    right: str, model: type[Provider] | type[Platform]
) -> Callable[[HttpRequest], JsonResponse]:
    def view(request: HttpRequest) -> JsonResponse:
        """Answer in select2's shape."""
        if not request.user.has_perm(right):
            raise PermissionDenied
        term = asked_term(request)
        rows = model.objects.filter(Q(name__icontains=term) | Q(slug__icontains=term))
        found = [{"id": row.slug, "text": str(row)} for row in rows.order_by("name")[:_MOST]]
        return JsonResponse({"results": found})

    return view
