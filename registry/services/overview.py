"""What the first page says: the first steps, what needs a person, and counts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from django.db.models import Count, F, OuterRef, Q, Subquery
from django.utils import timezone

from registry.choices import ConnectionState, Health, LLMStatus, LLMType
from registry.errors import CredentialUnreadableError
from registry.fields import Binding, SealedSecret
from registry.models import ApiToken, Connection, HealthChange, LLMModel
from registry.services.accounts import is_password_change_due
from registry.services.clients.standing import off_ids, switched_off
from registry.services.sandbox import OF_SANDBOX

if TYPE_CHECKING:
    from django.contrib.auth.models import User

RETIRES_WITHIN = timedelta(days=90)
_USED = (LLMStatus.ACTIVE, LLMStatus.BETA)
_WAITING = (ConnectionState.NEEDS_KEY, ConnectionState.ADDRESS_BLOCKED)
_UNWELL = (Health.DOWN, Health.DEGRADED)
_MEASURED = ("health", "health_since")
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


class Failing(NamedTuple):
    """A model that does not answer as it should; `code` and `stage` say what was found."""

    llm: LLMModel
    code: str
    stage: str


@dataclass(frozen=True)
class Attention:
    """What does not work, or soon will not, until a person does something.

    `unreadable` have a key that the key ring does not open; to everybody else they need a key.
    `failing` are in use and down or degraded, those that are so the longest first.
    """

    needs_key: list[Place]
    unreadable: list[Place]
    blocked: list[Place]
    unconnected: list[LLMModel]
    retiring: list[LLMModel]
    failing: list[Failing]


def first_steps(user: User) -> FirstSteps:
    """Return what is done; the sandbox's rows are to try things with, and no step."""
    usable = Connection.objects.filter(state__in=(ConnectionState.READY, ConnectionState.KEYLESS))
    llms = LLMModel.objects.shared().exclude(OF_SANDBOX).order_by()
    kinds = set(llms.values_list("type", "is_default").distinct())
    return FirstSteps(
        own_password=not is_password_change_due(user),
        usable_connection=usable.exclude(OF_SANDBOX).exists(),
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
        failing=_failing(llms),
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


def _failing(llms: list[Any]) -> list[Failing]:
    """Return those of `_llms` that were measured as not well."""
    bad = [llm for llm in llms if llm.health in _UNWELL and llm.status in _USED]
    bad.sort(key=lambda llm: llm.health_since.timestamp() if llm.health_since else 0.0)
    return [Failing(llm, llm.found or "", llm.found_at or "") for llm in bad]


def _llms(last_day: date) -> list[Any]:
    """Return the models that may be called over nothing, that retire until `last_day`, or fail."""
    leaving = Q(status__in=_USED, deprecation_date__lte=last_day)
    lonely = Q(status=LLMStatus.ACTIVE, connection__isnull=True)
    unwell = Q(status__in=_USED, health__in=_UNWELL)
    newest = HealthChange.objects.filter(llm=OuterRef("pk")).order_by("-at", "-id")
    columns = ("id", "name", "status", "connection", "deprecation_date", *_MEASURED)
    rows = LLMModel.objects.shared().filter(leaving | lonely | unwell).order_by("name")
    reason = {
        "found": Subquery(newest.values("code")[:1]),
        "found_at": Subquery(newest.values("stage")[:1]),
    }
    return list(rows.only(*columns).annotate(**reason))


def without_clients(now: datetime | None = None) -> list[str]:
    """Return the models that all clients are blocked for, and a person has to resume one of them.

    What the catalogue has taken out of use needs nobody's hand.
    """
    off = switched_off(now)
    if not off:
        return []
    rows = LLMModel.objects.shared().filter(model_id__in=off_ids())
    known = set(rows.order_by().values_list("model_id", "status"))
    used = {model_id for model_id, status in known if status in _USED}
    unused = {model_id for model_id, _status in known} - used
    return [model_id for model_id in off if model_id not in unused]


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
