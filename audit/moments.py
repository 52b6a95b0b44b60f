"""Moments as pages show them, how long ago and exactly on hover; and periods of days."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from django.utils import formats, timezone
from django.utils.dateparse import parse_date
from django.utils.html import format_html
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet

Rows = TypeVar("Rows", bound="QuerySet[Any]")


def exact(moment: datetime) -> str:
    """Return the moment in the language and time zone of the page, to the second."""
    local = timezone.localtime(moment)
    return f"{formats.date_format(local, 'DATE_FORMAT')}, {local:%H:%M:%S} {local.tzname()}"


def ago(moment: datetime | None) -> str:
    """Return "3 minutes ago" or "in 3 days" as HTML, with the exact moment on hover.

    The page's script rewrites the hover text in the browser's own locale and zone.
    """
    if moment is None:
        return ""
    return format_html(
        '<time datetime="{}" title="{}" class="whitespace-nowrap">{}</time>',
        moment.isoformat(),
        exact(moment),
        _distance(moment, timezone.now()),
    )


def _distance(moment: datetime, now: datetime) -> str:
    if abs(moment - now) < timedelta(minutes=1):
        return _("just now")
    # One unit is enough to decide by: "3 weeks", not "3 weeks, 2 days".
    if moment < now:
        return _("%s ago") % timesince(moment, now, depth=1)
    return _("in %s") % timeuntil(moment, now, depth=1)


def in_period(rows: Rows, column: str, asked: Mapping[str, Any]) -> Rows:
    """Keep the rows of the days from `{column}_from` to `{column}_to`, the last one included.

    Days are those of the page's time zone; what is no date narrows nothing.
    """
    first, last = _day(asked.get(f"{column}_from")), _day(asked.get(f"{column}_to"))
    if first is not None:
        rows = rows.filter(**{f"{column}__gte": first})
    if last is not None:
        rows = rows.filter(**{f"{column}__lt": last + timedelta(days=1)})
    return rows


def _day(text: Any) -> datetime | None:
    """Return the day's first moment; None for what is no date, which then narrows nothing."""
    try:
        day = parse_date(str(text or ""))
    except ValueError:
        return None
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None
