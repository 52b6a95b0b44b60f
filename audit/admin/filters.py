"""What the trail can be narrowed to: event, source, person, object and period."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin.datetime_filters import RangeDateFilter
from unfold.contrib.filters.admin.dropdown_filters import DropdownFilter
from unfold.contrib.filters.admin.text_filters import TextFilter

from audit import sentences, tracking
from audit.choices import Source
from audit.models import LogEntry
from audit.moments import in_period

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

    Entries = QuerySet[LogEntry]


class EventFilter(DropdownFilter):
    title = _("event")
    parameter_name = "event"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        names = LogEntry.objects.order_by("event").values_list("event", flat=True).distinct()
        return [(name, sentences.event_label(name)) for name in names]

    def queryset(self, request: HttpRequest, queryset: Entries) -> Entries:
        return queryset.filter(event=self.value()) if self.value() else queryset


class SourceFilter(DropdownFilter):
    title = _("source")
    parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(value), str(label)) for value, label in Source.choices]

    def queryset(self, request: HttpRequest, queryset: Entries) -> Entries:
        return queryset.filter(source=self.value()) if self.value() else queryset


class WhoFilter(TextFilter):
    """By name and not by account: whoever is gone has left his name."""

    title = _("user name or application")
    parameter_name = "who"

    def queryset(self, request: HttpRequest, queryset: Entries) -> Entries:
        name = (self.value() or "").strip()
        if not name:
            return queryset
        return queryset.filter(Q(actor_name=name) | Q(application=name))


class ObjectTypeFilter(DropdownFilter):
    title = _("kind of object")
    parameter_name = "object_type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        kinds = [
            (model._meta.label_lower, str(model._meta.verbose_name).capitalize())
            for model in tracking.subjects()
        ]
        return sorted(kinds, key=lambda kind: kind[1])

    def queryset(self, request: HttpRequest, queryset: Entries) -> Entries:
        if not self.value():
            return queryset
        app, _dot, model = self.value().partition(".")
        return queryset.filter(content_type__app_label=app, content_type__model=model)


class ObjectFilter(TextFilter):
    title = _("id of an object")
    parameter_name = "object_pk"

    def queryset(self, request: HttpRequest, queryset: Entries) -> Entries:
        pk = (self.value() or "").strip()
        return queryset.filter(object_pk=pk) if pk else queryset


class PeriodFilter(RangeDateFilter):
    """Whole days of the page's time zone; the last one is part of the period."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = _("period")

    def queryset(self, request: HttpRequest, queryset: Entries) -> Entries:
        return in_period(queryset, "timestamp", self.used_parameters)


# What the list may be asked; any other look-up could guess a column letter by letter.
PARAMETERS = frozenset(
    {
        *(kind.parameter_name for kind in (EventFilter, SourceFilter, WhoFilter)),
        *(kind.parameter_name for kind in (ObjectTypeFilter, ObjectFilter)),
        "timestamp_from",
        "timestamp_to",
    }
)
