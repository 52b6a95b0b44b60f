"""Whether a price counts now, in a word and a colour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from registry.admin.badges import badge
from registry.choices import PriceState
from registry.models import Price
from registry.services.price_ledger import in_force, out_of_force

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    Rows = QuerySet[Price]

IN_FORCE = "in_force"
COMING = "coming"
PAST = "past"
STATES: dict[str, tuple[Any, str]] = {
    IN_FORCE: (_("In force"), "success"),
    COMING: (_("Coming"), "info"),
    PAST: (_("No longer in force"), ""),
    PriceState.PENDING: (_("Waiting for a decision"), "warning"),
    PriceState.REJECTED: (_("Rejected"), ""),
}


def state_badge(price: Price, in_force_pks: set[int], now: datetime) -> str:
    return badge(*STATES[state_of(price, in_force_pks, now)])


def state_of(price: Price, in_force_pks: set[int], now: datetime) -> str:
    if price.state != PriceState.LIVE:
        return str(price.state)
    if price.valid_from > now:
        return COMING
    return IN_FORCE if price.pk in in_force_pks else PAST


def pks_in_force(prices: list[Price], now: datetime) -> set[int]:
    """Return the keys of those that are in force; one query."""
    rows = Price.objects.filter(pk__in=[price.pk for price in prices])
    return set(in_force(rows, now).values_list("pk", flat=True))


def in_state(rows: Rows, state: str, now: datetime) -> Rows:
    """Keep the rows in this state; a word that is none narrows nothing."""
    if state in (PriceState.PENDING, PriceState.REJECTED):
        return rows.filter(state=state)
    live = rows.filter(state=PriceState.LIVE)
    if state == COMING:
        return live.filter(valid_from__gt=now)
    if state not in (IN_FORCE, PAST):
        return rows
    return in_force(rows, now) if state == IN_FORCE else out_of_force(rows, now)
