"""The price ledger: every price that ever counted, to look at and to add to, never to change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display
from unfold.views import ChangeList

from audit.moments import ago
from registry.admin import money
from registry.admin.base import RegistryForm, RegistryModelAdmin
from registry.admin.llm_choices import asked_page, asked_term
from registry.admin.price_filters import PRICE_FILTERS
from registry.admin.price_states import pks_in_force, state_badge
from registry.admin.widgets import LazySelect, date_input, moment_input
from registry.models import LLMModel, Price, Route
from registry.models.base import is_uuid
from registry.services.clock import database_now
from registry.services.prices import save_price

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.forms import Media
    from django.http import HttpRequest, HttpResponse, JsonResponse
    from django.urls import URLPattern

    from registry.types import Change

_READING = (
    "subject",
    "route_cell",
    "unit_cell",
    "price_cell",
    "tier_cell",
    "valid_from",
    "state_cell",
    "origin_cell",
    "created_at",
)


class PriceForm(RegistryForm):
    """One more price; what a person types is always his own word."""

    llm = forms.ModelChoiceField(
        queryset=LLMModel.objects.shared(),
        label=gettext_lazy("Model"),
        widget=LazySelect("registry_llmmodel_models"),
    )
    route = forms.ModelChoiceField(
        queryset=Route.objects.filter(llm__owner__isnull=True),
        required=False,
        label=gettext_lazy("Route"),
        help_text=gettext_lazy("Leave empty for the list price of the model."),
        widget=LazySelect("registry_price_routes", forward=("llm",)),
    )
    valid_from = forms.DateTimeField(
        required=False,
        label=gettext_lazy("Valid from"),
        help_text=gettext_lazy("Leave empty for now. A later moment announces a price."),
        widget=moment_input(),
    )

    class Meta:
        model = Price
        fields = (
            "llm",
            "route",
            "unit",
            "usd",
            "min_prompt_tokens",
            "valid_from",
            "source_name",
            "source_url",
            "checked_on",
        )


class PriceList(ChangeList):
    """One page of the ledger; what is in force is asked once for all its models."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)  # type: ignore[has-type]  # set by Django's
        now = database_now()
        counting = pks_in_force(rows, now)
        for price in rows:
            price.state_badge = state_badge(price, counting, now)
        self.result_list = rows


def enter(price: Price, change: Change) -> Price:
    """Append what the form says; a ledger has no earlier row that `change` could speak of."""
    return save_price(price)


@admin.register(Price)
class PriceAdmin(RegistryModelAdmin):
    form = PriceForm
    fields = PriceForm.Meta.fields
    save = staticmethod(enter)
    change_list_template = "admin/registry/price/change_list.html"
    change_form_template = "admin/registry/price/change_form.html"

    list_display = (
        "subject",
        "route_cell",
        "unit_cell",
        "price_cell",
        "tier_cell",
        "valid_cell",
        "state_cell",
        "origin_cell",
        "entered_cell",
    )
    list_display_links = ("valid_cell",)
    list_filter = PRICE_FILTERS
    list_fullwidth = True
    search_fields = ("llm__name", "llm__model_id", "route__slug", "source_name")
    search_help_text = gettext_lazy("Model, route or source")
    ordering = ("-valid_from", "-id")

    @property
    def media(self) -> Media:
        """The list's filter chooses a model as the form does."""
        return super().media + LazySelect("").media  # type: ignore[no-any-return]

    # Rights: appended to by those who may, changed by nobody.
    # ------------------------------------------------------------------------
    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Price]:
        """A user's own models are nobody else's business."""
        rows = Price.objects.filter(llm__owner__isnull=True)
        return rows.select_related("llm", "route").order_by(*self.ordering)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[PriceList]:
        return PriceList

    # Form
    # ------------------------------------------------------------------------
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.choose_route)
        own = path("choices/routes/", view, name="registry_price_routes")
        return [own, *super().get_urls()]

    def choose_route(self, request: HttpRequest) -> JsonResponse:
        """List the routes of the model that the form names; without one, none."""
        if not request.user.has_perm("registry.view_route"):
            raise PermissionDenied
        llm = request.GET.get("llm", "")
        rows = Route.objects.none()
        if is_uuid(llm):
            rows = Route.objects.filter(llm__owner__isnull=True, llm=UUID(llm))
        return asked_page(request, rows.filter(slug__icontains=asked_term(request)))

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Preset the model, and the route, that another page speaks of."""
        asked = {name: request.GET.get(name, "") for name in ("llm", "route")}
        return {name: value for name, value in asked.items() if is_uuid(value)}

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return PriceForm.Meta.fields if obj is None else _READING

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else _READING

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "checked_on":
            return db_field.formfield(widget=date_input())
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "source_url":
            field.widget.attrs |= {"inputmode": "url", "spellcheck": "false"}
        return field

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        price = context.get("original")
        if price is not None:
            context |= {"title": _("Price"), "subtitle": None, "llm": price.llm}
        response: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return response

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A price is a part of its model's story."""
        price = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, price):
            raise PermissionDenied
        if price is None:
            raise Http404
        target = reverse("admin:registry_llmmodel_history", args=[price.llm_id])
        return HttpResponseRedirect(target)

    # Columns
    # ------------------------------------------------------------------------
    @display(description=gettext_lazy("model"), ordering="llm__name")
    def subject(self, price: Price) -> str:
        page = reverse("admin:registry_llmmodel_change", args=[price.llm_id])
        link = '<a href="{}#prices" class="text-link">{}</a>'
        return format_html(link, page, price.llm.name)

    @display(description=gettext_lazy("counts for"), ordering="route__slug")
    def route_cell(self, price: Price) -> str:
        return _("List price") if price.route is None else str(price.route)

    @display(description=gettext_lazy("unit"), ordering="unit")
    def unit_cell(self, price: Price) -> str:
        return price.get_unit_display()

    @display(description=gettext_lazy("price"), ordering="usd")
    def price_cell(self, price: Price) -> str:
        if price.usd is None:
            return _("withdrawn")
        return money.usd_per(price.usd, price.unit)

    @display(description=gettext_lazy("prompts"))
    def tier_cell(self, price: Price) -> str:
        return money.tier(price.min_prompt_tokens) or _("of any length")

    @display(description=gettext_lazy("valid from"), ordering="valid_from")
    def valid_cell(self, price: Price) -> str:
        return ago(price.valid_from)

    @display(description=gettext_lazy("state"))
    def state_cell(self, price: Price) -> str:
        found: str | None = getattr(price, "state_badge", None)
        if found is None:
            now = database_now()
            found = state_badge(price, pks_in_force([price], now), now)
        return found

    @display(description=gettext_lazy("source"), ordering="source")
    def origin_cell(self, price: Price) -> str:
        return money.origin(price)

    @display(description=gettext_lazy("entered"), ordering="created_at")
    def entered_cell(self, price: Price) -> str:
        return ago(price.created_at)
