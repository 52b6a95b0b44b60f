"""Compare prices: models side by side, or the platforms of one, per million and for a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from registry.admin import money, results
from registry.admin.badges import badge
from registry.admin.comparison_chart import cost_chart, price_chart
from registry.admin.csv_files import CSV_PARAMETER, csv_file
from registry.admin.llm_list import STATUS_COLOURS
from registry.admin.paging import address, page_of
from registry.admin.slug_choices import PLATFORMS, LazySelectMultiple, SlugSelectMultiple
from registry.choices import LLMType, PriceSource, PriceUnit
from registry.models import LLMModel, Platform
from registry.services import price_comparison
from registry.services.costs import Usage
from registry.services.price_book import usd_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest, HttpResponseBase, QueryDict

    from registry.admin.paging import PageOfRows
    from registry.services.price_book import PriceUsed
    from registry.services.price_comparison import PriceLine

PAGE = 50  # rows
MOST_MODELS = 20  # compared at once
_USUAL = {"type": LLMType.GENERATION.value, "prompt_tokens": "1000", "output_tokens": "500"}
_CHOSEN = ("llm", "platform")
_HEADER = (
    *("provider", "model", "name", "route", "platform", "usd_per_1m_input", "usd_per_1m_output"),
    *("prompt_tokens", "output_tokens", "usd_of_request", "unknown_prices"),
)


def _tokens(label: Any) -> forms.IntegerField:
    widget = UnfoldAdminIntegerFieldWidget({"inputmode": "numeric"})
    return forms.IntegerField(label=label, widget=widget)


class CompareForm(forms.Form):
    """What is compared, and the request that costs are told for."""

    llm = forms.ModelMultipleChoiceField(
        queryset=LLMModel.objects.shared(),
        required=False,
        label=gettext_lazy("Models"),
        help_text=gettext_lazy("At most 20. One alone is compared platform by platform."),
        widget=LazySelectMultiple("registry_llmmodel_models"),
    )
    platform = forms.ModelMultipleChoiceField(
        queryset=Platform.objects.all(),
        required=False,
        to_field_name="slug",
        label=gettext_lazy("Platforms"),
        help_text=gettext_lazy("Every one if none is named."),
        widget=SlugSelectMultiple(PLATFORMS),
    )
    type = forms.ChoiceField(
        label=gettext_lazy("Type"),
        choices=LLMType.choices,
        help_text=gettext_lazy("Counts while no model is named."),
        widget=UnfoldAdminSelectWidget(),
    )
    prompt_tokens = _tokens(gettext_lazy("Tokens of the question"))
    output_tokens = _tokens(gettext_lazy("Tokens of the answer"))

    def __init__(self, data: QueryDict) -> None:
        asked = data.copy()
        for name, value in _USUAL.items():
            if not asked.get(name):
                asked[name] = value
        super().__init__(asked)
        if self.is_valid() and len(self.cleaned_data["llm"]) > MOST_MODELS:
            self.add_error("llm", _("Choose at most %d models.") % MOST_MODELS)

    def usage(self) -> Usage | None:
        """Return the request; None, with the reason at its field, if that is none."""
        if not self.is_valid():
            return None
        try:
            return Usage(self.cleaned_data["prompt_tokens"], self.cleaned_data["output_tokens"])
        except ValidationError as error:
            self.add_error(None, cast("Any", error))
            return None


@dataclass(frozen=True)
class ComparedRow:
    """A line as the table says it."""

    line: PriceLine

    @property
    def page(self) -> str:
        return reverse("admin:registry_llmmodel_change", args=[self.line.llm.pk])

    @property
    def status(self) -> str:
        """Return the status as a badge where it is not the usual one."""
        llm = self.line.llm
        return "" if llm.is_active else badge(llm.get_status_display(), STATUS_COLOURS[llm.status])

    @property
    def input(self) -> str:
        return money.usd(self.line.input.usd if self.line.input else None)

    @property
    def output(self) -> str:
        return money.usd(self.line.output.usd if self.line.output else None)

    @property
    def input_origin(self) -> str:
        return _origin(self.line.input)

    @property
    def output_origin(self) -> str:
        return _origin(self.line.output)

    @property
    def cost(self) -> str:
        """Return the cost, or which prices of it nobody knows."""
        if self.line.cost is not None:
            return money.usd(self.line.cost.total)
        units = ", ".join(str(PriceUnit(unit).label) for unit in self.line.missing)
        return _("unknown: no price for %s") % units.lower()

    def cells(self, usage: Usage) -> list[object]:
        """Return the row of the file; an unknown amount is an empty cell."""
        line, route = self.line, self.line.route
        place = ("", "") if route is None else (route.slug, route.platform.slug)
        prices = [usd_text(price.usd) if price else "" for price in (line.input, line.output)]
        total = "" if line.cost is None else usd_text(line.cost.total)
        counts = (usage.prompt_tokens, usage.output_tokens)
        names = (line.llm.provider.slug, line.llm.slug, line.llm.name)
        return [*names, *place, *prices, *counts, total, " ".join(line.missing)]


def show(request: HttpRequest, context: dict[str, Any]) -> HttpResponseBase:
    form = CompareForm(request.GET)
    usage = form.usage()
    context |= {
        "media": form.media,
        "form": form,
        "is_chosen": any(request.GET.getlist(name) for name in _CHOSEN),
        "models_url": reverse("admin:registry_llmmodel_changelist"),
    }
    if usage is not None:
        shown, lines, by_route = _compare(request, form.cleaned_data, usage)
        rows = [ComparedRow(line) for line in lines]
        if CSV_PARAMETER in request.GET:
            return csv_file("price-comparison", _HEADER, (row.cells(usage) for row in rows))
        context |= {
            "rows": shown,
            "compared": rows,
            "by_route": by_route,
            "unknown_count": sum(line.cost is None for line in lines),
            "csv_url": address(request, page=shown.number, csv="1"),
            "charts": [price_chart(lines), cost_chart(lines)],
            "request_text": _("%(prompt)s tokens asked, %(output)s answered")
            % {
                "prompt": results.grouped(usage.prompt_tokens),
                "output": results.grouped(usage.output_tokens),
            },
        }
    return TemplateResponse(request, "admin/choosing/prices.html", context)


def _compare(
    request: HttpRequest, chosen: dict[str, Any], usage: Usage
) -> tuple[PageOfRows, list[PriceLine], bool]:
    """Return the page of rows, its lines, and whether each line is a route of its own.

    One model alone and named platforms are told route by route, all else model by model.
    """
    llms: Sequence[LLMModel] = list(chosen["llm"].select_related("provider"))
    platforms = list(chosen["platform"])
    if platforms or len(llms) == 1:
        route_ids = price_comparison.cheapest_route_ids(
            usage, llm_type=chosen["type"], llms=llms, platforms=platforms
        )
        shown = page_of(request, route_ids, PAGE)
        if shown.rows or platforms:
            routes = price_comparison.routes_of(shown.rows)
            return shown, price_comparison.lines_of_routes(routes, usage), True
    if llms:
        return page_of(request, llms, PAGE), price_comparison.lines_of_models(llms, usage), False
    choosable = price_comparison.choosable(chosen["type"])
    shown = page_of(request, price_comparison.cheapest_models(choosable, usage), PAGE)
    cheapest = price_comparison.models_of(shown.rows)
    return shown, price_comparison.lines_of_models(cheapest, usage), False


def _origin(price: PriceUsed | None) -> str:
    """Say whose price it is and where it is from."""
    if price is None:
        return ""
    told = [_("price of this route") if price.is_override else _("list price")]
    told.append(str(PriceSource(price.source).label))
    if price.source_name:
        told.append(price.source_name)
    if price.checked_on is not None:
        told.append(_("checked on %s") % price.checked_on.isoformat())
    if price.min_prompt_tokens:
        told.append(money.tier(price.min_prompt_tokens))
    return ", ".join(told)
