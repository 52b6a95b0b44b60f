"""Rows of models as entries of lists: read as plain values, in a constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import Case, F, Value, When

from registry.choices import LLMStatus, Mode, PriceUnit
from registry.models import ModelCapability
from registry.services.price_book import PriceBook
from registry.services.selection.ranking import rank
from registry.types import ListedModel

if TYPE_CHECKING:
    from decimal import Decimal
    from uuid import UUID

    from registry.models.llm import LLMQuerySet

V = TypeVar("V")

# As they stand in a ListedModel, and the columns that they are read from.
_SAME = {
    "id": "model_id",
    "owned_by": "provider__slug",
    "type": "type",
    "name": "name",
    "slug": "slug",
    "family": "family",
    "version": "version",
    "description": "description",
    "provider_name": "provider__name",
    "proxy_prefix": "provider__proxy_prefix",
    "status": "status",
    "context_window": "context_window",
    "max_input_tokens": "max_tokens",
    "max_output_tokens": "max_output_tokens",
    "dimensions": "dimensions",
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "release_date": "release_date",
    "updated_at": "updated_at",
    "deprecated_at": "deprecated_at",
    "retires_on": "deprecation_date",
    "replacement": "replacement__model_id",
    "replacement_id": "replacement_id",
}
_OTHERS = ("pk", "owner_id", "created_at", "mode", "known_params", "replacement__owner_id")
_STATUSES = (LLMStatus.ACTIVE, LLMStatus.BETA, LLMStatus.DEPRECATED)  # the first goes first


def entries(rows: LLMQuerySet, now: datetime) -> Iterator[tuple[bool, ListedModel]]:
    """Yield one entry per id, and whether it is a user's own.

    Of equal ids the active one goes first, then the own, the default, and by rank.
    """
    details = _Details(rows, now)
    status = Case(*(When(status=name, then=Value(at)) for at, name in enumerate(_STATUSES)))
    ordered = rows.order_by(status, F("owner").asc(nulls_last=True), "-is_default", *rank())
    seen: set[str] = set()
    # Read as plain values: ten times faster than instances.
    for pk, owner_id, created_at, mode, known_params, heir_of, *columns in ordered.values_list(
        *_OTHERS, *_SAME.values()
    ):
        values: dict[str, Any] = dict(zip(_SAME, columns, strict=True))
        if values["id"] in seen:
            continue
        seen.add(values["id"])
        if values["replacement"] is None or heir_of is not None:  # somebody's own
            values["replacement"] = ""
        model = ListedModel(
            **values,
            created=_seconds(values["release_date"] or created_at),
            mode=mode or Mode.usual(values["type"]).value,
            supported_parameters=tuple(known_params.split()),
            capabilities=_Later(details.capabilities_of, pk),
            prices=_Later(details.prices_of, pk),
            llm_id=pk,
        )
        yield owner_id is not None, model


def _seconds(moment: date) -> int:
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time.min, UTC)
    return int(moment.timestamp())


class _Later(Mapping[str, V]):
    """What `look_up` says of a model, asked when somebody reads it: few formats tell prices."""

    __slots__ = ("_look_up", "_pk")

    def __init__(self, look_up: Callable[[UUID], Mapping[str, V]], pk: UUID) -> None:
        self._look_up = look_up
        self._pk = pk

    def __getitem__(self, key: str) -> V:
        return self._look_up(self._pk)[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._look_up(self._pk))

    def __len__(self) -> int:
        return len(self._look_up(self._pk))


class _Details:
    """What stands in other tables about some models; each is read at once, at the first use."""

    def __init__(self, rows: LLMQuerySet, now: datetime) -> None:
        self._pks = rows.order_by().values("pk")
        self._now = now

    def capabilities_of(self, pk: UUID) -> Mapping[str, bool]:
        return self._capabilities.get(pk, {})

    def prices_of(self, pk: UUID) -> Mapping[str, Decimal]:
        """Return the list prices for prompts of any length, by unit."""
        prices = {unit: self._book.tier(pk, None, unit, 0) for unit in PriceUnit.values}
        return {unit: price.usd for unit, price in prices.items() if price is not None}

    @cached_property
    def _capabilities(self) -> dict[UUID, dict[str, bool]]:
        found: dict[UUID, dict[str, bool]] = defaultdict(dict)
        links = ModelCapability.objects.filter(llm__in=self._pks)
        columns = ("llm_id", "capability__name", "supported")
        for pk, name, supported in links.order_by("capability__name").values_list(*columns):
            found[pk][name] = supported
        return dict(found)

    @cached_property
    def _book(self) -> PriceBook:
        return PriceBook.load(self._pks, self._now)
