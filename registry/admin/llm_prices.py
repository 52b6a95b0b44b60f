"""The prices of one model: the dialog that enters one, and the tab that shows them all."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from audit.choices import Source
from audit.moments import ago
from registry.admin import money
from registry.admin.llm_dialogs import LLMDialogForm
from registry.admin.price_chart import charts
from registry.admin.price_states import state_badge
from registry.admin.refusals import trail_of
from registry.admin.widgets import date_input, moment_input
from registry.choices import PriceUnit
from registry.models import Price
from registry.services import price_ledger
from registry.services.clock import database_now
from registry.services.prices import save_price

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from registry.models import LLMModel

NAMED = 50  # prices that the page's history shows; the ledger has all


def _units() -> list[tuple[str, str]]:
    return [(unit.value, f"{unit.label} ({money.per(unit)})") for unit in PriceUnit]


class ChangePriceForm(LLMDialogForm):
    """One list price from a moment on."""

    unit = forms.ChoiceField(
        choices=_units, label=gettext_lazy("Unit"), widget=UnfoldAdminSelectWidget()
    )
    usd = Price._meta.get_field("usd").formfield(
        label=gettext_lazy("Price in US dollars"),
        help_text=gettext_lazy(
            "Leave empty to withdraw what a person typed: then other sources count again."
        ),
        widget=UnfoldAdminDecimalFieldWidget({"step": "any", "inputmode": "decimal"}),
    )
    valid_from = forms.DateTimeField(
        required=False,
        label=gettext_lazy("Valid from"),
        help_text=gettext_lazy("Leave empty for now. A later moment announces a price."),
        widget=moment_input(),
    )
    source_url = forms.CharField(
        required=False,
        max_length=500,
        label=gettext_lazy("Page that says so"),
        widget=UnfoldAdminTextInputWidget({"inputmode": "url", "spellcheck": "false"}),
    )
    checked_on = forms.DateField(
        required=False, label=gettext_lazy("Checked on"), widget=date_input()
    )


_CHANGE_PRICE = {
    "title": gettext_lazy("Change a list price"),
    "description": gettext_lazy("The earlier price stays in the history."),
    "form_class": ChangePriceForm,
    "form_submit_text": gettext_lazy("Change price"),
}


class LLMPrices:
    """Mixed into the models' page."""

    call: Any
    has_view_permission: Any

    def has_price_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever enters a price wants to see it."""
        rights = ("registry.add_price", "registry.view_price")
        return bool(request.user.has_perms(rights) and self.has_view_permission(request))

    @action(
        description=gettext_lazy("Change price"),
        permissions=("price",),
        icon="payments",
        dialog=_CHANGE_PRICE,
    )
    def change_price(
        self, request: HttpRequest, form: ChangePriceForm, object_id: str
    ) -> HttpResponse:
        names = ("unit", "usd", "valid_from", "source_url", "checked_on")
        told = {name: form.cleaned_data[name] for name in names}

        def enter(llm: LLMModel) -> None:
            save_price(Price(llm=llm, **told))

        text = _("The price has changed.")
        if told["valid_from"] is not None:
            text = _("The price is in the history and counts from the moment you named.")
        done: HttpResponse = self.call(
            request, object_id, enter, text, form=form, dialog=_CHANGE_PRICE
        )
        return done


@dataclass(frozen=True)
class Line:
    """One price as a row of a table says it."""

    price: Price
    state: str = ""
    who: str = ""
    event: str = ""

    @property
    def unit(self) -> str:
        return self.price.get_unit_display()

    @property
    def usd(self) -> str:
        price = self.price
        return _("withdrawn") if price.usd is None else money.usd_per(price.usd, price.unit)

    @property
    def tier(self) -> str:
        return money.tier(self.price.min_prompt_tokens)

    @property
    def owner(self) -> str:
        return _("List price") if self.price.route is None else str(self.price.route)

    @property
    def since(self) -> str:
        return ago(self.price.valid_from)

    @property
    def origin(self) -> str:
        return money.origin(self.price)

    @property
    def page(self) -> str:
        return reverse("admin:registry_price_change", args=[self.price.pk])


def prices_context(llm: LLMModel, request: HttpRequest) -> dict[str, Any]:
    """Return what the tab shows; the number of queries does not depend on that of prices."""
    now = database_now()
    ledger = Price.objects.filter(llm=llm).select_related("route").newest_first()
    counting = sorted(
        price_ledger.in_force(ledger, now).select_related("route"), key=_by_owner_and_unit
    )
    coming = ledger.live().filter(valid_from__gt=now).order_by("valid_from", "pk")
    newest = list(ledger[:NAMED])
    people = _who_entered(llm, newest) if request.user.has_perm("audit.view_logentry") else {}
    pks = {price.pk for price in counting}
    return {
        "list_prices": [Line(price) for price in counting if price.route is None],
        "route_prices": [Line(price) for price in counting if price.route is not None],
        "coming": [Line(price) for price in coming[:NAMED]],
        "charts": charts(price_ledger.steps(llm), now),
        "history": [
            Line(price, state_badge(price, pks, now), *people.get(price.pk, ("", "")))
            for price in newest
        ],
        "shows_people": bool(people),
        "ledger_url": reverse("admin:registry_price_changelist", query={"llm": llm.pk}),
        "add_url": reverse("admin:registry_price_add", query={"llm": llm.pk}),
    }


def _by_owner_and_unit(price: Price) -> tuple[str, int, int]:
    owner = "" if price.route is None else str(price.route)
    return owner, PriceUnit.values.index(price.unit), price.min_prompt_tokens


def _who_entered(llm: LLMModel, prices: list[Price]) -> dict[int, tuple[str, str]]:
    """Return who entered each price, and the page of that event.

    Writers of the catalogue take turns, and each writes its event after its rows: the first
    event of the model after a price is the one that tells it. Workers' tests take no turn.
    """
    if not prices:
        return {}
    oldest = min(price.created_at for price in prices)
    events = trail_of(llm).filter(timestamp__gte=oldest).exclude(event="model_tested")
    told = list(
        events.order_by("timestamp", "id").values_list(
            "timestamp", "pk", "application", "actor_name", "source"
        )
    )
    moments: list[datetime] = [row[0] for row in told]
    found = {}
    for price in prices:
        place = bisect_left(moments, price.created_at)
        if place < len(told):
            _at, pk, application, person, source = told[place]
            page = reverse("admin:audit_logentry_change", args=[pk])
            found[price.pk] = (application or person or str(Source(source).label), page)
    return found
