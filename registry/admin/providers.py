"""Providers: who makes or serves models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin.dropdown_filters import DropdownFilter

from registry.admin.badges import badge
from registry.admin.base import RegistryForm, RegistryModelAdmin
from registry.admin.links import LinkFilter
from registry.admin.sandbox_card import SandboxRemoval
from registry.admin.widgets import NamesField
from registry.choices import CatalogueStatus
from registry.models import Connection, LLMModel, Provider
from registry.services.counting import number_of
from registry.services.providers import delete_provider, save_provider, users_of
from registry.types import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet
    from django.http import HttpRequest

STATUS_COLOURS = {
    CatalogueStatus.ACTIVE: "success",
    CatalogueStatus.BETA: "info",
    CatalogueStatus.DEPRECATED: "warning",
}


class ProviderForm(RegistryForm):
    """Beside the columns the other names, as one line."""

    aliases = NamesField(
        label=gettext_lazy("Other names"),
        help_text=gettext_lazy(
            "Accepted in filters and imports as well. Separated by commas, such as google, vertex."
        ),
    )

    class Meta:
        model = Provider
        fields = (
            "name",
            "slug",
            "description",
            "kind",
            "dialect",
            "direct_api_url",
            "auth_required",
            "features",
            "status",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            return
        self.initial["aliases"] = sorted(self.instance.aliases.values_list("name", flat=True))
        if "direct_api_url" in self.fields:
            self.fields["direct_api_url"].help_text = _(
                "Where the API answers when a connection names no address of its own. "
                "Another scheme, host or port drops the keys of the connections that rely on it: "
                "a key is only ever sent to the address that it was entered for."
            )

    def remembered(self) -> Iterable[str]:
        return [name for name in super().remembered() if name != "aliases"]


class StatusFilter(DropdownFilter):
    title = gettext_lazy("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(CatalogueStatus.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(status=self.value()) if self.value() else queryset


@admin.register(Provider)
class ProviderAdmin(SandboxRemoval, RegistryModelAdmin):
    form = ProviderForm
    delete = staticmethod(delete_provider)

    list_display = (
        "name",
        "slug",
        "dialect",
        "direct_api_url",
        "needs_key",
        "status_now",
        "models_of",
        "connections_of",
        "platforms_of",
    )
    list_filter = (StatusFilter, ("platforms", LinkFilter))
    search_fields = ("name", "slug", "aliases__name")
    search_help_text = gettext_lazy("Name or slug")
    ordering = ("name",)
    show_full_result_count = True
    readonly_fields = ("other_names", "platforms_of")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        name, slug, *others = ProviderForm.Meta.fields
        may_change = obj is None or self.has_change_permission(request, obj)
        names = (name, slug, "aliases" if may_change else "other_names", *others)
        return names if obj is None else (*names, "platforms_of")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Provider]:
        rows: QuerySet[Provider] = super().get_queryset(request)
        return rows.annotate(
            llm_count=number_of(LLMModel.objects.shared(), "provider"),
            connection_count=number_of(Connection.objects.shared(), "provider"),
        ).prefetch_related("platforms")

    def save_row(self, request: HttpRequest, row: Provider, form: Any) -> None:
        keys = Connection.objects.filter(provider_id=row.pk, api_key__isnull=False)
        before = keys.count() if row.pk else 0
        aliases = form.cleaned_data["aliases"] if "aliases" in form.changed_data else UNSET
        save_provider(row, form.as_change(), aliases=aliases)
        dropped = before - keys.count() if before else 0
        if dropped:
            text = ngettext(
                "The address is another one now: the key of %d connection was dropped.",
                "The address is another one now: the keys of %d connections were dropped.",
                dropped,
            )
            messages.warning(request, text % dropped)

    def uses_of(self, row: Provider) -> dict[str, list[str]]:
        users = users_of(row)
        return {
            _("Models"): users["models"],
            _("People"): users.get("people", []),
            _("Connections"): users["connections"],
            _("Platforms"): users["platforms"],
            _("Routes"): users["routes"],
        }

    @admin.display(description=gettext_lazy("key"), ordering="auth_required")
    def needs_key(self, provider: Provider) -> str:
        return _("needed") if provider.auth_required else _("not needed")

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def status_now(self, provider: Provider) -> str:
        status = CatalogueStatus(provider.status)
        return badge(status.label, STATUS_COLOURS[status])

    @admin.display(description=gettext_lazy("other names"))
    def other_names(self, provider: Provider) -> str:
        return ", ".join(sorted(provider.aliases.values_list("name", flat=True)))

    @admin.display(description=gettext_lazy("models"), ordering="llm_count")
    def models_of(self, provider: Provider) -> int:
        return int(provider.llm_count)  # type: ignore[attr-defined]  # annotated above

    @admin.display(description=gettext_lazy("connections"), ordering="connection_count")
    def connections_of(self, provider: Provider) -> int:
        return int(provider.connection_count)  # type: ignore[attr-defined]  # annotated above

    @admin.display(description=gettext_lazy("platforms"))
    def platforms_of(self, provider: Provider) -> str:
        return ", ".join(sorted(platform.name for platform in provider.platforms.all()))
