"""Lifecycle: what retires when, who uses it, and what could follow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from registry.admin.badges import badge
from registry.admin.llm_list import STATUS_COLOURS
from registry.admin.paging import page_of
from registry.admin.widgets import LazySelect
from registry.services import lifecycle, successors
from registry.services.clock import database_now
from registry.services.lifecycle import Window

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from registry.models import LLMModel
    from registry.services.lifecycle import Month, Retirement

PAGE = 25  # rows
NAMED = 5  # knowledge bases that a row names

_WINDOWS: dict[Window, tuple[Any, str]] = {
    Window.PAST: (gettext_lazy("Past"), "danger"),
    Window.WEEK: (gettext_lazy("Within 7 days"), "danger"),
    Window.MONTH: (gettext_lazy("In 8 to 30 days"), "warning"),
    Window.QUARTER: (gettext_lazy("In 31 to 90 days"), "info"),
    Window.UNDATED: (gettext_lazy("Deprecated, no day known"), ""),
}


@dataclass(frozen=True)
class RetirementRow:
    """One model as the list shows it."""

    found: Retirement
    suggested: LLMModel | None
    may_change: bool
    may_see_uses: bool

    @property
    def llm(self) -> LLMModel:
        return self.found.llm

    @property
    def page(self) -> str:
        return _page(self.llm)

    @property
    def status(self) -> str:
        return badge(self.llm.get_status_display(), STATUS_COLOURS[self.llm.status])

    @property
    def window(self) -> str:
        label, colour = _WINDOWS[self.found.window]
        return badge(label, colour)

    @property
    def days(self) -> str:
        """Say how long it is, in days."""
        left = self.found.days_left
        if left is None:
            return _("no day known")
        if left < 0:
            return ngettext("%d day ago", "%d days ago", -left) % -left
        return ngettext("in %d day", "in %d days", left) % left if left else _("today")

    @property
    def uses(self) -> list[str]:
        """Say who would notice."""
        bases, routes = self.found.used_by.knowledge_bases, self.found.route_count
        slots, applications = self.found.used_by.role_count, self.found.application_count
        told = [_("default of its type")] if self.found.used_by.is_default else []
        told += [_("knowledge base %s") % name for name in bases[:NAMED]]
        more = len(bases) - NAMED
        if more > 0:
            text = ngettext("and %d more knowledge base", "and %d more knowledge bases", more)
            told.append(text % more)
        if slots:
            told.append(ngettext("%d slot of a role", "%d slots of roles", slots) % slots)
        if applications and self.may_see_uses:
            text = ngettext("%d application", "%d applications", applications)
            told.append(text % applications)
        if routes:
            told.append(ngettext("%d route", "%d routes", routes) % routes)
        return told

    @property
    def replacement_page(self) -> str:
        return "" if self.llm.replacement is None else _page(self.llm.replacement)

    @property
    def suggested_page(self) -> str:
        return "" if self.suggested is None else _page(self.suggested)

    @property
    def deprecate_url(self) -> str:
        """Return the dialog that asks for day, guide and replacement."""
        if not self.may_change or self.llm.status == "deprecated":
            return ""
        return reverse("admin:registry_llmmodel_deprecate", args=[self.llm.pk])


def show(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    now = database_now()
    months = lifecycle.calendar(now)
    month = _month(request.GET.get("month", ""), months)
    window = _window(request.GET.get("window", "")) if month is None else None
    rows = lifecycle.retiring(window, month=month, now=now)
    shown = page_of(request, rows.select_related("provider", "replacement"), PAGE)
    counts = lifecycle.counts(now)
    return TemplateResponse(
        request,
        "admin/choosing/lifecycle.html",
        context
        | {
            "media": LazySelect("").media,  # of the dialog
            "rows": shown,
            "retirements": _rows(request, shown.rows, now),
            "tabs": _tabs(request, counts, window if month is None else "none"),
            "months": [_month_cell(request, found, month) for found in months],
            "month": month,
            "is_empty": not sum(counts.values()) and not any(found.count for found in months),
            "models_url": reverse("admin:registry_llmmodel_changelist"),
        },
    )


def _rows(request: HttpRequest, llms: list[LLMModel], now: datetime) -> list[RetirementRow]:
    heirs = successors.suggested(llm for llm in llms if llm.replacement_id is None)
    may_change = request.user.has_perm("registry.change_llmmodel")
    may_see_uses = request.user.has_perm("registry.view_llmuse")
    return [
        RetirementRow(found, heirs.get(found.llm.pk), may_change, may_see_uses)
        for found in lifecycle.retirements(llms, now)
    ]


def _tabs(
    request: HttpRequest, counts: dict[Window, int], chosen: Window | str | None
) -> list[dict[str, Any]]:
    everything = {
        "title": _("All"),
        "count": sum(counts.values()),
        "link": request.path,
        "is_open": chosen is None,
    }
    lists = [
        {
            "title": title,
            "count": counts[window],
            "link": f"{request.path}?window={window}",
            "is_open": chosen == window,
        }
        for window, (title, _colour) in _WINDOWS.items()
    ]
    return [everything, *lists]


def _month_cell(request: HttpRequest, found: Month, chosen: date | None) -> dict[str, Any]:
    name = f"{found.first_day:%Y-%m}"
    return {
        "title": date_format(found.first_day, "YEAR_MONTH_FORMAT"),
        "count": found.count,
        "text": ngettext("%d model", "%d models", found.count) % found.count,
        "link": f"{request.path}?month={name}" if found.count else "",
        "is_open": found.first_day == chosen,
    }


def _window(text: str) -> Window | None:
    return Window(text) if text in list(Window) else None


def _month(text: str, months: list[Month]) -> date | None:
    """Return the first day of a month of the calendar; what is none chooses nothing."""
    days = (found.first_day for found in months)
    return next((day for day in days if f"{day:%Y-%m}" == text), None)


def _page(llm: LLMModel) -> str:
    return reverse("admin:registry_llmmodel_change", args=[llm.pk])
