"""The first page: the first steps, then what needs a person now, then counts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from registry.admin.overview_findings import findings_of, lapsed
from registry.admin.overview_steps import models_page, steps_of
from registry.admin.sandbox_card import card_for
from registry.choices import LLMStatus, LLMType
from registry.services import overview

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.http import HttpRequest

# Of a bar's parts; the table beside it says the same in words.
_COLOURS = {
    LLMStatus.ACTIVE: "var(--color-primary-600)",
    LLMStatus.BETA: "var(--color-primary-300)",
    LLMStatus.INACTIVE: "var(--color-base-400)",
    LLMStatus.DEPRECATED: "#f59e0b",
}

_GREY = "#9ca3af"  # readable on both themes
_STACKED = {"stacked": True, "ticks": {"color": _GREY, "precision": 0}, "grid": {}}
_CHART_OPTIONS: dict[str, Any] = {
    "animation": False,
    "maintainAspectRatio": False,
    "plugins": {"legend": {"position": "bottom", "labels": {"color": _GREY}}},
    "scales": {"x": _STACKED, "y": _STACKED},
}


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Fill unfold's first page; each visitor sees only what he may act on."""
    user = cast("User", request.user)
    steps = steps_of(user)
    found: dict[str, Any] = {"title": _("Overview"), "steps": []}
    # A worker comes and goes: once the start is made, its absence is a finding.
    if not all(step.is_done or step.may_lapse for step in steps):
        found["steps"] = steps
        found["steps_done"] = sum(step.is_done for step in steps)
    findings = [*lapsed(step for step in steps if not found["steps"]), *findings_of(user)]
    found["findings"] = [finding for finding in findings if finding.rows]
    found["sandbox"] = card_for(user)
    if user.has_perm("registry.view_llmmodel"):
        found |= _counts()
    return context | found


def _counts() -> dict[str, Any]:
    numbers = overview.counts()
    total = sum(sum(states.values()) for states in numbers.values())
    if not total:  # the first steps say how to begin
        return {}
    return {
        "counts": [
            {
                "label": LLMType(kind).label,
                "link": models_page(type=kind),
                "states": [
                    {"number": number, "link": models_page(type=kind, status=state)}
                    for state, number in states.items()
                ],
                "total": sum(states.values()),
            }
            for kind, states in numbers.items()
        ],
        "statuses": [label for value, label in LLMStatus.choices],
        "total_text": ngettext("%d model", "%d models", total) % total,
        "chart": json.dumps(_chart(numbers)),
        "chart_options": json.dumps(_CHART_OPTIONS),
    }


def _chart(numbers: dict[str, dict[str, int]]) -> dict[str, Any]:
    """Return Chart.js data: a bar a type, a part of it a status."""
    return {
        "labels": [str(LLMType(kind).label) for kind in numbers],
        "datasets": [
            {
                "label": str(status.label),
                "data": [states[status.value] for states in numbers.values()],
                "backgroundColor": _COLOURS[status],
                "maxBarThickness": 48,
                "borderRadius": 2,
            }
            for status in LLMStatus
        ],
    }
