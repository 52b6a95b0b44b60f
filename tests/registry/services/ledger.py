"""What the tests of the price ledger have in common."""

from __future__ import annotations

from decimal import Decimal

from registry.models import LLMModel, Route
from registry.services.price_book import usd_text


def usd(**units: str | None) -> dict[str, Decimal | None]:
    return {unit: None if text is None else Decimal(text) for unit, text in units.items()}


def in_force(row: LLMModel | Route) -> tuple[str | None, str | None, bool]:
    """Return what the row's columns say, as the table has them now."""
    row.refresh_from_db()
    costs = (row.input_cost, row.output_cost)
    low, high = (None if cost is None else usd_text(cost) for cost in costs)
    return low, high, row.has_tiers
