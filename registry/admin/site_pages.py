"""Pages of the admin that are about no single table: their address, icon, and who may open them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpResponseNotAllowed
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from registry.admin import capability_matrix, compare_prices, lifecycle_page, which_model

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.admin import AdminSite
    from django.http import HttpRequest, HttpResponseBase
    from django.urls import URLPattern

    # The request, and what every page of the site shows.
    PageView = Callable[[HttpRequest, dict[str, Any]], HttpResponseBase]

_READS = ("view", "change")  # who may change a row may look at it


@dataclass(frozen=True)
class SitePage:
    """One such page. It only reads: what it is asked stands in its address."""

    name: str
    address: str
    title: Any
    icon: str
    tables: tuple[str, ...]
    view: PageView

    def is_open_to(self, user: Any) -> bool:
        """Say whether he may look at the rows of every table that the page shows."""
        return all(
            any(user.has_perm(f"registry.{verb}_{table}") for verb in _READS)
            for table in self.tables
        )

    def link(self) -> str:
        return reverse(f"admin:{self.name}")


SITE_PAGES: dict[str, SitePage] = {
    page.name: page
    for page in (
        SitePage(
            "choose_which_model",
            "choose/which-model/",
            _("Which model?"),
            "quiz",
            ("llmmodel",),
            which_model.show,
        ),
        SitePage(
            "choose_prices",
            "choose/prices/",
            _("Compare prices"),
            "balance",
            ("llmmodel", "price", "route"),
            compare_prices.show,
        ),
        SitePage(
            "choose_capabilities",
            "choose/capabilities/",
            _("Capability matrix"),
            "grid_on",
            ("llmmodel",),
            capability_matrix.show,
        ),
        SitePage(
            "lifecycle",
            "lifecycle/",
            _("Lifecycle"),
            "event_upcoming",
            ("llmmodel",),
            lifecycle_page.show,
        ),
    )
}


def urls(site: AdminSite) -> list[URLPattern]:
    return [
        path(page.address, site.admin_view(_guarded(site, page)), name=page.name)
        for page in SITE_PAGES.values()
    ]


def _guarded(site: AdminSite, page: SitePage) -> Callable[..., HttpResponseBase]:
    def view(request: HttpRequest) -> HttpResponseBase:
        if not page.is_open_to(request.user):
            raise PermissionDenied
        if "\0" in unquote_plus(request.META.get("QUERY_STRING", "")):
            raise SuspiciousOperation("NUL in the query")
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return page.view(request, {**site.each_context(request), "title": page.title})

    return view
