"""Platforms: where models of several providers can be called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from registry.admin.base import RegistryForm, RegistryModelAdmin
from registry.admin.llm_list import badge
from registry.admin.providers import STATUS_COLOURS, StatusFilter
from registry.choices import CatalogueStatus
from registry.models import Platform
from registry.services.platforms import delete_platform, save_platform
from registry.types import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet
    from django.http import HttpRequest


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
            "status",
        )

    def remembered(self) -> Iterable[str]:
        return [name for name in super().remembered() if name != "providers"]


@admin.register(Platform)
class PlatformAdmin(RegistryModelAdmin):
    form = PlatformForm
    fields = PlatformForm.Meta.fields
    delete = staticmethod(delete_platform)

    list_display = (
        "name",
        "slug",
        "auth_type",
        "base_url",
        "connection",
        "providers_of",
        "status_now",
    )
    list_select_related = ("connection",)
    list_filter = (StatusFilter,)
    search_fields = ("name", "slug")
    search_help_text = _("Name or slug")
    ordering = ("name",)
    show_full_result_count = True
    autocomplete_fields = ("connection", "providers")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Platform]:
        rows: QuerySet[Platform] = super().get_queryset(request)
        return rows.annotate(provider_count=Count("providers"))

    def save_row(self, request: HttpRequest, row: Platform, form: Any) -> None:
        named = "providers" in form.changed_data
        providers = list(form.cleaned_data["providers"]) if named else UNSET
        save_platform(row, form.as_change(), providers=providers)

    @admin.display(description=_("providers"), ordering="provider_count")
    def providers_of(self, platform: Platform) -> int:
        return int(platform.provider_count)  # type: ignore[attr-defined]  # annotated above

    @admin.display(description=_("status"), ordering="status")
    def status_now(self, platform: Platform) -> str:
        status = CatalogueStatus(platform.status)
        return badge(status.label, STATUS_COLOURS[status])
