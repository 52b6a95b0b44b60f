"""Filters of the models list."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Value
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter, RadioFilter, RangeNumericFilter, TextFilter

from registry.admin.widgets import date_input
from registry.choices import Health, LLMStatus
from registry.models import Capability, Platform, Provider, Route
from registry.services.llm_links import fold

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

    from registry.models import LLMModel

    Rows = QuerySet[LLMModel]

_YES_NO = (("yes", _("Yes")), ("no", _("No")))
# The selects that list a table, with the columns of its rows' values and words.
_LISTED = (
    ("provider", Provider, "slug", "name"),
    ("platform", Platform, "slug", "name"),
    ("capability", Capability, "name", "label"),
)


def _choices(request: HttpRequest, table: str) -> list[tuple[str, str]]:
    """Return the choices of one select; those of all are read in one query of the request."""
    known: dict[str, list[tuple[str, str]]] | None = getattr(request, "filter_choices", None)
    if known is None:
        known = defaultdict(list)
        first, *others = (
            model.objects.order_by().values_list(Value(name), value, word)
            for name, model, value, word in _LISTED
        )
        for name, value, word in first.union(*others, all=True):
            known[name].append((value, word))
        request.filter_choices = known  # type: ignore[attr-defined]  # kept beside the request
    return sorted(known[table], key=lambda choice: choice[1])


class ProviderFilter(DropdownFilter):
    title = _("provider")
    parameter_name = "provider"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return _choices(request, "provider")

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        return queryset.filter(provider__slug=self.value()) if self.value() else queryset


class PlatformFilter(DropdownFilter):
    """The models that have a route over a platform, whatever its status."""

    title = _("platform")
    parameter_name = "platform"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return _choices(request, "platform")

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        if not self.value():
            return queryset
        routes = Route.objects.filter(platform__slug=self.value())
        return queryset.filter(pk__in=routes.order_by().values("llm"))


class StatusFilter(DropdownFilter):
    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(LLMStatus.choices)

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        return queryset.filter(status=self.value()) if self.value() else queryset


class HealthFilter(DropdownFilter):
    title = _("health")
    parameter_name = "health"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(Health.choices)

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        return queryset.filter(health=self.value()) if self.value() else queryset


class TagFilter(TextFilter):
    """By a whole tag, in any spelling."""

    title = _("tag")
    parameter_name = "tag"

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        folded = fold(str(self.value() or "")[:64])
        return queryset.filter(tags__folded=folded) if folded else queryset


class CapabilityFilter(DropdownFilter):
    title = _("capability")
    parameter_name = "capability"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return _choices(request, "capability")

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        if not self.value():
            return queryset
        return queryset.filter(
            capabilities__capability__name=self.value(), capabilities__supported=True
        )


class DefaultFilter(RadioFilter):
    title = _("default")
    parameter_name = "default"

    def lookups(self, request: HttpRequest, model_admin: Any) -> tuple[tuple[str, Any], ...]:
        return _YES_NO

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        if self.value() not in ("yes", "no"):
            return queryset
        return queryset.filter(is_default=self.value() == "yes")


class HasKeyFilter(RadioFilter):
    title = _("has a key")
    parameter_name = "has_key"

    def lookups(self, request: HttpRequest, model_admin: Any) -> tuple[tuple[str, Any], ...]:
        return _YES_NO

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        if self.value() not in ("yes", "no"):
            return queryset
        return queryset.filter(connection__api_key__isnull=self.value() == "no")


class DayForm(forms.Form):
    """One date, under the name that the filter has in the address."""

    def __init__(self, name: str, label: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[name] = forms.DateField(label=label, required=False, widget=date_input())


class RetiresFilter(TextFilter):
    """The models that retire before a day; what is no date narrows nothing."""

    title = _("retires before")
    parameter_name = "retires_before"
    form_class = DayForm

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        try:
            day = parse_date(str(self.value() or ""))
        except ValueError:
            return queryset
        return queryset.filter(deprecation_date__lt=day) if day else queryset


class PriceRange(RangeNumericFilter):
    """List prices in force, both ends included; a model without one is in no range.

    What is no price narrows nothing.
    """

    field: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = _("%s, US dollars per 1M tokens") % self.field.verbose_name

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        for end, lookup in (("from", "gte"), ("to", "lte")):
            text = self.used_parameters.get(f"{self.field_path}_{end}")
            try:
                amount = self.field.clean(text or None, None)
            except ValidationError:
                continue
            if amount is not None:
                queryset = queryset.filter(**{f"{self.field_path}__{lookup}": amount})
        return queryset


LLM_FILTERS = (
    ProviderFilter,
    PlatformFilter,
    StatusFilter,
    HealthFilter,
    TagFilter,
    CapabilityFilter,
    DefaultFilter,
    HasKeyFilter,
    RetiresFilter,
    ("input_cost", PriceRange),
    ("output_cost", PriceRange),
    ("context_window", RangeNumericFilter),
    ("dimensions", RangeNumericFilter),
)
