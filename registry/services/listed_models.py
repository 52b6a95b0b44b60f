"""Which models a list shows, and what is told of each, whatever the format."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import Case, F, Q, Value, When

from registry.choices import LLMStatus, Mode, PriceUnit
from registry.models import LLMModel, ModelCapability
from registry.services.clients import states
from registry.services.clients.answers import holders_of
from registry.services.clock import database_now
from registry.services.price_book import PriceBook
from registry.services.selection.ranking import rank
from registry.types import ListedModel, Thinking

if TYPE_CHECKING:
    from decimal import Decimal
    from uuid import UUID

    from registry.models.llm import LLMQuerySet
    from registry.services.clients.answers import Offers
    from registry.services.clients.states import Holder

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
}
_OTHERS = ("pk", "owner_id", "created_at", "mode", "known_params", "replacement__owner_id")
_NOT_TEXT = re.compile(r"[\x00\ud800-\udfff]")
_STATUSES = (LLMStatus.ACTIVE, LLMStatus.BETA, LLMStatus.DEPRECATED)  # the first goes first


@dataclass(frozen=True)
class Catalogue:
    """The shared catalogue's part in lists, whatever clients can serve of it.

    `models` are the active ones by id; `others` are ids that it has, but not as active.
    """

    models: dict[str, ListedModel]
    others: frozenset[str]


def catalogue(now: datetime | None = None) -> Catalogue:
    """Read the shared models, one entry per id; their states are not looked at."""
    shared = LLMModel.objects.shared()
    models = {model.id: model for _own, model in _entries(shared.active(), database_now(now))}
    others = shared.exclude(status=LLMStatus.ACTIVE).order_by().values_list("model_id", flat=True)
    return Catalogue(models, frozenset(others).difference(models))


def shared(catalogue: Catalogue, offers: Offers) -> list[ListedModel]:
    """Return what everybody sees, in no particular order.

    An active model of the catalogue is there unless clients hold it and none is ready or will
    be by itself; what only clients offer is there by the same rule. An id that the catalogue
    has, but not as active, is not there, whoever offers it.
    """
    held = offers.by_model
    found = [model for model in catalogue.models.values() if model.id not in held]
    for model_id, holders in held.items():
        if model_id in catalogue.others or not states.is_listed(holders):
            continue
        model = catalogue.models.get(model_id)
        found.append(_of_holders(model_id, holders) if model is None else _held(model, holders))
    return found


def own(owner_id: int, now: datetime | None = None) -> list[ListedModel]:
    """Return a user's own active models; what clients can serve says nothing about them."""
    rows = LLMModel.objects.active().filter(owner=owner_id)
    return [model for _own, model in _entries(rows, database_now(now))]


def with_own(models: list[ListedModel], own: list[ListedModel]) -> list[ListedModel]:
    """Return both, a user's own before the shared one of the same id."""
    ids = {model.id for model in own}
    return own + [model for model in models if model.id not in ids]


def find(
    model_id: str, owner_id: int | None = None, now: datetime | None = None
) -> ListedModel | None:
    """Return the model of exactly this id, listed or not; None if it is switched off.

    Beside what lists show that is a beta or deprecated one, and one whose clients are all off.
    """
    if not _is_id(model_id):
        return None
    moment = database_now(now)
    rows = LLMModel.objects.filter(model_id=model_id)
    whose = Q(owner__isnull=True) if owner_id is None else Q(owner=None) | Q(owner=owner_id)
    alive = rows.filter(whose).exclude(status=LLMStatus.INACTIVE)
    is_own, entry = next(_entries(alive, moment), (False, None))
    holders = holders_of(model_id, moment)
    if entry is None:
        is_offered = holders and not rows.shared().exists()
        return _of_holders(model_id, holders) if is_offered else None
    return _held(entry, holders) if holders and not is_own else entry


def _is_id(text: str) -> bool:
    """Whether it can be a model's: look-ups would trim it, and a database refuses half letters."""
    return text == text.strip() and _NOT_TEXT.search(text) is None


def owners() -> frozenset[int]:
    """Return the users that have active models of their own; one query."""
    rows = LLMModel.objects.active().filter(owner__isnull=False)
    return frozenset(rows.order_by().values_list("owner_id", flat=True).distinct())


def _entries(rows: LLMQuerySet, now: datetime) -> Iterator[tuple[bool, ListedModel]]:
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


def _held(model: ListedModel, holders: list[Holder]) -> ListedModel:
    state, until = states.model_state(holders), states.model_until(holders)
    return replace(model, state=state, until=until)


def _of_holders(model_id: str, holders: list[Holder]) -> ListedModel:
    """Return what clients say of a model that only they offer."""
    info = states.published_info(holders) or {}
    output = [info[name] for name in ("outputTokenLimit", "max_completion_tokens") if name in info]
    named = states.providers(holders)
    return ListedModel(
        id=model_id,
        created=max(info.get("created") or 0, 0),
        owned_by=info.get("owned_by") or (named[0] if named else ""),
        type=info.get("type") or "",
        name=info.get("display_name") or info.get("name") or "",
        version=info.get("version") or "",
        description=info.get("description") or "",
        context_window=info.get("context_length"),
        max_input_tokens=info.get("inputTokenLimit"),
        max_output_tokens=min(output, default=None),
        supported_parameters=tuple(info.get("supported_parameters") or ()),
        methods=tuple(info.get("supportedGenerationMethods") or ()),
        thinking=_thinking(info.get("thinking")),
        updated_at=max(holder.changed_at for holder in holders),
        state=states.model_state(holders),
        until=states.model_until(holders),
    )


def _thinking(told: Mapping[str, Any] | None) -> Thinking | None:
    if not told:
        return None
    return Thinking(
        min=told.get("min") or 0,
        max=told.get("max") or 0,
        zero_allowed=bool(told.get("zero_allowed")),
        dynamic_allowed=bool(told.get("dynamic_allowed")),
        levels=tuple(told.get("levels") or ()),
    )


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
