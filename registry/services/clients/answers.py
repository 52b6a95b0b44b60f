"""What can be asked about clients and what they serve: each answer from one look at the rows.

Everything returned is the asker's own. Ids are trimmed in every question.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db.models import (
    BigIntegerField,
    BooleanField,
    Count,
    ExpressionWrapper,
    Q,
    TextField,
)
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from registry.choices import HolderState, LLMStatus
from registry.errors import NoneListedError, NoneReadyError
from registry.formats import reported
from registry.models import ClientModel, LLMModel
from registry.services.clients import states
from registry.services.clients.states import Holder, as_id
from registry.services.clock import database_now

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from registry.models.client import ClientModelQuerySet
    from registry.models.llm import LLMQuerySet

_MARKS = ("quota_until", "suspended_at", "suspended_reason")
_COLUMNS = (
    *("client__client_id", "client__provider", "model_id", "seats", "position", "info"),
    *("client__registered_turn", "changed_at", *_MARKS),
)
_INFO = _COLUMNS.index("info")
# A model of the catalogue that lists do not show, and its id with it.
_UNUSED = (LLMStatus.INACTIVE, LLMStatus.DEPRECATED)


@dataclass(frozen=True)
class Listed:
    """A model that lists show: who holds it, and the description that they publish."""

    model_id: str
    holders: Sequence[Holder]
    info: Mapping[str, Any]


@dataclass(frozen=True)
class Offers:
    """All that clients hold, as it was at one moment; it stays so until `ends_at`.

    That is the end of the earliest quota window, None without any. `hidden` are the ids that the
    catalogue has taken out of use: they are held, and not listed.
    """

    at: datetime
    ends_at: datetime | None
    by_model: dict[str, list[Holder]]
    hidden: frozenset[str]

    def listed(self, provider: str | None = None) -> list[Listed]:
        """Return what lists show, the newest first, then by id.

        With a provider only its clients count, for being listed as for the description.
        """
        found = [
            Listed(model_id, holders, states.published_info(holders) or {})
            for model_id, holders in self._of(provider)
            if states.is_listed(holders) and model_id not in self.hidden
        ]
        return sorted(
            found, key=lambda one: states.newest_first(one.info.get("created"), one.model_id)
        )

    def _of(self, provider: str | None) -> Iterable[tuple[str, list[Holder]]]:
        if provider is None:
            return self.by_model.items()
        name = _provider_name(provider)
        return (
            (model_id, of_provider(holders, name)) for model_id, holders in self.by_model.items()
        )


def offered(now: datetime | None = None) -> Offers:
    """Return all that clients hold at this moment, in one query."""
    moment = database_now(now)
    by_model: dict[str, list[Holder]] = {}
    hidden: set[str] = set()
    ends: set[datetime] = set()
    # Many clients describe a model in the same words: each text is read once.
    read: dict[str, dict[str, Any]] = {}
    for *columns, is_hidden in _offered().all():
        text = columns[_INFO]
        if text not in read:
            read[text] = json.loads(text)
        columns[_INFO] = read[text]
        holder = _holder(columns, moment)
        by_model.setdefault(holder.model_id, []).append(holder)
        if is_hidden:
            hidden.add(holder.model_id)
        if holder.until is not None:
            ends.add(holder.until)
    return Offers(moment, min(ends, default=None), by_model, frozenset(hidden))


@cache
def _offered() -> QuerySet[ClientModel, Any]:
    hidden = ExpressionWrapper(Q(model_id__in=_unused_ids()), BooleanField())
    columns = [Cast("info", TextField()) if name == "info" else name for name in _COLUMNS]
    return ClientModel.objects.in_order().values_list(*columns, hidden)


def _unused_ids() -> LLMQuerySet:
    """Return the ids of which all shared models are out of use; asked once in a query."""
    shared = LLMModel.objects.shared().order_by().values("model_id")
    unused = shared.annotate(used=Count("pk", filter=~Q(status__in=_UNUSED))).filter(used=0)
    found: LLMQuerySet = unused.values("model_id")
    return found


def _holder(columns: Sequence[Any], moment: datetime) -> Holder:
    client_id, provider, model_id, seats, position, info, turn, changed_at, *marks = columns
    state, until = states.standing(marks, moment)
    return Holder(
        *(client_id, provider, model_id, seats, position, info),
        *(state, until, marks[2], turn, changed_at),
    )


# About one model
# ----------------------------------------------------------------------------
def holders_of(model_id: str, now: datetime | None = None) -> list[Holder]:
    """Return who has registered the model, by client id; nobody for an unknown one."""
    rows = ClientModel.objects.filter(model_id=as_id(model_id)).in_order()
    moment = database_now(now)
    return [_holder(columns, moment) for columns in rows.values_list(*_COLUMNS)]


def of_provider(holders: Iterable[Holder], provider: str) -> list[Holder]:
    """Keep the clients that name this provider; the empty name is nobody's."""
    name = _provider_name(provider)
    return [holder for holder in holders if name and holder.provider == name]


