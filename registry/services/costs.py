"""What a request costs, exactly, by the prices in force at a moment."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Clamped, Context, Decimal, Inexact, InvalidOperation, Overflow
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from registry.choices import PriceUnit
from registry.errors import PriceUnknownError
from registry.models import Route
from registry.services.price_book import PriceBook

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from registry.models import LLMModel
    from registry.services.price_book import PriceUsed

# Wide enough for any sum of costs, and it raises rather than to round.
_EXACT = Context(prec=100, traps=[Inexact, InvalidOperation, Overflow, Clamped])
_PER_MILLION = -6  # decimal places
MOST_TOKENS = 2_147_483_647  # in one request


@dataclass(frozen=True)
class Usage:
    """What a request takes. `cached_tokens` are those of the prompt that come from a cache.

    Raises ValidationError by field.
    """

    prompt_tokens: int = 1000
    output_tokens: int = 500
    cached_tokens: int = 0

    def __post_init__(self) -> None:
        wrong: dict[str, Any] = {
            name: _("Enter a whole number of tokens, 0 to %(most)s.") % {"most": MOST_TOKENS}
            for name, count in vars(self).items()
            if type(count) is not int or not 0 <= count <= MOST_TOKENS
        }
        if not wrong and self.cached_tokens > self.prompt_tokens:
            wrong["cached_tokens"] = _("No more tokens can be cached than the prompt has.")
        if wrong:
            raise ValidationError(wrong)

    @property
    def counts(self) -> dict[PriceUnit, int]:
        """How much of each unit is paid for; cached tokens are paid as such and not as input."""
        return {
            PriceUnit.INPUT: self.prompt_tokens - self.cached_tokens,
            PriceUnit.CACHED_INPUT: self.cached_tokens,
            PriceUnit.OUTPUT: self.output_tokens,
        }


@dataclass(frozen=True)
class Cost:
    """A cost in US dollars, unrounded: the sum, its part by unit, and the prices used."""

    total: Decimal
    parts: dict[str, Decimal]
    prices: list[PriceUsed]
    at: datetime


def cost(subject: LLMModel | Route, usage: Usage, at: datetime | None = None) -> Cost:
    """Return what `usage` costs over a route, or at a model's list price, as of `at`.

    `at` None is now. Raises PriceUnknownError.
    """
    if isinstance(subject, Route):
        return cost_of(PriceBook.load([subject.llm_id], at), subject.llm_id, usage, subject.pk)
    return cost_of(PriceBook.load([subject.pk], at), subject.pk, usage)


def cost_of(book: PriceBook, llm_id: UUID, usage: Usage, route_id: UUID | None = None) -> Cost:
    """Return what `usage` costs by a book that is loaded.

    A unit of which there is none needs no price and costs 0. Raises PriceUnknownError naming
    the units whose price is missing.
    """
    parts: dict[str, Decimal] = {}
    used: list[PriceUsed] = []
    missing: list[str] = []
    for unit, count in (usage.counts | {PriceUnit.REQUEST: 1}).items():
        price = book.price(llm_id, unit, prompt_tokens=usage.prompt_tokens, route_id=route_id)
        if count and price is not None:
            used.append(price)
            parts[unit.value] = amount(price, count)
        elif count and unit is not PriceUnit.REQUEST:
            missing.append(unit.value)
        elif unit in (PriceUnit.INPUT, PriceUnit.OUTPUT):
            parts[unit.value] = Decimal(0)
    if missing:
        names = ", ".join(str(PriceUnit(unit).label) for unit in missing)
        raise PriceUnknownError(_("The price is not known of: %s.") % names, units=missing)
    return Cost(total(parts.values()), parts, used, book.at)


def amount(price: PriceUsed, count: int) -> Decimal:
    """Return what `count` tokens or pieces cost, exactly."""
    product = _EXACT.multiply(price.usd, Decimal(count))
    return product if PriceUnit(price.unit).per == 1 else _EXACT.scaleb(product, _PER_MILLION)


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Add amounts of money exactly: Python's own sum rounds after 28 digits."""
    found = Decimal(0)
    for one in amounts:
        found = _EXACT.add(found, one)
    return found
