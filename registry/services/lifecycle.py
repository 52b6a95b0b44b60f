"""When models retire: what answers about them say, and whom it concerns."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from django.db.models import Count, F, Q
from django.db.models.functions import TruncMonth
from django.utils import timezone
from django.utils.http import http_date

from registry.choices import LLMStatus
from registry.models import KnowledgeBase, LLMModel, Route
from registry.services.clock import database_now
from registry.services.dependents import slot_counts
from registry.services.llm_uses import application_counts
from registry.types import Dependents

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from registry.models.llm import LLMQuerySet

MONTHS = 12  # of the calendar


class Window(StrEnum):
    """How near a retirement is; each is without the nearer ones."""

    PAST = "past"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    UNDATED = "undated"


# The last day of each window, in days from today.
_LAST_DAYS = {Window.PAST: -1, Window.WEEK: 7, Window.MONTH: 30, Window.QUARTER: 90}
HORIZON = timedelta(days=_LAST_DAYS[Window.QUARTER])


@dataclass(frozen=True)
class Retirement:
    """One model that retires: when, and who uses it.

    `days_left` is negative once the day is over, and None when no day is known.
    """

    llm: LLMModel
    days_left: int | None
    window: Window
    used_by: Dependents
    route_count: int
    application_count: int


@dataclass(frozen=True)
class Month:
    """How many models retire in the month of `first_day`."""

    first_day: date
    count: int


def headers(llm: LLMModel, now: datetime | None = None) -> dict[str, str]:
    """Return the headers of an answer about a deprecated model; none about any other.

    `Deprecation` (RFC 9745) is when somebody set the status. Where that was not noted it is
    the day of retirement if that has come, and else is left out: the moment of the deprecation
    is then not known. `Sunset` (RFC 8594) is the start of the day of retirement, UTC.
    """
    if llm.status != LLMStatus.DEPRECATED:
        return {}
    ends = None if llm.deprecation_date is None else _midnight(llm.deprecation_date)
    since = llm.deprecated_at
    if since is None and ends is not None and ends <= database_now(now):
        since = ends
    found = {} if since is None else {"Deprecation": f"@{int(since.timestamp())}"}
    return found if ends is None else found | {"Sunset": http_date(ends.timestamp())}


def retiring(
    window: Window | None = None, *, month: date | None = None, now: datetime | None = None
) -> LLMQuerySet:
    """Return the shared models that retire within 90 days, or have, or may at any time.

    The nearest first; those that are switched off already are settled. `window` keeps one of
    the lists, `month` those of any one month of the calendar.
    """
    today = _today(now)
    rows = _unsettled()
    if month is not None:
        rows = rows.filter(deprecation_date__gte=month, deprecation_date__lt=_next_month(month))
    else:
        rows = rows.filter(_of_window(window, today) if window else _of_any(today))
    found: LLMQuerySet = rows.order_by(F("deprecation_date").asc(nulls_last=True), "name", "slug")
    return found


def counts(now: datetime | None = None) -> dict[Window, int]:
    """Return how many models each list has; one query."""
    today = _today(now)
    numbers = _unsettled().aggregate(
        **{window.value: Count("pk", filter=_of_window(window, today)) for window in Window}
    )
    return {window: numbers[window.value] for window in Window}


def calendar(now: datetime | None = None) -> list[Month]:
    """Return this month and the eleven after it; one query."""
    first = _today(now).replace(day=1)
    months = [first]
    while len(months) < MONTHS:
        months.append(_next_month(months[-1]))
    rows = (
        _unsettled()
        .filter(deprecation_date__gte=first, deprecation_date__lt=_next_month(months[-1]))
        .order_by()
        .annotate(month=TruncMonth("deprecation_date"))
        .values_list("month")
        .annotate(count=Count("pk"))
    )
    found = dict(rows)
    return [Month(month, found.get(month, 0)) for month in months]


def retirements(llms: Iterable[LLMModel], now: datetime | None = None) -> list[Retirement]:
    """Return each of the models with its days left and who uses it; four queries in all."""
    rows, today = list(llms), _today(now)
    pks = [llm.pk for llm in rows]
    bases, slots, applications = _bases_of(pks), slot_counts(pks), application_counts(pks)
    routes = dict(
        Route.objects.filter(llm__in=pks).order_by().values_list("llm").annotate(count=Count("pk"))
    )
    return [
        Retirement(
            llm,
            *_nearness(llm, today),
            Dependents(
                knowledge_bases=bases[llm.pk], is_default=llm.is_default, role_count=slots[llm.pk]
            ),
            routes.get(llm.pk, 0),
            applications.get(llm.pk, 0),
        )
        for llm in rows
    ]


def _bases_of(pks: list[UUID]) -> dict[UUID, list[str]]:
    """Return the names of the knowledge bases that use each model; archived ones count."""
    rows = KnowledgeBase.objects.filter(Q(embedding_model__in=pks) | Q(generation_model__in=pks))
    users: dict[UUID, list[str]] = defaultdict(list)
    columns = ("name", "embedding_model", "generation_model")
    for name, embedding, generation in rows.order_by("name").values_list(*columns):
        for pk in {embedding, generation}.intersection(pks):
            users[pk].append(name)
    return users


def _nearness(llm: LLMModel, today: date) -> tuple[int | None, Window]:
    if llm.deprecation_date is None:
        return None, Window.UNDATED
    days = (llm.deprecation_date - today).days
    near = (window for window, last in _LAST_DAYS.items() if days <= last)
    return days, next(near, Window.QUARTER)


def _unsettled() -> LLMQuerySet:
    """Keep what somebody may still call: what is switched off is settled."""
    rows: LLMQuerySet = LLMModel.objects.shared().exclude(status=LLMStatus.INACTIVE)
    return rows


def _of_any(today: date) -> Q:
    return Q(deprecation_date__lte=today + HORIZON) | _of_window(Window.UNDATED, today)


def _of_window(window: Window, today: date) -> Q:
    if window is Window.UNDATED:
        return Q(deprecation_date__isnull=True, status=LLMStatus.DEPRECATED)
    ends = list(_LAST_DAYS)
    place = ends.index(window)
    found = Q(deprecation_date__lte=today + timedelta(days=_LAST_DAYS[window]))
    if place:
        nearer = today + timedelta(days=_LAST_DAYS[ends[place - 1]])
        found &= Q(deprecation_date__gt=nearer)
    return found


def _today(now: datetime | None) -> date:
    return timezone.localdate(database_now(now))


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)