def count(model_id: str, now: datetime | None = None) -> int:
    """Return the ready seats of the model."""
    return states.count(holders_of(model_id, now))


def providers(model_id: str, now: datetime | None = None) -> list[str]:
    """Return who serves the model: most registered seats first, then by name."""
    return states.providers(holders_of(model_id, now))


def info(
    model_id: str, provider: str | None = None, now: datetime | None = None
) -> dict[str, Any] | None:
    """Return the latest description of the model; with a provider that of one of its clients.

    None where no such client is there.
    """
    holders = holders_of(model_id, now)
    return states.shared_info(holders if provider is None else of_provider(holders, provider))


def last_updated(model_id: str) -> datetime | None:
    """Return the last change of who holds the model, or of a suspension; None for nobody."""
    moments = ClientModel.objects.filter(model_id=as_id(model_id)).values_list(
        "changed_at", flat=True
    )
    return max(moments, default=None)


# About one client
# ----------------------------------------------------------------------------
def client_models(client_id: str) -> list[dict[str, Any]] | None:
    """Return the client's own descriptions in the order of its list; None for an unknown one."""
    rows = _of_client(client_id).order_by("position").values_list("model_id", "info")
    return [{"id": model_id} | info for model_id, info in rows] or None


def client_info(client_id: str, model_id: str) -> dict[str, Any] | None:
    """Return the client's own description of the model; None where it holds none."""
    rows = _of_client(client_id).filter(model_id=as_id(model_id))
    found = rows.values_list("model_id", "info").first()
    return None if found is None else {"id": found[0]} | found[1]


def supports(client_id: str, model_id: str) -> bool:
    """Whether the client has registered the model, in whatever case, ready or not."""
    asked = as_id(model_id).casefold()
    names = _of_client(client_id).values_list("model_id", flat=True)
    return bool(asked) and any(name.casefold() == asked for name in names)


def _of_client(client_id: str) -> ClientModelQuerySet:
    return ClientModel.objects.filter(client__client_id=as_id(client_id))


# Lists
# ----------------------------------------------------------------------------
def available(
    handler: str,
    *,
    provider: str | None = None,
    status: bool = False,
    now: datetime | None = None,
) -> list[dict[str, Any]]:
    """Return the list of a handler's format; the format changes no membership.

    `status` adds the state of each model, and until when.
    """
    return [
        reported.entry(handler, one.info) | (_status(one.holders) if status else {})
        for one in offered(now).listed(provider)
    ]


def available_entry(
    handler: str, model_id: str, *, now: datetime | None = None
) -> dict[str, Any] | None:
    """Return the model as the list of this format has it, or None if it is not listed."""
    asked = as_id(model_id)
    for one in offered(now).listed():
        if one.model_id == asked:
            return reported.entry(handler, one.info)
    return None


def first_available(*, now: datetime | None = None) -> str:
    """Return the id of the first listed model that somebody is ready to serve.

    Raises NoneListedError, or NoneReadyError where all that is listed waits for quota. It is
    asked before every call of a model, so it reads of the descriptions only what orders them.
    """
    moment = database_now(now)
    found: dict[str, set[HolderState]] = {}
    latest: dict[str, tuple[int, str, int | None]] = {}
    for model_id, client_id, turn, created, *marks in _stamped().all():
        found.setdefault(model_id, set()).add(states.standing(marks, moment)[0])
        registration = (turn, client_id, created)
        latest[model_id] = max(latest.get(model_id, registration), registration, key=_turn)
    together = {model_id: states.together(of) for model_id, of in found.items()}
    if set(together.values()) <= {HolderState.OFF}:
        raise NoneListedError
    ready = [model_id for model_id, state in together.items() if state == HolderState.READY]
    if not ready:
        raise NoneReadyError
    return min(ready, key=lambda model_id: states.newest_first(latest[model_id][2], model_id))


@cache
def _stamped() -> QuerySet[ClientModel, Any]:
    """Return the question of `first_available`; putting it together costs more than asking it."""
    created = Cast(KT("info__created"), BigIntegerField())
    rows = ClientModel.objects.filter(~Q(model_id__in=_unused_ids())).order_by()
    return rows.values_list(
        *("model_id", "client__client_id", "client__registered_turn", created, *_MARKS)
    )


def _turn(registration: tuple[int, str, int | None]) -> tuple[int, str]:
    return registration[:2]


def _status(holders: Sequence[Holder]) -> dict[str, Any]:
    return {"state": states.model_state(holders), "until": states.model_until(holders)}


def _provider_name(provider: str) -> str:
    return provider.strip().lower()
