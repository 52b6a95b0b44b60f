"""Filters of the models list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter, RadioFilter, RangeNumericFilter, TextFilter

from registry.choices import LLMStatus
from registry.models import Capability, Provider
from registry.services.llm_links import fold

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

    from registry.models import LLMModel

    Rows = QuerySet[LLMModel]

_YES_NO = (("yes", _("Yes")), ("no", _("No")))


class ProviderFilter(DropdownFilter):
    title = _("provider")
    parameter_name = "provider"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(Provider.objects.values_list("slug", "name"))

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        return queryset.filter(provider__slug=self.value()) if self.value() else queryset


class StatusFilter(DropdownFilter):
    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(LLMStatus.choices)

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        return queryset.filter(status=self.value()) if self.value() else queryset


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
        return list(Capability.objects.values_list("name", "label"))

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


LLM_FILTERS = (
    ProviderFilter,
    StatusFilter,
    TagFilter,
    CapabilityFilter,
    DefaultFilter,
    HasKeyFilter,
    ("context_window", RangeNumericFilter),
    ("dimensions", RangeNumericFilter),
)
