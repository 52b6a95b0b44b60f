"""The first page: the first steps, then what needs a person now, then counts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from registry.choices import LLMStatus, LLMType
from registry.services import overview

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.contrib.auth.models import User
    from django.http import HttpRequest

    from registry.models import LLMModel
    from registry.services.overview import FirstSteps, Place

NAMED = 10  # rows of one finding that are named; the number tells of the others
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


@dataclass(frozen=True)
class Step:
    """One line of the start checklist."""

    title: str
    why: str
    link: str
    is_done: bool


@dataclass(frozen=True)
class Row:
    name: str
    link: str
    note: str = ""


@dataclass(frozen=True)
class Finding:
    """One thing that needs a person: what, what to do, and the rows it is about."""

    title: str
    advice: str
    rows: list[Row]
    more: int


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Fill unfold's first page; each visitor sees only what he may act on."""
    user = cast("User", request.user)
    steps = _steps(user)
    found: dict[str, Any] = {"title": _("Overview"), "steps": []}
    if not all(step.is_done for step in steps):
        found["steps"] = steps
        found["steps_done"] = sum(step.is_done for step in steps)
    if user.has_perm("registry.view_llmmodel"):
        found |= _counts()
    found["findings"] = [finding for finding in _findings(user) if finding.rows]
    return context | found


def _steps(user: User) -> list[Step]:
    """Return the steps that this user may take; another sees fewer."""
    done = overview.first_steps(user)
    allowed = {
        "connection": user.has_perm("registry.add_connection"),
        "llm": user.has_perm("registry.add_llmmodel"),
        "default": user.has_perm("registry.change_llmmodel"),
        "token": user.has_perm("registry.add_apitoken"),
    }
    steps = [
        ("", _password_step(done)),
        ("connection", _connection_step(done)),
        ("llm", _models_step(done)),
        ("default", _default_step(done, LLMType.EMBEDDING)),
        ("default", _default_step(done, LLMType.GENERATION)),
        ("token", _token_step(done)),
    ]
    return [step for right, step in steps if allowed.get(right, bool(user.is_staff and not right))]


def _password_step(done: FirstSteps) -> Step:
    return Step(
        _("Change your password"),
        _("The first one was made for you and printed; choose your own."),
        reverse("admin:password_change"),
        done.own_password,
    )


def _connection_step(done: FirstSteps) -> Step:
    return Step(
        _("Add a provider's key"),
        _("A connection is an address with its key. Models are called over it."),
        reverse("admin:registry_connection_add"),
        done.usable_connection,
    )


def _models_step(done: FirstSteps) -> Step:
    return Step(
        _("Add models"),
        _("Pick well-known ones from the catalogue, or type the id of any other."),
        reverse("admin:registry_llmmodel_catalogue"),
        done.models,
    )


def _default_step(done: FirstSteps, llm_type: LLMType) -> Step:
    texts = {
        LLMType.EMBEDDING: (
            _("Choose the default embedding model"),
            _("Knowledge bases that name none are built with it."),
        ),
        LLMType.GENERATION: (
            _("Choose the default generation model"),
            _("Applications that ask for no particular model get this one."),
        ),
    }
    is_done = {
        LLMType.EMBEDDING: done.default_embedding,
        LLMType.GENERATION: done.default_generation,
    }
    return Step(*texts[llm_type], _models_page(type=llm_type.value), is_done[llm_type])


def _token_step(done: FirstSteps) -> Step:
    return Step(
        _("Create an application token"),
        _("With it an application reads which models it may use."),
        reverse("admin:registry_apitoken_add"),
        done.token,
    )


def _findings(user: User) -> Iterable[Finding]:
    """Return what needs this user's hand; a reader can change nothing and sees none."""
    may_connect = user.has_perm("registry.change_connection")
    may_change = user.has_perm("registry.change_llmmodel")
    if not (may_connect or may_change):
        return
    now = overview.attention()
    if may_connect:
        yield from _connection_findings(now)
    if may_change:
        yield _finding(
            _("Active without a connection"),
            _("Choosers offer them, but nothing can call them. Attach a connection."),
            [Row(llm.name, _page(llm)) for llm in now.unconnected],
        )
        yield _finding(
            _("Retiring soon"),
            _("Name a replacement and move what uses them."),
            [Row(llm.name, _page(llm), _retires(llm)) for llm in now.retiring],
        )


def _connection_findings(now: overview.Attention) -> Iterable[Finding]:
    texts = (
        (now.unreadable, _("Key cannot be read"), _("Enter the key again.")),
        (now.needs_key, _("Needs key"), _("Enter the key, or delete what nobody uses.")),
        (
            now.blocked,
            _("Address blocked"),
            _("Private addresses are off for safety; the page shows the line that allows one."),
        ),
    )
    for rows, title, advice in texts:
        yield _finding(title, advice, [Row(row.label, _connection_page(row)) for row in rows])


def _finding(title: str, advice: str, rows: list[Row]) -> Finding:
    return Finding(title, advice, rows[:NAMED], max(0, len(rows) - NAMED))


def _retires(llm: LLMModel) -> str:
    return "" if llm.deprecation_date is None else _("on %s") % llm.deprecation_date.isoformat()


def _connection_page(place: Place) -> str:
    """A private connection has no page: its model's form has its key."""
    if place.private_to is not None:
        return reverse("admin:registry_llmmodel_change", args=(place.private_to,))
    return reverse("admin:registry_connection_change", args=(place.pk,))


def _page(llm: LLMModel) -> str:
    return reverse("admin:registry_llmmodel_change", args=(llm.pk,))


def _models_page(**filters: str) -> str:
    return reverse("admin:registry_llmmodel_changelist", query=filters)


def _counts() -> dict[str, Any]:
    numbers = overview.counts()
    total = sum(sum(states.values()) for states in numbers.values())
    if not total:  # the first steps say how to begin
        return {}
    return {
        "counts": [
            {
                "label": LLMType(kind).label,
                "link": _models_page(type=kind),
                "states": [
                    {"number": number, "link": _models_page(type=kind, status=state)}
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
