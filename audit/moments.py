"""Moments as pages show them: how long ago, and exactly on hover."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext as _


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
