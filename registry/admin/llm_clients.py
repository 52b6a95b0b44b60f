"""A model by the clients that serve it, on its page: what they can do with it now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.moments import ago
from registry.admin.client_rows import Holding, state_badge
from registry.choices import HolderState
from registry.services.clients import answers, states
from registry.services.clients.standing import holding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from registry.models import LLMModel
    from registry.services.clients.states import Holder

NAMED = 50  # clients that the page shows; the list of clients has all


def clients_context(llm: LLMModel) -> dict[str, Any]:
    """Return who holds a model of this very id, and what lists make of it."""
    holders = answers.holders_of(llm.model_id)
    state = states.model_state(holders)
    return {
        "number": len(holders),
        "badge": "" if state is None else state_badge(state),
        "summary": _summary(holders, state),
        "providers": ", ".join(states.providers(holders)),
        "holdings": [Holding(row) for row in holding(llm.model_id)[:NAMED]] if holders else [],
        "more": max(0, len(holders) - NAMED),
        "all_url": reverse("admin:registry_client_changelist", query={"model": llm.model_id}),
    }


def _summary(holders: Sequence[Holder], state: HolderState | None) -> str:
    """Say in one line what can be done with the model now, and until when not."""
    if state == HolderState.READY:
        seats = states.count(holders)
        return str(ngettext("%d seat is ready.", "%d seats are ready.", seats) % seats)
    if state == HolderState.OFF:
        return _(
            "No client can serve it now, and at least one is suspended: lists leave this model "
            "out until one is resumed."
        )
    until = states.model_until(holders)
    text = _("All its clients are over quota. Lists keep it, but nobody can serve it now.")
    if until is None:
        return text
    return format_html("{} {}: {}", text, _("Ready again"), ago(until))
