"""The states of what clients hold, in SQL: for lists that are counted and filtered by them.

`states.state_of` says the same of one row; a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Case, CharField, Count, Exists, OuterRef, Q, Value, When

from registry.choices import HolderState
from registry.models import ClientModel
from registry.services.clock import database_now

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from typing import Any

    from django.db.models import QuerySet

    from registry.models import Client

SUSPENDED = Q(suspended_at__isnull=False)
# Blocked until somebody resumes it; a suspension for quota is a cool-down instead.
OFF = SUSPENDED & ~Q(suspended_reason__iexact="quota")


@dataclass(frozen=True)
class Standing:
    """How many models a client holds, by state; and what a person could lift of them.

    `suspended` are off or cool down until resumed, `marked` have a quota mark that runs.
    """

    ready: int = 0
    cooling: int = 0
    off: int = 0
    suspended: int = 0
    marked: int = 0

    @property
    def models(self) -> int:
        return self.ready + self.cooling + self.off

    def number(self, state: str) -> int:
        return {
            HolderState.READY: self.ready,
            HolderState.COOLING: self.cooling,
            HolderState.OFF: self.off,
        }[HolderState(state)]


def state_at(now: datetime) -> Case:
    """Return the expression of a row's state at that moment."""
    return Case(
        When(OFF, then=Value(HolderState.OFF.value)),
        When(_blocked_at(now), then=Value(HolderState.COOLING.value)),
        default=Value(HolderState.READY.value),
        output_field=CharField(),
    )


def held_by(client: Client, now: datetime | None = None) -> QuerySet[ClientModel, Any]:
    """Return what a client holds in its own order, with `state` and `is_marked`."""
    return _told(ClientModel.objects.filter(client=client).order_by("position"), now)


def holding(model_id: str, now: datetime | None = None) -> QuerySet[ClientModel, Any]:
    """Return who holds a model, by client, with `state` and `is_marked`."""
    rows = ClientModel.objects.filter(model_id=model_id).select_related("client")
    return _told(rows.order_by("client__client_id"), now)


def standing_of(clients: Iterable[Client], now: datetime | None = None) -> dict[int, Standing]:
    """Return how the models of each of these clients stand; one query for all."""
    moment = database_now(now)
    blocked = _blocked_at(moment)
    rows = (
        ClientModel.objects.filter(client__in=[client.pk for client in clients])
        .order_by()
        .values_list("client")
        .annotate(
            ready=Count("pk", filter=~OFF & ~blocked),
            cooling=Count("pk", filter=~OFF & blocked),
            off=Count("pk", filter=OFF),
            suspended=Count("pk", filter=SUSPENDED),
            marked=Count("pk", filter=marked_at(moment)),
        )
    )
    return {client: Standing(*numbers) for client, *numbers in rows}


def with_state(
    clients: QuerySet[Client], state: str, now: datetime | None = None
) -> QuerySet[Client]:
    """Keep the clients that hold a model in this state."""
    rows = ClientModel.objects.filter(client=OuterRef("pk"))
    return clients.filter(Exists(rows.alias(now=state_at(database_now(now))).filter(now=state)))


def off_ids() -> QuerySet[ClientModel, str]:
    """Return the ids of the models that are off at some client, for each client once."""
    return ClientModel.objects.filter(OFF).order_by().values_list("model_id", flat=True)


def switched_off(now: datetime | None = None) -> list[str]:
    """Return the models that no client can serve until a person resumes one.

    What all its clients are only over quota for comes back by itself.
    """
    rows = off_ids()
    off = set(rows)
    if not off:
        return []
    ready = ClientModel.objects.filter(~OFF, ~_blocked_at(database_now(now)), model_id__in=rows)
    return sorted(off.difference(ready.order_by().values_list("model_id", flat=True)))


def _told(rows: QuerySet[ClientModel], now: datetime | None) -> QuerySet[ClientModel, Any]:
    moment = database_now(now)
    is_marked = Case(When(marked_at(moment), then=True), default=False)
    return rows.annotate(state=state_at(moment), is_marked=is_marked)


def marked_at(now: datetime) -> Q:
    """Say of a row whether its quota mark runs at that moment."""
    # Spelled out for null, of which "not after now" is not true either.
    return Q(quota_until__isnull=False) & Q(quota_until__gt=now)


def _blocked_at(now: datetime) -> Q:
    return SUSPENDED | marked_at(now)
