"""What the first page says: the first steps, what needs a person, and counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, F
from django.utils import timezone

from registry.choices import ConnectionState, LLMStatus, LLMType
from registry.models import ApiToken, Connection, LLMModel
from registry.services.accounts import is_password_change_due

if TYPE_CHECKING:
    from django.contrib.auth.models import User

RETIRES_WITHIN = timedelta(days=90)
_USED = (LLMStatus.ACTIVE, LLMStatus.BETA)


@dataclass(frozen=True)
class FirstSteps:
    """What has been done of the start; one query each."""

    own_password: bool
    usable_connection: bool
    models: bool
    default_embedding: bool
    default_generation: bool
    token: bool


@dataclass(frozen=True)
class Attention:
    """What does not work, or soon will not, until a person does something.

    `unreadable` have a key that the key ring does not open; to everybody else they need a key.
    """

    needs_key: list[Connection] = field(default_factory=list)
    unreadable: list[Connection] = field(default_factory=list)
    blocked: list[Connection] = field(default_factory=list)
    unconnected: list[LLMModel] = field(default_factory=list)
    retiring: list[LLMModel] = field(default_factory=list)


def first_steps(user: User) -> FirstSteps:
    usable = (ConnectionState.READY, ConnectionState.KEYLESS)
    defaults = set(LLMModel.objects.shared().filter(is_default=True).values_list("type", flat=True))
    return FirstSteps(
        own_password=not is_password_change_due(user),
        usable_connection=Connection.objects.filter(state__in=usable).exists(),
        models=LLMModel.objects.shared().exists(),
        default_embedding=LLMType.EMBEDDING in defaults,
        default_generation=LLMType.GENERATION in defaults,
        token=ApiToken.objects.exists(),
    )


def attention(today: date | None = None) -> Attention:
    """Return the organisation's rows that need a person, in four queries; users' own are theirs."""
    found = _by_state()
    llms = LLMModel.objects.shared().order_by("name").only("id", "name", "deprecation_date")
    last_day = (today or timezone.localdate()) + RETIRES_WITHIN
    found.unconnected.extend(llms.active().filter(connection__isnull=True))
    found.retiring.extend(
        llms.filter(status__in=_USED, deprecation_date__lte=last_day).order_by("deprecation_date")
    )
    return found


def _by_state() -> Attention:
    """Open every key once: a damaged one shows only when it is opened."""
    found = Attention()
    columns = ("id", "owner", "label", "origin", "state", "api_key", "private_to")
    for connection in (
        Connection.objects.filter(owner__isnull=True).only(*columns).order_by("label")
    ):
        if not connection.is_readable:
            found.unreadable.append(connection)
        elif connection.state == ConnectionState.NEEDS_KEY:
            found.needs_key.append(connection)
        elif connection.state == ConnectionState.ADDRESS_BLOCKED:
            found.blocked.append(connection)
    return found


def counts() -> dict[str, dict[str, int]]:
    """Return how many shared models there are, by type and status; one query."""
    rows = (
        LLMModel.objects.shared()
        .order_by()
        .values(kind=F("type"), state=F("status"))
        .annotate(number=Count("pk"))
    )
    found = {kind: dict.fromkeys(LLMStatus.values, 0) for kind in LLMType.values}
    for row in rows:
        found[row["kind"]][row["state"]] = row["number"]
    return found
