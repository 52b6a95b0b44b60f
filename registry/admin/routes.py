"""Routes: models over platforms, and which of a model's is tried first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin.dropdown_filters import DropdownFilter

from registry.admin.badges import badge
from registry.admin.base import RegistryForm, RegistryModelAdmin
from registry.admin.links import LinkFilter
from registry.admin.money import plain, usd
from registry.admin.results import milliseconds
from registry.admin.route_actions import BULK_ACTIONS, ROUTE_ACTIONS, RouteActions
from registry.admin.widgets import LazySelect
from registry.choices import PriceUnit, RouteStatus
from registry.fields import UsdField
from registry.models import LLMModel, Route
from registry.services.call_targets import call_target
from registry.services.routes import delete_route, save_route
from registry.types import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet
    from django.http import HttpRequest

COLOURS = {
    RouteStatus.ACTIVE: "success",
    RouteStatus.INACTIVE: "",
    RouteStatus.MAINTENANCE: "warning",
}
# The form's fields for what the ledger keeps.
_PRICES = {"own_input": PriceUnit.INPUT, "own_output": PriceUnit.OUTPUT}
_PRICE_HELP = gettext_lazy(
    "US dollars per 1,000,000 tokens over this platform. Empty: the model's list price."
)


class RouteForm(RegistryForm):
    """Beside the columns the route's own prices, which the ledger keeps."""

    llm = forms.ModelChoiceField(
        queryset=LLMModel.objects.shared(),
        label=gettext_lazy("Model"),
        widget=LazySelect("registry_llmmodel_models"),
    )
    own_input = UsdField().formfield(
        label=gettext_lazy("Own input price"), required=False, help_text=_PRICE_HELP
    )
    own_output = UsdField().formfield(
        label=gettext_lazy("Own output price"), required=False, help_text=_PRICE_HELP
    )

    class Meta:
        model = Route
        fields = (
            *("llm", "platform", "provider", "priority", "status", "slug"),
            *("endpoint_override", "model_string_override", "connection"),
            *("success_rate", "avg_latency_ms", "settings"),
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in {"slug", "provider"} & set(self.fields):
            self.fields[name].required = False  # the service fills them in
        if "provider" in self.fields:
            self.fields["provider"].help_text = _("Left empty it is the model's.")
        for name, unit in _PRICES.items() if "own_input" in self.fields else ():
            self.initial.setdefault(name, plain(getattr(self.instance, unit.field)))
        if not self.instance._state.adding and "llm" in self.fields:
            self.fields["llm"].disabled = True

    def remembered(self) -> Iterable[str]:
        return [name for name in super().remembered() if name not in _PRICES]

    def explain(self, error: Exception) -> None:
        """Show what is wrong with a price at the field in which it was typed."""
        if isinstance(error, ValidationError) and hasattr(error, "error_dict"):
            fields = {unit.field: name for name, unit in _PRICES.items()}
            error = ValidationError(
                {fields.get(name, name): texts for name, texts in error.message_dict.items()}
            )
        super().explain(error)


def price_text(route: Route) -> str:
    """Return what the route costs per 1,000,000 tokens in and out, and whose prices these are."""
    own = (route.input_cost, route.output_cost)
    listed = (route.llm.input_cost, route.llm.output_cost)
    used = [listed[at] if amount is None else amount for at, amount in enumerate(own)]
    told = f"{usd(used[0])} / {usd(used[1])}"
    return _("%s, list price") % told if own == (None, None) else _("%s, its own") % told


class StatusFilter(DropdownFilter):
    title = gettext_lazy("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(RouteStatus.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(status=self.value()) if self.value() else queryset


@admin.register(Route)
class RouteAdmin(RouteActions, RegistryModelAdmin):
    form = RouteForm
    delete = staticmethod(delete_route)

    list_display = (
        *("slug", "llm", "platform", "provider", "priority"),
        *("status_now", "price", "success", "latency"),
    )
    list_select_related = ("llm", "platform", "provider")
    list_filter = (
        StatusFilter,
        ("platform", LinkFilter),
        ("provider", LinkFilter),
        ("llm", LinkFilter),
    )
    search_fields = ("slug", "llm__name", "llm__model_id", "platform__name")
    search_help_text = gettext_lazy("Slug, model or platform")
    ordering = ("slug",)
    autocomplete_fields = ("platform", "provider", "connection")
    readonly_fields = ("goes_to", "price")
    fieldsets = (
        (None, {"fields": ("llm", "platform", "provider", "priority", "status", "slug")}),
        (
            gettext_lazy("Call"),
            {"fields": ("goes_to", "endpoint_override", "model_string_override", "connection")},
        ),
        (gettext_lazy("Prices"), {"fields": ("own_input", "own_output")}),
        (
            gettext_lazy("Measures and settings"),
            {"fields": ("success_rate", "avg_latency_ms", "settings")},
        ),
    )
    actions = BULK_ACTIONS
    actions_detail = ROUTE_ACTIONS
    actions_row = ROUTE_ACTIONS

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show the prices as text to somebody who may not enter any."""
        found = super().get_fieldsets(request, obj)
        if self._may_price(request, obj):
            return found
        shown = {"fields": () if obj is None else ("price",)}
        return [
            (title, shown if options["fields"] == tuple(_PRICES) else options)
            for title, options in found
        ]

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Take the prices from the form of somebody who may not enter any."""
        form = super().get_form(request, *args, **kwargs)
        if request.user.has_perm("registry.add_price"):
            return form
        return type(form.__name__, (form,), dict.fromkeys(_PRICES))

    def _may_price(self, request: HttpRequest, obj: Any) -> bool:
        may_write = obj is None or self.has_change_permission(request, obj)
        return may_write and bool(request.user.has_perm("registry.add_price"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Route]:
        rows: QuerySet[Route] = super().get_queryset(request).filter(llm__owner__isnull=True)
        return rows.select_related("llm__connection__provider", "platform", "provider")

    def save_row(self, request: HttpRequest, row: Route, form: Any) -> None:
        named = [name for name in _PRICES if name in form.changed_data]
        pricing = {_PRICES[name].value: form.cleaned_data[name] for name in named}
        save_route(row, form.as_change(), pricing=pricing or UNSET)

    @admin.display(description=gettext_lazy("calls"))
    def goes_to(self, route: Route) -> str:
        """Say where a call over the route goes, and under which name."""
        if route._state.adding:
            return _("Known once the route is stored.")
        target = call_target(route)
        return _("%(name)s at %(address)s") % {
            "name": target.model_string,
            "address": target.endpoint or _("no known address"),
        }

    @admin.display(description=gettext_lazy("price in / out per 1M tokens"), ordering="input_cost")
    def price(self, route: Route) -> str:
        return price_text(route)

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def status_now(self, route: Route) -> str:
        status = RouteStatus(route.status)
        return badge(status.label, COLOURS[status])

    @admin.display(description=gettext_lazy("success"), ordering="success_rate")
    def success(self, route: Route) -> str:
        return _("unknown") if route.success_rate is None else f"{route.success_rate:.1%}"

    @admin.display(description=gettext_lazy("latency"), ordering="avg_latency_ms")
    def latency(self, route: Route) -> str:
        return milliseconds(route.avg_latency_ms) or _("unknown")
