"""What clients hold as pages show it: on a client's own page, and on a model's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _

from audit.moments import ago
from registry.admin.badges import badge
from registry.admin.client_infos import info_lines
from registry.choices import HolderState
from registry.models import LLMModel

if TYPE_CHECKING:
    from collections.abc import Iterable

STATE_COLOURS = {
    HolderState.READY: "success",
    HolderState.COOLING: "warning",
    HolderState.OFF: "danger",
}


def state_badge(state: str, number: int | None = None) -> str:
    """Return a state in its word and colour; with a number, how many are in it."""
    known = HolderState(state)
    text = known.label if number is None else f"{number} {known.label}"
    return badge(text, STATE_COLOURS[known])


@dataclass(frozen=True)
class Holding:
    """One model at one client."""

    row: Any  # a ClientModel with its `state`
    llm_url: str = ""  # of the catalogue's model of the same id

    @property
    def badge(self) -> str:
        return state_badge(self.row.state)

    @property
    def until(self) -> str:
        """When the block ends: by itself, or by somebody's hand."""
        if self.row.suspended_at is not None:
            return _("until resumed")
        return "" if self.row.state == HolderState.READY else ago(self.row.quota_until)

    @property
    def reason(self) -> str:
        """Why it is blocked; a client that is ready needs none."""
        if self.row.suspended_at is not None:
            return str(self.row.suspended_reason) or _("none given")
        return "" if self.row.state == HolderState.READY else _("over quota")

    @property
    def since(self) -> str:
        if self.row.suspended_at is not None:
            return ago(self.row.suspended_at)
        return "" if self.row.state == HolderState.READY else ago(self.row.quota_marked_at)

    @property
    def is_marked(self) -> bool:
        """Whether a quota mark runs, be it beside a suspension."""
        return bool(self.row.is_marked)

    @property
    def can_suspend(self) -> bool:
        return bool(self.row.state != HolderState.OFF)

    @property
    def changed(self) -> str:
        return ago(self.row.changed_at)

    @property
    def info(self) -> list[tuple[str, str]]:
        return info_lines(self.row.info)

    @property
    def client_url(self) -> str:
        return reverse("admin:registry_client_change", args=[self.row.client_id])


def holdings(rows: Iterable[Any]) -> list[Holding]:
    """Return the rows as a client's page shows them, each with its model's page; one query."""
    rows = list(rows)
    known = LLMModel.objects.shared().filter(model_id__in=[row.model_id for row in rows])
    pages = {
        model_id: reverse("admin:registry_llmmodel_change", args=[pk])
        for model_id, pk in known.order_by("-is_default", "slug").values_list("model_id", "pk")[
            ::-1
        ]
    }
    return [Holding(row, pages.get(row.model_id, "")) for row in rows]
