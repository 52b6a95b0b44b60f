"""What clients together say of a model: ready, cooling or off, and who of them counts.

Pure: rows in, answers out. What is blocked takes all seats of its client, and each client once.
"""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from django.core.exceptions import ValidationError

from registry.choices import HolderState
from registry.fields import refuse_control_characters

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

# The one reason of a suspension that means the same as a quota mark.
QUOTA = "quota"
# What an info says of lengths, in tokens; zero and less are unknown.
LIMITS = ("context_length", "max_completion_tokens", "inputTokenLimit", "outputTokenLimit")


class Marked(Protocol):
    """The marks of what a client holds, as `models.ClientModel` has them."""

    @property
    def quota_until(self) -> datetime | None: ...

    @property
    def suspended_at(self) -> datetime | None: ...

    @property
    def suspended_reason(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Holder:
    """One client's hold of one model at one moment.

    `until` is when a cooling client is ready again by itself, None where it is not known. `turn`
    orders registrations: the higher is the later one.
    """

    client_id: str
    provider: str
    model_id: str
    seats: int
    position: int
    info: Mapping[str, Any]
    state: HolderState
    until: datetime | None
    reason: str
    turn: int
    changed_at: datetime


def as_id(text: str) -> str:
    """Return an id of a question as it would be registered; empty if none could be.

    No database looks for a NUL, and not every one says so.
    """
    try:
        refuse_control_characters(text)
    except ValidationError:
        return ""
    return text.strip()


def is_quota(reason: str) -> bool:
    return reason.strip().casefold() == QUOTA


def state_of(row: Marked, now: datetime) -> HolderState:
    """Return what the client can do with the model at this moment."""
    return standing((row.quota_until, row.suspended_at, row.suspended_reason), now)[0]


def standing(marks: Sequence[Any], now: datetime) -> tuple[HolderState, datetime | None]:
    """Return the state that marks make, and when it ends by itself: a suspension never does.

    `marks` are quota_until, suspended_at and suspended_reason. A window's end is not in it.
    """
    quota_until, suspended_at, reason = marks
    if suspended_at is not None:
        return (HolderState.COOLING if is_quota(reason) else HolderState.OFF), None
    if quota_until is not None and quota_until > now:
        return HolderState.COOLING, quota_until
    return HolderState.READY, None


def count(holders: Sequence[Holder]) -> int:
    """Return the ready seats."""
    return sum(holder.seats for holder in holders if holder.state == HolderState.READY)


def is_listed(holders: Sequence[Holder]) -> bool:
    """Whether a list shows the model: somebody is ready, or everybody only waits for quota."""
    return model_state(holders) not in (None, HolderState.OFF)


def model_state(holders: Sequence[Holder]) -> HolderState | None:
    """Return the state of the model by the clients that hold it; None where none does."""
    return together({holder.state for holder in holders})


def together(found: Collection[str]) -> HolderState | None:
    """Return the state that those of the holders make: one who is ready is enough."""
    order = (HolderState.READY, HolderState.OFF, HolderState.COOLING)
    return next((state for state in order if state in found), None)


def model_until(holders: Sequence[Holder]) -> datetime | None:
    """Return when a model that only waits for quota is ready again, where that is known."""
    if model_state(holders) != HolderState.COOLING:
        return None
    return min((holder.until for holder in holders if holder.until is not None), default=None)


def providers(holders: Sequence[Holder]) -> list[str]:
    """Return who serves the model: most registered seats first, whether ready or not."""
    seats: Counter[str] = Counter()
    for holder in holders:
        if holder.provider:
            seats[holder.provider] += holder.seats
    return sorted(seats, key=lambda name: (-seats[name], name))


def shared_info(holders: Sequence[Holder]) -> dict[str, Any] | None:
    """Return the description by whoever registered last of those who are there."""
    if not holders:
        return None
    latest = max(holders, key=lambda holder: (holder.turn, holder.client_id))
    return {"id": latest.model_id} | deepcopy(dict(latest.info))


def published_limits(holders: Sequence[Holder]) -> dict[str, int]:
    """Return the lengths that every client which may be called keeps: the smallest known."""
    routable = [holder.info for holder in holders if holder.state != HolderState.OFF]
    known = {
        name: [info[name] for info in routable if (info.get(name) or 0) > 0] for name in LIMITS
    }
    return {name: min(lengths) for name, lengths in known.items() if lengths}


def published_info(holders: Sequence[Holder]) -> dict[str, Any] | None:
    """Return the shared description with the lengths that hold whichever client is called."""
    found = shared_info(holders)
    if found is None:
        return None
    rest = {name: value for name, value in found.items() if name not in LIMITS}
    return rest | published_limits(holders)


def newest_first(created: int | None, model_id: str) -> tuple[int, str]:
    """Return what lists are sorted by: the newest first, who does not say last, then by id."""
    return -max(created or 0, 0), model_id
