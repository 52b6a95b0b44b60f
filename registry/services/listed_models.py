"""Which models a list shows, and what is told of each, whatever the format."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from registry.choices import LLMStatus
from registry.models import LLMModel
from registry.services.clients import states
from registry.services.clients.answers import holders_of
from registry.services.clock import database_now
from registry.services.listed_rows import entries
from registry.services.touched import patched
from registry.types import ListedModel, Thinking

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from registry.models.llm import LLMQuerySet
    from registry.services.clients.answers import Offers
    from registry.services.clients.states import Holder

# More models than these are sooner read with all the others.
MOST = 500

_NOT_TEXT = re.compile(r"[\x00\ud800-\udfff]")


@dataclass(frozen=True)
class Catalogue:
    """The shared catalogue's part in lists, whatever clients can serve of it.

    `models` are the active ones by id. `called` are the ids of all rows that count: those and
    the ones that are not active, `idle`.
    """

    models: dict[str, ListedModel]
    called: dict[UUID, str]
    idle: dict[UUID, str]

    @cached_property
    def idle_ids(self) -> frozenset[str]:
        return frozenset(self.idle.values())


def catalogue(now: datetime | None = None) -> Catalogue:
    """Read the shared models, one entry per id; their states are not looked at."""
    return _catalogue(LLMModel.objects.shared(), database_now(now))


def mended(
    known: Catalogue, touched: Collection[UUID], now: datetime
) -> tuple[Catalogue, set[str]] | None:
    """Return the catalogue with these rows as they are now, and the ids that may look otherwise.

    Those are what the rows were called and are called, and whose replacement they are. None if
    that is too much, or a row gets another id at this moment: then everything is to be read.
    """
    if not touched:
        return known, set()
    rows = LLMModel.objects.shared()
    ids = {known.called[pk] for pk in touched if pk in known.called}
    ids |= {model.id for model in known.models.values() if model.replacement_id in touched}
    if len(touched) > MOST or len(ids) > MOST:
        return None
    ids |= set(rows.filter(pk__in=touched).order_by().values_list("model_id", flat=True))
    # Of an id all rows count: which of them is listed may be another one now.
    named = LLMModel.objects.filter(model_id__in=ids).order_by().values_list("pk", flat=True)
    read = _catalogue(rows.filter(pk__in={*touched, *named}), now)
    if not ids.issuperset(read.called.values()):
        return None
    fresh = {model_id: _read(model) for model_id, model in read.models.items()}
    found = Catalogue(
        models=patched(known.models, ids, fresh),
        called=patched(known.called, touched, read.called),
        idle=patched(known.idle, touched, read.idle),
    )
    return found, ids


def _catalogue(rows: LLMQuerySet, now: datetime) -> Catalogue:
    models = {model.id: model for _own, model in entries(rows.active(), now)}
    unused = rows.exclude(status=LLMStatus.ACTIVE).order_by().values_list("pk", "model_id")
    idle = dict(unused)
    called = {model.llm_id: model.id for model in models.values() if model.llm_id is not None}
    return Catalogue(models, called | idle, idle)


def _read(model: ListedModel) -> ListedModel:
    """Read what else stands of it now: later it would be a query for each of many models."""
    return replace(model, capabilities=dict(model.capabilities), prices=dict(model.prices))


def shared(
    catalogue: Catalogue, offers: Offers, ids: Iterable[str] | None = None
) -> dict[str, ListedModel]:
    """Return what everybody sees by id, of these `ids` or of all.

    An active model of the catalogue is there unless clients hold it and none is ready or will
    be by itself; what only clients offer is there by the same rule. An id that the catalogue
    has, but not as active, is not there, whoever offers it.
    """
    wanted = {**catalogue.models, **offers.by_model} if ids is None else ids
    found = ((model_id, _shared(catalogue, offers, model_id)) for model_id in wanted)
    return {model_id: model for model_id, model in found if model is not None}


def _shared(catalogue: Catalogue, offers: Offers, model_id: str) -> ListedModel | None:
    model, holders = catalogue.models.get(model_id), offers.by_model.get(model_id)
    if holders is None:
        return model
    if not states.is_listed(holders):
        return None
    if model is not None:
        return _held(model, holders)
    return None if model_id in catalogue.idle_ids else _of_holders(model_id, holders)


def own(owner_id: int, now: datetime | None = None) -> list[ListedModel]:
    """Return a user's own active models; what clients can serve says nothing about them."""
    rows = LLMModel.objects.active().filter(owner=owner_id)
    return [model for _own, model in entries(rows, database_now(now))]


def with_own(models: Mapping[str, ListedModel], own: list[ListedModel]) -> list[ListedModel]:
    """Return both, a user's own instead of the shared one of the same id."""
    return list({**models, **{model.id: model for model in own}}.values())


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
    is_own, entry = next(entries(alive, moment), (False, None))
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
