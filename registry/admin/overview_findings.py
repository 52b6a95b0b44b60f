"""What needs a person now: of each kind the first rows by name, and how many more there are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from audit.moments import ago
from registry.admin.panels import reason_of
from registry.admin.results import HEALTH_COLOURS
from registry.choices import Health, HolderState
from registry.services import overview

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.contrib.auth.models import User

    from registry.admin.overview_steps import Step
    from registry.models import LLMModel
    from registry.services.overview import Failing, Place

NAMED = 10  # rows of one finding that are named; the number tells of the others


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
    colour: str = "danger"
    page: str = ""  # where all of them are
    page_title: str = ""


def lapsed(steps: Iterable[Step]) -> list[Finding]:
    """Return what was done at the start and is no longer so."""
    return [
        Finding(_("No worker answers"), step.why, [Row(_("Tests and health"), step.link)], 0)
        for step in steps
        if step.may_lapse and not step.is_done
    ]


def findings_of(user: User) -> Iterable[Finding]:
    """Return what needs this user's hand; a reader can change nothing and sees none."""
    if user.has_perm("registry.change_client"):
        yield _suspension_finding()
    may_connect = user.has_perm("registry.change_connection")
    may_change = user.has_perm("registry.change_llmmodel")
    if not (may_connect or may_change):
        return
    now = overview.attention()
    if may_change:
        yield from _health_findings(now)
    if may_connect:
        yield from _connection_findings(now)
    if may_change:
        yield _finding(
            _("Active without a connection"),
            _("Choosers offer them, but nothing can call them. Attach a connection."),
            [Row(llm.name, _page(llm)) for llm in now.unconnected],
        )
        yield replace(
            _finding(
                _("Retiring soon"),
                _("Name a replacement and move what uses them."),
                [Row(llm.name, _page(llm), _retires(llm)) for llm in now.retiring],
            ),
            page=reverse("admin:lifecycle"),
            page_title=_("All that retires, who uses it, and what could follow"),
        )


def _suspension_finding() -> Finding:
    finding = _finding(
        _("No client can serve"),
        _("All their clients are blocked, and at least one is suspended. Resume one."),
        [Row(model_id, _clients_of(model_id)) for model_id in overview.without_clients()],
    )
    page = reverse("admin:registry_client_changelist", query={"state": HolderState.OFF.value})
    return replace(finding, page=page, page_title=_("All clients with suspended models"))


def _clients_of(model_id: str) -> str:
    """Lead to the clients that hold it, where they are resumed."""
    return reverse("admin:registry_client_changelist", query={"model": model_id})


def _health_findings(now: overview.Attention) -> Iterable[Finding]:
    texts = (
        (
            Health.DOWN,
            _("Down"),
            _("A test found that they do not answer. The page of each says why and what to do."),
        ),
        (
            Health.DEGRADED,
            _("Degraded"),
            _("They answer, but not as registered, or only at times. The page of each says why."),
        ),
    )
    for health, title, advice in texts:
        rows = [_failing_row(found) for found in now.failing if found.llm.health == health]
        yield replace(_finding(title, advice, rows), colour=HEALTH_COLOURS[health])


def _failing_row(found: Failing) -> Row:
    page = f"{_page(found.llm)}#tests"
    since = format_html("{} {}", _("since"), ago(found.llm.health_since))
    if not found.code:
        return Row(found.llm.name, page, since)
    reason = reason_of(found.code, found.stage)
    return Row(found.llm.name, page, format_html("{} · {}", reason, since))


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
