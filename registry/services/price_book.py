"""The prices in force at one moment, read at once for many models."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import Case, F, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber

from registry.choices import PriceSource, PriceState, PriceUnit
from registry.models import Price
from registry.services.clock import database_now

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime
    from decimal import Decimal
    from uuid import UUID

# A price belongs to a model, or to one of its routes, by unit.
_Key = tuple["UUID", "UUID | None", str]
# What of a price is read, in the order of the columns of `PriceUsed`.
_COLUMNS = (
    "unit",
    "usd",
    "min_prompt_tokens",
    "valid_from",
    "source",
    "source_name",
    "source_url",
    "checked_on",
)


@dataclass(frozen=True, slots=True)
class PriceUsed:
    """A price in force, with where it comes from; `is_override`: it is the route's own."""

    unit: str
    usd: Decimal
    min_prompt_tokens: int
    valid_from: datetime
    source: str
    source_name: str
    source_url: str
    checked_on: date | None
    is_override: bool


@dataclass(frozen=True)
class PriceBook:
    """What the models that it was loaded for cost at the moment `at`."""

    at: datetime
    # The tiers of each, the shortest prompts first.
    _tiers: dict[_Key, list[PriceUsed]] = field(default_factory=dict)

    @classmethod
    def load(cls, llm_ids: Iterable[UUID] | QuerySet[Any], at: datetime | None = None) -> PriceBook:
        """Read the list prices and the routes' own ones, in one query; `at` None is now.

        A QuerySet of primary keys is not read but asked for inside the query.
        """
        moment = database_now(at)
        wanted = llm_ids if isinstance(llm_ids, QuerySet) else set(llm_ids)
        rows = in_force(Price.objects.filter(llm__in=wanted), moment)
        tiers: dict[_Key, list[PriceUsed]] = defaultdict(list)
        found = rows.order_by("min_prompt_tokens").values_list("llm_id", "route_id", *_COLUMNS)
        for llm_id, route_id, *columns in found:
            price = PriceUsed(*(*columns, route_id is not None))
            tiers[llm_id, route_id, price.unit].append(price)
        return cls(moment, dict(tiers))

    def price(
        self, llm_id: UUID, unit: str, *, prompt_tokens: int = 0, route_id: UUID | None = None
    ) -> PriceUsed | None:
        """Return what the unit costs for a prompt of this length: the route's own, or the list's.

        None is unknown.
        """
        own = self._price(llm_id, route_id, unit, prompt_tokens) if route_id else None
        return own or self._price(llm_id, None, unit, prompt_tokens)

    def prices(self, llm_id: UUID, route_id: UUID | None = None) -> list[PriceUsed]:
        """Return every tier of every unit; a unit that the route prices is told as it does."""
        found: list[PriceUsed] = []
        for unit in PriceUnit.values:
            own = self._tiers.get((llm_id, route_id, unit))
            found += own or self._tiers.get((llm_id, None, unit), [])
        return found

    def own_prices(self, llm_id: UUID, route_id: UUID | None) -> list[PriceUsed]:
        """Return the list prices of the model, or the route's own ones and no others."""
        keys = ((llm_id, route_id, unit) for unit in PriceUnit.values)
        return [price for key in keys for price in self._tiers.get(key, ())]

    def tier(
        self, llm_id: UUID, route_id: UUID | None, unit: str, min_prompt_tokens: int
    ) -> PriceUsed | None:
        """Return the price that begins at exactly this length of a prompt."""
        for price in self._tiers.get((llm_id, route_id, unit), ()):
            if price.min_prompt_tokens == min_prompt_tokens:
                return price
        return None

    def _price(
        self, llm_id: UUID, route_id: UUID | None, unit: str, prompt_tokens: int
    ) -> PriceUsed | None:
        found = None
        for price in self._tiers.get((llm_id, route_id, unit), ()):
            if price.min_prompt_tokens > prompt_tokens:
                break
            found = price
        return found


def in_force(rows: QuerySet[Any], at: datetime) -> QuerySet[Any]:
    """Keep the one price that counts at `at` of each model or route, unit and tier.

    Of each source its last word counts, and null withdraws its earlier ones. What a person typed
    beats the other sources; of those the newer one counts.
    """
    slot = [F("llm"), F("route"), F("unit"), F("min_prompt_tokens")]
    newest = [F("valid_from").desc(), F("pk").desc()]
    typed_first = Case(When(source=PriceSource.MANUAL, then=Value(0)), default=Value(1))
    words = rows.filter(state=PriceState.LIVE, valid_from__lte=at)
    last = Window(RowNumber(), partition_by=[*slot, F("source")], order_by=newest)
    last_words = words.annotate(place=last).filter(place=1)
    best = Window(RowNumber(), partition_by=slot, order_by=[typed_first, *newest])
    known = Price.objects.filter(pk__in=last_words.values("pk"), usd__isnull=False)
    found: QuerySet[Any] = known.annotate(place=best).filter(place=1)
    return found


def usd_text(usd: Decimal) -> str:
    """Return an amount of money in plain digits, exactly: 2.5, not 2.500000000 or 2.5E+0."""
    text = f"{usd:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
