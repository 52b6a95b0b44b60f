"""Prices side by side as Chart.js draws them; the table beside says the same in words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from registry.choices import PriceUnit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from registry.services.price_comparison import PriceLine

MOST_BARS = 12  # more would be too narrow to read; the table has all
_LONGEST_LABEL = 32  # characters
_GREY = "#9ca3af"  # readable on both themes
_INPUT = "var(--color-primary-500)"
_OUTPUT = "#f59e0b"


def price_chart(lines: Sequence[PriceLine]) -> dict[str, Any]:
    """Return input and output prices per 1M tokens, of the lines whose cost is known."""
    drawn = _drawn(lines)
    sets = [
        _bars(_("Input"), [_float(line.input) for line in drawn], _INPUT),
        _bars(_("Output"), [_float(line.output) for line in drawn], _OUTPUT),
    ]
    return _chart(_("US dollars per 1M tokens"), drawn, sets, is_stacked=False)


def cost_chart(lines: Sequence[PriceLine]) -> dict[str, Any]:
    """Return what the request costs, by its part for the question and the part for the answer."""
    drawn = _drawn(lines)
    units = ((PriceUnit.INPUT, _INPUT), (PriceUnit.OUTPUT, _OUTPUT))
    sets = [
        _bars(
            str(unit.label),
            [float(line.cost.parts.get(unit, 0)) if line.cost else 0.0 for line in drawn],
            colour,
        )
        for unit, colour in units
    ]
    return _chart(_("US dollars for this request"), drawn, sets, is_stacked=True)


def _drawn(lines: Sequence[PriceLine]) -> list[PriceLine]:
    return [line for line in lines if line.cost is not None][:MOST_BARS]


def _float(price: Any) -> float | None:
    return None if price is None else float(price.usd)


def _bars(label: str, values: list[Any], colour: str) -> dict[str, Any]:
    return {
        "label": label,
        "data": values,
        "backgroundColor": colour,
        "maxBarThickness": 32,
        "borderRadius": 2,
    }


def _chart(
    title: str, drawn: Sequence[PriceLine], sets: list[dict[str, Any]], *, is_stacked: bool
) -> dict[str, Any]:
    is_one = len({line.llm.pk for line in drawn}) == 1
    labels = [_label(line, is_one=is_one) for line in drawn]
    axis = {"stacked": is_stacked, "grid": {}, "ticks": {"color": _GREY, "display": True}}
    options = {
        "animation": False,
        "maintainAspectRatio": False,
        "plugins": {"legend": {"position": "bottom", "labels": {"color": _GREY}}},
        "scales": {
            "x": axis,
            "y": axis | {"title": {"display": True, "text": title, "color": _GREY}},
        },
    }
    data = {"labels": labels, "datasets": sets}
    return {"title": title, "data": json.dumps(data), "options": json.dumps(options)} | {
        "count": len(drawn)
    }


def _label(line: PriceLine, *, is_one: bool) -> str:
    """Name the model, and the platform where there is a route; of one model the platform alone."""
    if line.route is None:
        text = str(line.llm.name)
    else:
        place = str(line.route.platform.name)
        text = place if is_one else f"{line.llm.name} @ {place}"
    return text if len(text) <= _LONGEST_LABEL else f"{text[: _LONGEST_LABEL - 1]}…"
