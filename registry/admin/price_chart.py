"""How the list prices of a model went, as Chart.js draws it; the table below says it in words."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _

from registry.admin import money
from registry.choices import PriceUnit

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from registry.services.price_ledger import Step

_DAYS = 180  # drawn at most; of a longer time every so many days are left out
_GREY = "#9ca3af"  # readable on both themes
# Of each unit's line its colour, and its dashes, since a colour alone tells not everybody.
_LINES: dict[str, tuple[str, list[int]]] = {
    PriceUnit.INPUT: ("var(--color-primary-500)", []),
    PriceUnit.OUTPUT: ("#f59e0b", []),
    PriceUnit.CACHED_INPUT: ("#10b981", [6, 3]),
    PriceUnit.CACHE_WRITE: ("#06b6d4", [2, 3]),
    PriceUnit.REASONING: ("#a855f7", [8, 3, 2, 3]),
    PriceUnit.AUDIO: ("#ec4899", [3, 6]),
    PriceUnit.IMAGE: ("#f43f5e", []),
    PriceUnit.REQUEST: ("#84cc16", [6, 3]),
}


def charts(steps: Iterable[Step], now: datetime) -> list[dict[str, Any]]:
    """Return a chart of the prices per token and one of each other measure, as far as known."""
    measures: dict[str, list[Step]] = defaultdict(list)
    for step in steps:
        measures[money.per(step.unit)].append(step)
    return [
        {
            "data": json.dumps(_data(found, now)),
            "options": json.dumps(_options(measure)),
        }
        for measure, found in measures.items()
    ]


def _data(steps: list[Step], now: datetime) -> dict[str, Any]:
    """Return a line a unit, stepping on the day from which a price counts."""
    units: dict[str, dict[date, float | None]] = defaultdict(dict)
    for step in sorted(steps, key=lambda step: step.at):  # of a day its last price
        usd = None if step.usd is None else float(step.usd)
        units[step.unit][timezone.localdate(step.at)] = usd
    days = _days([day for known in units.values() for day in known], timezone.localdate(now))
    return {
        "labels": [day.isoformat() for day in days],
        "datasets": [_line(unit, units[unit], days) for unit in PriceUnit.values if unit in units],
    }


def _days(changes: list[date], today: date) -> list[date]:
    """Return the days to draw, evenly spaced from the first change to today or what is coming."""
    first, last = min(changes), max(today, *changes)
    if first == last:  # one point is no line
        first -= timedelta(days=1)
    length = (last - first).days
    step = -(-length // _DAYS)
    days = [last - timedelta(days=back) for back in range(0, length + 1, step)]
    return days[::-1]


def _line(unit: str, known: dict[date, float | None], days: list[date]) -> dict[str, Any]:
    colour, dashes = _LINES[unit]
    changes, values, radii = sorted(known), [], []
    usd, place = None, 0
    for day in days:
        before = place
        while place < len(changes) and changes[place] <= day:
            usd = known[changes[place]]
            place += 1
        values.append(usd)
        radii.append(3 if place > before else 0)
    return {
        "label": str(PriceUnit(unit).label),
        "data": values,
        "stepped": True,
        "spanGaps": False,
        "borderColor": colour,
        "backgroundColor": colour,
        "borderDash": dashes,
        "pointStyle": "circle",
        "pointRadius": radii,
    }


def _options(measure: str) -> dict[str, Any]:
    ticks = {"color": _GREY, "display": True}
    title = {"display": True, "text": _("US dollars %s") % measure, "color": _GREY}
    return {
        "animation": False,
        "maintainAspectRatio": False,
        "interaction": {"mode": "index", "intersect": False},
        "plugins": {"legend": {"position": "bottom", "labels": {"color": _GREY}}},
        "scales": {
            "x": {"ticks": {**ticks, "maxTicksLimit": 8, "maxRotation": 0}, "grid": {}},
            "y": {"ticks": ticks, "grid": {}, "title": title, "beginAtZero": True},
        },
    }
