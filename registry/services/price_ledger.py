"""The rows of the price ledger: which of them are in force, and what they came to over time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.db.models.functions import Coalesce

from registry.choices import PriceSource, PriceState
from registry.models import Price

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from django.db.models import QuerySet

    from registry.models import LLMModel

    Rows = QuerySet[Price]

# What one price in force is for; a route's own price belongs to the route.
_OWNER = Coalesce("route", "llm")
_SLOT = ("llm", "owner", "unit", "min_prompt_tokens")
_IS_TYPED = Case(When(source=PriceSource.MANUAL, then=Value(1)), default=Value(0))


def in_force(rows: Rows, at: datetime) -> Rows:
    """Keep the prices that count at `at`, by the rule of PriceBook, which answers without rows."""
    return _words(rows, at).filter(_counts(at))


def out_of_force(rows: Rows, at: datetime) -> Rows:
    """Keep the live prices that have begun by `at` and do not count."""
    return _words(rows, at).exclude(_counts(at))


def _words(rows: Rows, at: datetime) -> Rows:
    found = rows.filter(state=PriceState.LIVE, valid_from__lte=at)
    return found.alias(owner=_OWNER, typed=_IS_TYPED)


def _counts(at: datetime) -> Q:
    """Say that a source's last word is a price, and that no other source's goes first.

    Each is asked about the row's own model, by an index: numbering the whole ledger takes
    PostgreSQL a minute where it has no statistics yet.
    """
    others = _words(Price.objects.filter(usd__isnull=False), at).filter(
        *(Q(**{name: OuterRef(name)}) for name in _SLOT), ~Q(source=OuterRef("source"))
    )
    newer = Q(valid_from__gt=OuterRef("valid_from"))
    at_once = Q(valid_from=OuterRef("valid_from"), source__lt=OuterRef("source"))
    goes_first = Q(typed__gt=OuterRef("typed")) | (Q(typed=OuterRef("typed")) & (newer | at_once))
    better = others.filter(goes_first, ~Exists(_later(at)))
    return Q(usd__isnull=False) & ~Exists(_later(at)) & ~Exists(better)


def _later(at: datetime) -> Rows:
    """Return the same source's later words on the same price as the row outside."""
    same = _words(Price.objects.all(), at).filter(
        *(Q(**{name: OuterRef(name)}) for name in (*_SLOT, "source"))
    )
    newer = Q(valid_from__gt=OuterRef("valid_from"))
    return same.filter(newer | Q(valid_from=OuterRef("valid_from"), pk__gt=OuterRef("pk")))


@dataclass(frozen=True)
class Step:
    """From `at` on a unit costs `usd`; None is unknown."""

    unit: str
    at: datetime
    usd: Decimal | None


def steps(llm: LLMModel) -> list[Step]:
    """Return how the list prices for prompts of any length went, and will go; one query."""
    rows = Price.objects.live().filter(llm=llm, route__isnull=True, min_prompt_tokens=0)
    words: dict[str, dict[str, Price]] = defaultdict(dict)
    found: dict[tuple[str, datetime], Step] = {}
    for row in rows.order_by("valid_from", "pk"):
        words[row.unit][row.source] = row
        step = Step(row.unit, row.valid_from, _heard(words[row.unit]))
        found[row.unit, row.valid_from] = step
    return list(found.values())


def _heard(words: dict[str, Price]) -> Decimal | None:
    """Return the price that counts among the sources' last words."""
    told = [row for row in words.values() if row.usd is not None]
    if not told:
        return None
    usd: Decimal | None = min(told, key=_weight).usd
    return usd


def _weight(row: Price) -> tuple[bool, float, str]:
    return row.source != PriceSource.MANUAL, -row.valid_from.timestamp(), row.source
