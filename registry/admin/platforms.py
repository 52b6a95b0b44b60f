"""Platforms: where models of several providers can be called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from registry.admin.badges import badge
from registry.admin.base import RegistryForm, RegistryModelAdmin
from registry.admin.links import LinkFilter
from registry.admin.providers import STATUS_COLOURS, StatusFilter
from registry.choices import CatalogueStatus
from registry.models import Platform, Provider, Route
from registry.services.counting import number_of
from registry.services.platforms import delete_platform, save_platform, users_of
from registry.types import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet
    from django.http import HttpRequest


NAMED = 50  # routes that the page names; the list has all


class PlatformForm(RegistryForm):
    class Meta:
        model = Platform
        fields = (
            "name",
            "slug",
            "description",
            "base_url",
            "auth_type",
            "connection",
            "providers",
            "features",
            "status",
        )

    def remembered(self) -> Iterable[str]:
        return [name for name in super().remembered() if name != "providers"]


@admin.register(Platform)
class PlatformAdmin(RegistryModelAdmin):
    form = PlatformForm
    delete = staticmethod(delete_platform)

    list_display = (
        "name",
        "slug",
        "auth_type",
        "base_url",
        "connection",
        "providers_of",
        "routes_of",
        "status_now",
    )
    list_select_related = ("connection",)
    list_filter = (StatusFilter, ("providers", LinkFilter))
    search_fields = ("name", "slug")
    search_help_text = _("Name or slug")
    ordering = ("name",)
    show_full_result_count = True
    autocomplete_fields = ("connection", "providers")
    readonly_fields = ("routes_named",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        may_see = obj is not None and request.user.has_perm("registry.view_route")
        return (*PlatformForm.Meta.fields, *(("routes_named",) if may_see else ()))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Platform]:
        rows: QuerySet[Platform] = super().get_queryset(request)
        return rows.annotate(
            provider_count=number_of(Provider.objects.all(), "platforms"),
            route_count=number_of(Route.objects.all(), "platform"),
        )

    def save_row(self, request: HttpRequest, row: Platform, form: Any) -> None:
        named = "providers" in form.changed_data
        providers = list(form.cleaned_data["providers"]) if named else UNSET
        save_platform(row, form.as_change(), providers=providers)

    @admin.display(description=_("providers"), ordering="provider_count")
    def providers_of(self, platform: Platform) -> int:
        return int(platform.provider_count)  # type: ignore[attr-defined]  # annotated above

    @admin.display(description=_("routes"), ordering="route_count")
    def routes_of(self, platform: Platform) -> str:
        return _all_routes(platform, str(platform.route_count))  # type: ignore[attr-defined]

    @admin.display(description=_("routes"))
    def routes_named(self, platform: Platform) -> str:
        """Name the platform's first routes, each with a link, and lead to all of them."""
        number = platform.route_count  # type: ignore[attr-defined]  # annotated above
        if not number:
            return gettext("No routes yet.")
        rows = Route.objects.filter(platform=platform).order_by("slug")[:NAMED]
        links = format_html_join(
            ", ",
            '<a class="text-link" href="{}">{}</a>',
            ((reverse("admin:registry_route_change", args=[row.pk]), row.slug) for row in rows),
        )
        listed = _all_routes(platform, gettext("%d in the list") % number)
        return format_html("{} ({})", links, listed)

    def uses_of(self, row: Platform) -> dict[str, list[str]]:
        return {gettext("Routes"): users_of(row)["routes"]}

    @admin.display(description=_("status"), ordering="status")
    def status_now(self, platform: Platform) -> str:
        status = CatalogueStatus(platform.status)
        return badge(status.label, STATUS_COLOURS[status])


def _all_routes(platform: Platform, text: str) -> str:
    address = reverse("admin:registry_route_changelist")
    query = urlencode({"platform__id__exact": platform.pk})
    return format_html('<a class="text-link" href="{}?{}">{}</a>', address, query, text)
