"""The admin's menu: only pages that exist and that the visitor may open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib import admin
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.http import HttpRequest

# (heading, ((table, title, icon), ...)); the icons are unfold's own font.
_GROUPS: tuple[tuple[Any, tuple[tuple[str, Any, str], ...]], ...] = (
    (
        _("Catalogue"),
        (
            ("registry.llmmodel", _("Models"), "neurology"),
            ("registry.provider", _("Providers"), "factory"),
            ("registry.platform", _("Platforms"), "hub"),
            ("registry.capability", _("Capabilities"), "extension"),
        ),
    ),
    (
        _("Access"),
        (
            ("registry.connection", _("Connections"), "key"),
            ("registry.apitoken", _("Applications"), "apps"),
        ),
    ),
    (_("Use"), (("registry.knowledgebase", _("Knowledge bases"), "menu_book"),)),
    (_("Trail"), (("audit.logentry", _("Trail"), "history"),)),
    (
        _("People"),
        (("auth.user", _("Users"), "person"), ("auth.group", _("Groups"), "group")),
    ),
)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return unfold's sidebar for this visitor."""
    overview = {"title": _("Overview"), "icon": "home", "link": reverse("admin:index")}
    groups = [
        {"title": title, "items": [item for page in pages if (item := _item(request, *page))]}
        for title, pages in _GROUPS
    ]
    return [{"items": [overview]}, *(group for group in groups if group["items"])]


def _item(request: HttpRequest, table: str, title: Any, icon: str) -> dict[str, Any] | None:
    page = admin.site._registry.get(apps.get_model(table))
    if page is None or not page.has_view_or_change_permission(request):
        return None
    link = reverse(f"admin:{table.replace('.', '_')}_changelist")
    return {"title": title, "icon": icon, "link": link}
