"""The models' pages: list, form, dialogs, bulk, deletion."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.admin import money, results
from registry.admin.badges import badge
from registry.admin.base import RegistryModelAdmin
from registry.admin.known_models import KnownModelsPage
from registry.admin.llm_bulk import BULK_ACTIONS, LLMBulk
from registry.admin.llm_choices import LLMChoices
from registry.admin.llm_clients import clients_context
from registry.admin.llm_delete import LLMDelete
from registry.admin.llm_dialogs import LLM_ACTIONS, LLMDialogs
from registry.admin.llm_fields import ACCESS, LABELS, PRICES, PROBES, rules_table
from registry.admin.llm_filters import LLM_FILTERS
from registry.admin.llm_form import CAPABILITY, LLMForm
from registry.admin.llm_list import (
    STATUS_COLOURS,
    LLMColumns,
    LLMList,
    connection_badge,
    type_tabs,
)
from registry.admin.llm_prices import LLMPrices, prices_context
from registry.admin.llm_reading import LLMReading, probe_fieldsets, reading_fieldsets
from registry.admin.llm_routes import routes_context
from registry.admin.llm_sweeps import LLMSweeps
from registry.admin.llm_tests import LLMTests, tests_context
from registry.admin.llm_unsaved import LLMUnsaved
from registry.admin.llm_users import users_context
from registry.admin.widgets import LazySelect, ProviderSelect, date_input
from registry.choices import LLMType
from registry.models import LLMModel, Provider
from registry.models.base import is_uuid
from registry.provider_rules import ALL_PARAMETERS
from registry.services.known_models import save_filled
from registry.services.llm_warnings import warnings_of

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.forms import Media
    from django.http import HttpRequest, HttpResponse

_COPIED = (
    "type",
    "model_id",
    "family",
    "version",
    "description",
    "mode",
    "quality_tier",
    "release_date",
    "deprecation_date",
    "migration_guide",
    "latency_ms",
    "tokens_per_second",
    "known_params",
    "settings",
    *ALL_PARAMETERS,
    *PROBES,
)


@admin.register(LLMModel)
class LLMModelAdmin(
    KnownModelsPage,
    LLMChoices,
    LLMTests,
    LLMPrices,
    LLMSweeps,
    LLMUnsaved,
    LLMColumns,
    LLMDialogs,
    LLMBulk,
    LLMDelete,
    LLMReading,
    RegistryModelAdmin,
):
    """The models of the organisation."""

    form = LLMForm
    save = staticmethod(save_filled)
    exclude = PRICES  # the columns that the ledger decides; the form's fields enter a price
    change_form_template = "admin/registry/llmmodel/change_form.html"
    change_list_template = "admin/registry/llmmodel/change_list.html"
    delete_confirmation_template = "admin/registry/llmmodel/delete.html"

    list_display = (
        "name_cell",
        "provider_cell",
        "type_cell",
        "status_cell",
        "health_cell",
        "tested_cell",
        "connection_cell",
        "size_cell",
        "price_cell",
        "users_cell",
    )
    list_display_links = ("name_cell",)
    list_filter = LLM_FILTERS
    list_fullwidth = True
    filter_names = frozenset({"type"})
    search_fields = ("name", "model_id", "slug", "aliases__folded")
    search_help_text = gettext_lazy("Name, model id, alias or slug")
    ordering = ("name", "slug")

    actions = ("check_selected", *BULK_ACTIONS)
    actions_row = (*LLM_ACTIONS, "remove")
    actions_detail = LLM_ACTIONS

    @property
    def media(self) -> Media:
        """The list needs what its dialogs choose with."""
        return super().media + LazySelect("").media  # type: ignore[no-any-return]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Of prices only ranges are asked, which read the amount before the database does."""
        if lookup.startswith(PRICES) and not lookup.endswith(("_from", "_to")):
            return False
        return super().lookup_allowed(lookup, value, request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[LLMModel]:
        return LLMModel.objects.shared()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[LLMList]:
        return LLMList

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        tabs = type_tabs(request.GET.get("type", "")) if request.method == "GET" else []
        return super().changelist_view(request, {"type_tabs": tabs, **(extra_context or {})})

    # Form
    # ------------------------------------------------------------------------
    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Name each section's panel in `classes`: the change page shows them as tabs."""
        if obj is not None and not self.has_change_permission(request, obj):
            return reading_fieldsets(obj)
        identity: tuple[str, ...] = ("model_id", "name", "slug")
        if obj is None:
            identity = ("type", "provider", *identity)
        status: tuple[str, ...] = ("status", "deprecation_date", "replacement", "migration_guide")
        if obj is None:
            status = ("is_default", *status)
        more = ("aliases", "family", "version", "release_date", "mode", "quality_tier")
        measured = ("latency_ms", "tokens_per_second")
        prices: tuple[Any, ...] = ()
        if self.has_price_permission(request):
            prices = ((_("Prices"), {"fields": PRICES, "classes": ("prices",)}),)
        return (
            (_("Model"), {"fields": (*identity, "description", "tags"), "classes": ("details",)}),
            (_("Access"), {"fields": ACCESS, "classes": ("details",)}),
            (
                _("Parameters"),
                {"fields": (*ALL_PARAMETERS, "confirm_dimensions"), "classes": ("parameters",)},
            ),
            *prices,
            (_("Status"), {"fields": status, "classes": ("details",)}),
            (_("More"), {"fields": (*more, *measured), "classes": ("details",)}),
            (
                _("Advanced"),
                {"fields": ("known_params", "settings"), "classes": ("details", "collapse")},
            ),
            *probe_fieldsets(obj),
        )

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Take the prices from the form of somebody who may not enter any."""
        form = super().get_form(request, *args, **kwargs)
        if self.has_price_permission(request):
            return form
        return type(form.__name__, (form,), dict.fromkeys(PRICES))

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in ("release_date", "deprecation_date"):
            return db_field.formfield(widget=date_input())
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name in LABELS:
            field.label = LABELS[db_field.name]
        if db_field.name in ("description", "migration_guide"):
            field.widget.attrs["rows"] = 3
        if db_field.name == "type":  # nothing is chosen before somebody has chosen
            field.choices = [("", _("Select value")), *LLMType.choices]
        if db_field.name == "provider":
            field.widget = ProviderSelect()
            field.label_from_instance = attrgetter("name")
            field.widget.choices = field.choices
        return field

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Preset the form from the address: a pair, or another model to copy."""
        source = request.GET.get("copy", "")
        if is_uuid(source) and self.has_view_permission(request):
            llm = LLMModel.objects.shared().with_links().filter(pk=source).first()
            if llm is not None:
                return _copy_of(llm)
        preset: dict[str, Any] = {}
        if request.GET.get("type"):
            preset["type"] = request.GET["type"]
        name = request.GET.get("provider", "").replace("\0", "")
        provider = Provider.objects.named(name).first() if name else None
        if provider is not None:
            preset["provider"] = provider.pk
        return preset

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        llm, form = context.get("original"), context["adminform"].form
        known_url = reverse("admin:registry_llmmodel_known")
        provider = str(llm.provider_id) if llm else ""
        rules = {**rules_table(), "known_url": known_url, "provider": provider}
        context |= {"llm": llm, "rules": rules, "capabilities": ()}
        if llm is None or self.has_change_permission(request, llm):
            form.mark_states()
            context["capabilities"] = form.capability_fields()
        context |= self.unsaved_context(request, llm)
        if llm is not None:
            context |= _context_of(llm) | users_context(llm, request)
            if request.user.has_perm("registry.view_connectiontest"):
                context |= {"tests": tests_context(llm)}
            if request.user.has_perm("registry.view_price"):
                context |= {"prices": prices_context(llm, request)}
                context |= {"may_price": self.has_price_permission(request)}
            if request.user.has_perm("registry.view_route"):
                context |= {"routes": routes_context(llm)}
            if request.user.has_perm("registry.view_client"):
                context |= {"clients": clients_context(llm)}
        response: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return response

    def save_row(self, request: HttpRequest, row: LLMModel, form: Any) -> None:
        super().save_row(request, row, form)
        for text in (*warnings_of(row), *form.prices_of_others()):
            messages.warning(request, text)


def _context_of(llm: LLMModel) -> dict[str, Any]:
    """Return what the page says of a stored model around its form."""
    return {
        "badges": [
            badge(llm.get_type_display(), ""),
            badge(llm.get_status_display(), STATUS_COLOURS[llm.status]),
            connection_badge(llm),
        ],
        "health_text": results.health_text(llm),
        "warnings": warnings_of(llm),
        "connection_url": _connection_url(llm),
    }


def _connection_url(llm: LLMModel) -> str:
    """Return the page of a shared connection; a private one has none."""
    if llm.connection is None or llm.has_private_connection:
        return ""
    return reverse("admin:registry_connection_change", args=[llm.connection_id])


def _copy_of(llm: LLMModel) -> dict[str, Any]:
    """Return everything but the identity and the key."""
    return {
        **{name: getattr(llm, name) for name in _COPIED},
        "name": _("%s (copy)") % llm.name,
        "provider": llm.provider_id,
        "connection": None if llm.has_private_connection else llm.connection_id,
        "api_endpoint": llm.connection.api_url if llm.has_private_connection else "",  # type: ignore[union-attr]  # a private one is there
        "tags": [tag.name for tag in llm.tags.all()],
        "aliases": [alias.name for alias in llm.aliases.all()],
        "replacement": llm.replacement_id,
        **{name: money.plain(getattr(llm, name)) for name in PRICES},
        **{CAPABILITY + row.capability.name: row.supported for row in llm.capabilities.all()},
    }
