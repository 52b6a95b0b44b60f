"""The admin's menu: only pages that exist and that the visitor may open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib import admin
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from registry.admin.site_pages import SITE_PAGES, SitePage

if TYPE_CHECKING:
    from django.http import HttpRequest

# (heading, ((table, title, icon) or a page of the site's own, ...)); icons are unfold's own font.
_GROUPS: tuple[tuple[Any, tuple[tuple[str, Any, str] | SitePage, ...]], ...] = (
    (
        _("Catalogue"),
        (
            ("registry.llmmodel", _("Models"), "neurology"),
            ("registry.provider", _("Providers"), "factory"),
            ("registry.platform", _("Platforms"), "hub"),
            ("registry.route", _("Routes"), "route"),
            ("registry.price", _("Prices"), "payments"),
            ("registry.capability", _("Capabilities"), "extension"),
            SITE_PAGES["lifecycle"],
        ),
    ),
    (
        _("Access"),
        (
            ("registry.connection", _("Connections"), "key"),
            ("registry.apitoken", _("Applications"), "apps"),
            ("registry.client", _("Clients"), "dns"),
        ),
    ),
    (
        _("Use"),
        (
            ("registry.knowledgebase", _("Knowledge bases"), "menu_book"),
            ("roles.roleslot", _("Roles"), "theater_comedy"),
        ),
    ),
    (
        _("Choose"),
        (
            SITE_PAGES["choose_which_model"],
            SITE_PAGES["choose_prices"],
            SITE_PAGES["choose_capabilities"],
        ),
    ),
    (_("Operate"), (("registry.connectiontest", _("Tests and health"), "monitor_heart"),)),
    (_("Trail"), (("audit.logentry", _("Trail"), "history"),)),
    (
        _("People"),
        (("auth.user", _("Users"), "person"), ("auth.group", _("Groups"), "group")),
    ),
)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return unfold's sidebar for this visitor."""
    overview = {"title": _("Overview"), "icon": "home", "link": reverse("admin:index")}
    own = {"title": _("My models"), "icon": "person_heart", "link": reverse("my:overview")}
    groups = [
        {"title": title, "items": [item for page in pages if (item := _item(request, page))]}
        for title, pages in _GROUPS
    ]
    return [{"items": [overview, own]}, *(group for group in groups if group["items"])]


def _item(request: HttpRequest, page: tuple[str, Any, str] | SitePage) -> dict[str, Any] | None:
    if isinstance(page, SitePage):
        shown = {"title": page.title, "icon": page.icon, "link": page.link()}
        return shown if page.is_open_to(request.user) else None
    table, title, icon = page
    listed = admin.site._registry.get(apps.get_model(table))
    if listed is None or not listed.has_view_or_change_permission(request):
        return None
    link = reverse(f"admin:{table.replace('.', '_')}_changelist")
    return {"title": title, "icon": icon, "link": link}
