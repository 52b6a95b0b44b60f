"""What the first page says: the first steps, what needs a person, and counts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from django.db.models import Count, F, Q
from django.utils import timezone

from registry.choices import ConnectionState, LLMStatus, LLMType
from registry.errors import CredentialUnreadableError
from registry.fields import Binding, SealedSecret
from registry.models import ApiToken, Connection, LLMModel
from registry.services.accounts import is_password_change_due

if TYPE_CHECKING:
    from django.contrib.auth.models import User

RETIRES_WITHIN = timedelta(days=90)
_USED = (LLMStatus.ACTIVE, LLMStatus.BETA)
_WAITING = (ConnectionState.NEEDS_KEY, ConnectionState.ADDRESS_BLOCKED)
_UNREADABLE = "unreadable"


@dataclass(frozen=True)
class FirstSteps:
    """What has been done of the start; one query each."""

    own_password: bool
    usable_connection: bool
    models: bool
    default_embedding: bool
    default_generation: bool
    token: bool


class Place(NamedTuple):
    """A connection, and the model that it is private to, if any."""

    pk: UUID
    label: str
    private_to: UUID | None


@dataclass(frozen=True)
class Attention:
    """What does not work, or soon will not, until a person does something.

    `unreadable` have a key that the key ring does not open; to everybody else they need a key.
    """

    needs_key: list[Place]
    unreadable: list[Place]
    blocked: list[Place]
    unconnected: list[LLMModel]
    retiring: list[LLMModel]


def first_steps(user: User) -> FirstSteps:
    usable = (ConnectionState.READY, ConnectionState.KEYLESS)
    kinds = set(LLMModel.objects.shared().order_by().values_list("type", "is_default").distinct())
    return FirstSteps(
        own_password=not is_password_change_due(user),
        usable_connection=Connection.objects.filter(state__in=usable).exists(),
        models=bool(kinds),
        default_embedding=(LLMType.EMBEDDING, True) in kinds,
        default_generation=(LLMType.GENERATION, True) in kinds,
        token=ApiToken.objects.exists(),
    )


def attention(today: date | None = None) -> Attention:
    """Return the organisation's rows that need a person; users' own are their own matter.

    Two queries. Every key is opened once: a damaged one shows only then.
    """
    places = _places()
    last_day = (today or timezone.localdate()) + RETIRES_WITHIN
    llms = _llms(last_day)
    leaving = [
        (llm.deprecation_date, llm)
        for llm in llms
        if llm.deprecation_date is not None and llm.deprecation_date <= last_day
    ]
    return Attention(
        needs_key=places[ConnectionState.NEEDS_KEY],
        unreadable=places[_UNREADABLE],
        blocked=places[ConnectionState.ADDRESS_BLOCKED],
        unconnected=[llm for llm in llms if llm.is_active and llm.connection_id is None],
        retiring=[llm for _day, llm in sorted(leaving, key=itemgetter(0))],
    )


def _places() -> dict[str, list[Place]]:
    columns = ("pk", "label", "private_to", "origin", "state", "api_key")
    rows = Connection.objects.filter(owner__isnull=True).order_by("label").values_list(*columns)
    found: dict[str, list[Place]] = defaultdict(list)
    for pk, label, private_to, origin, state, sealed in rows:
        opens = sealed is None or _opens(sealed, Binding(str(pk), "", origin))
        if not opens or state in _WAITING:
            found[state if opens else _UNREADABLE].append(Place(pk, label, private_to))
    return found


def _opens(sealed: SealedSecret, binding: Binding) -> bool:
    try:
        sealed.open(binding)
    except CredentialUnreadableError:
        return False
    return True


def _llms(last_day: date) -> list[LLMModel]:
    """Return the models that may be called over nothing, or that retire until `last_day`."""
    leaving = Q(status__in=_USED, deprecation_date__lte=last_day)
    lonely = Q(status=LLMStatus.ACTIVE, connection__isnull=True)
    columns = ("id", "name", "status", "connection", "deprecation_date")
    rows = LLMModel.objects.shared().filter(leaving | lonely).order_by("name").only(*columns)
    return list(rows)


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
