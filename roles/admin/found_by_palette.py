"""Roles in the command palette: those of the settings have no row that a search would find."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _
from unfold.dataclasses import SearchResult

from registry.admin import palette
from roles.services.slots import defined_roles

if TYPE_CHECKING:
    from django.http import HttpRequest

_MOST = 20
_RIGHTS = ("roles.view_roleslot", "roles.change_roleslot")


def find_roles(request: HttpRequest, term: str) -> list[SearchResult]:
    """Return the roles whose name, label or description has the term in it."""
    if not any(request.user.has_perm(right) for right in _RIGHTS):
        return []
    found = [
        info
        for info in defined_roles()
        if term in f"{info.name}\n{info.label}\n{info.description}".casefold()
    ]
    return [
        SearchResult(
            title=info.label,
            description=_("Role"),
            link=reverse("admin:roles_roleslot_explain", args=[info.name]),
            icon="theater_comedy",
        )
        for info in found[:_MOST]
    ]


palette.also_find(find_roles)
