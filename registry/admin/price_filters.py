"""Filters of the price ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter, TextFilter
from unfold.contrib.filters.admin.datetime_filters import RangeDateFilter

from audit.moments import in_period
from registry.admin.price_states import STATES, in_state
from registry.admin.widgets import LazySelect
from registry.choices import PriceSource, PriceUnit
from registry.models import LLMModel
from registry.models.base import is_uuid
from registry.services.clock import database_now

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

    from registry.models import Price

    Rows = QuerySet[Price]


class ModelForm(forms.Form):
    """One model, chosen by typing."""

    def __init__(self, name: str, label: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[name] = forms.ModelChoiceField(
            queryset=LLMModel.objects.shared(),
            label=label,
            required=False,
            widget=LazySelect("registry_llmmodel_models"),
        )


class ModelFilter(TextFilter):
    title = _("model")
    parameter_name = "llm"
    form_class = ModelForm

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        name = str(self.value() or "")
        return queryset.filter(llm=UUID(name)) if is_uuid(name) else queryset


class UnitFilter(DropdownFilter):
    title = _("unit")
    parameter_name = "unit"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(PriceUnit.choices)

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        return queryset.filter(unit=self.value()) if self.value() else queryset


class SourceFilter(DropdownFilter):
    title = _("source")
    parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(PriceSource.choices)

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        return queryset.filter(source=self.value()) if self.value() else queryset


class StateFilter(DropdownFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(name, label) for name, (label, _colour) in STATES.items()]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        return in_state(queryset, str(self.value() or ""), database_now())


class OwnerFilter(DropdownFilter):
    """The prices of models, or those that single routes have instead."""

    title = _("counts for")
    parameter_name = "of"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("list", _("List price")), ("route", _("One route"))]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        if self.value() not in ("list", "route"):
            return queryset
        return queryset.filter(route__isnull=self.value() == "list")


class ValidFromFilter(RangeDateFilter):
    """Whole days of the page's time zone; the last one is part of the period."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = _("valid from")

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        return in_period(queryset, "valid_from", self.used_parameters)


PRICE_FILTERS = (
    ModelFilter,
    OwnerFilter,
    UnitFilter,
    SourceFilter,
    StateFilter,
    ("valid_from", ValidFromFilter),
)
