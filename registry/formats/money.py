"""Prices as the lists write them, out of US dollars per 1,000,000 tokens or per piece.

Every step is exact: dividing by a million only moves the decimal point.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from registry.choices import PriceUnit

_PIECES = frozenset(unit.value for unit in PriceUnit if unit.per == 1)
_TOKENS_OF_A_PRICE = 6  # as a power of ten


def apiece(prices: Mapping[str, Decimal], unit: str) -> Decimal | None:
    """Return the price of one token or piece, or None where it is not known."""
    price = prices.get(unit)
    if price is None or unit in _PIECES:
        return price
    return price.scaleb(-_TOKENS_OF_A_PRICE)


def text(price: Decimal) -> str:
    """Write a price without an exponent and without zeros that say nothing."""
    return f"{price.normalize():f}"


def number(price: Decimal) -> int | float:
    """Return the number whose JSON text is exactly this price.

    A float is written with the shortest digits that lead back to it; these are the price's own
    as long as it has no more than 15, which is what the ledger keeps.
    """
    whole = int(price)
    return whole if whole == price else float(price)
