"""Prices as pages write them: exact, never without their unit, and unknown is never 0."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.translation import gettext as _

from registry.choices import PriceSource, PriceUnit
from registry.services.price_book import usd_text

if TYPE_CHECKING:
    from datetime import date

_CENTS = 2  # decimals that every amount shows


def usd(amount: Decimal | None) -> str:
    """Return "$0.15" with every decimal that counts; "unknown" for null."""
    if amount is None:
        return _("unknown")
    places = -int(amount.normalize().as_tuple().exponent)
    return f"${number_format(amount, decimal_pos=max(places, _CENTS), force_grouping=True)}"


def plain(amount: Decimal | None) -> Decimal | None:
    """Return the amount without the zeros that say nothing, as a field shows it."""
    return None if amount is None else Decimal(usd_text(amount))


def per(unit: str) -> str:
    """Say how many of a unit one price covers."""
    if unit == PriceUnit.IMAGE:
        return _("per image")
    if unit == PriceUnit.REQUEST:
        return _("per request")
    return _("per 1M tokens")


def usd_per(amount: Decimal | None, unit: str) -> str:
    return usd(amount) if amount is None else f"{usd(amount)} {per(unit)}"


def tier(min_prompt_tokens: int) -> str:
    """Say for which prompts a price counts; nothing where it counts for all."""
    if not min_prompt_tokens:
        return ""
    tokens = number_format(min_prompt_tokens, force_grouping=True)
    return _("prompts of at least %s tokens") % tokens


class Sourced(Protocol):
    """A price with its origin: a row of the ledger, or one in force without its row."""

    @property
    def source(self) -> str: ...
    @property
    def source_name(self) -> str: ...
    @property
    def source_url(self) -> str: ...
    @property
    def checked_on(self) -> date | None: ...


def origin(price: Sourced) -> str:
    """Return where a price is from as HTML: the source, its page as a link, when it was checked."""
    told = str(PriceSource(price.source).label)
    if price.source_name:
        told = f"{told}: {price.source_name}"
    shown: str = told
    if price.source_url.startswith(("https://", "http://")):
        link = '<a href="{}" class="text-link" rel="noopener noreferrer" target="_blank">{}</a>'
        shown = format_html(link, price.source_url, told)
    if price.checked_on is None:
        return format_html("{}", shown)
    return format_html("{}, {}", shown, _("checked on %s") % price.checked_on.isoformat())
