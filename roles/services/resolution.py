"""What a user's role runs on right now: always an answer, and always the reason for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import F, OuterRef, Q, Subquery

from registry.choices import LLMStatus, LLMType, Transport
from registry.provider_rules import ALL_PARAMETERS
from roles.choices import Builtin, Slot, Source
from roles.models import Role, RoleSlot
from roles.services.candidates import Candidate, Judge
from roles.services.configuration import serves_hosts
from roles.services.role_table import last_resort, last_resort_of, role_name
from roles.services.slots import visible_to

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from django.contrib.auth.models import User

    from registry.models.llm import LLMQuerySet
    from roles.services.configuration import Configuration
    from roles.services.role_table import RoleInfo

__all__ = ("Candidate", "Resolution", "resolve", "resolve_each")

_AT_ONCE = 20  # local models that are looked at in one query
# All that is read of a slot and of what stands in it: half of what there is, in half the time.
_COLUMNS = (
    *("owner", "role", "slot", "llm", "builtin"),
    *(
        f"llm__{name}"
        for name in (
            *("slug", "owner", "type", "provider", "name", "model_id", "status", "health"),
            *("connection", "transport", "connection_ref", *ALL_PARAMETERS),
        )
    ),
    *(f"llm__provider__{name}" for name in ("slug", "dialect", "direct_api_url", "auth_required")),
    *(
        f"llm__connection__{name}"
        for name in (
            *("owner", "provider", "slug", "kind", "host_type", "api_url", "origin", "api_key"),
            *("key_fingerprint", "key_changed_at", "private_to", "state"),
        )
    ),
)
_ORDER = {slot: at for at, slot in enumerate(Slot.values)}


@dataclass(frozen=True)
class Resolution:
    """The answer for a role, and every candidate up to it (or all) in the order they were tried.

    `chosen` is None only where nothing but a local model would do and there is none: what was
    meant to stay in the house goes to no provider instead. Then `source` is None, too.
    """

    role: str
    chosen: Configuration | None
    source: Source | None
    slot: str
    trace: tuple[Candidate, ...]

    def facts(self) -> dict[str, Any]:
        """Return it as plain values; no key is among them."""
        return {
            "role": self.role,
            "source": None if self.source is None else self.source.value,
            "slot": self.slot or None,
            "model": None if self.chosen is None else self.chosen.facts(),
            "trace": [candidate.facts() for candidate in self.trace],
        }


def resolve(
    user: User | None,
    role: str,
    *,
    healthy_only: bool = False,
    local_only: bool = False,
    whole: bool = False,
    now: datetime | None = None,
) -> Resolution:
    """Return what `role` runs on for a user, or for the organisation (None).

    Tried in this order: the user's slots, the organisation's slots, ROLE_<ROLE> of the
    environment, the role's last resort, claude_cli. With `local_only` any other local model
    comes before the environment. `healthy_only` passes over what was measured as down, and what
    no client can serve now. `whole` goes on with the trace after the answer.

    A few queries, however many slots are filled. Raises ValidationError on `role` for what
    cannot be a name, and nothing else.
    """
    name = role_name(role)
    rows = _slots(user, name)
    judge = Judge(healthy_only, local_only)
    trace = _Trace(whole)
    if healthy_only:
        judge.look_at((row.llm for row in rows if row.llm is not None), now)
    trace.take(judge.of_slot(row) for row in rows)
    if local_only and trace.chosen is None:
        trace.take(_other_local(judge, user, rows, now))
    trace.take(_endings(judge, name, rows))
    return trace.resolution(name)


def resolve_each(user: User | None, infos: Iterable[RoleInfo]) -> list[Resolution]:
    """Return what `resolve` says of each role, the whole trace; no more queries than of one."""
    told = {info.name: info.last_resort for info in infos}
    rows: dict[str, list[RoleSlot]] = {name: [] for name in told}
    for row in _slots(user, *told):
        rows[row.role].append(row)
    found = []
    for name, ends_with in told.items():
        trace = _Trace(whole=True)
        trace.take(map(Judge().of_slot, rows[name]))
        trace.take(_endings(Judge(), name, rows[name], ends_with))
        found.append(trace.resolution(name))
    return found


class _Trace:
    """Candidates in the order they were tried; it takes no more than it needs."""

    def __init__(self, whole: bool) -> None:
        self.tried: list[Candidate] = []
        self.chosen: Candidate | None = None
        self._whole = whole

    def take(self, candidates: Iterator[Candidate]) -> None:
        while self.chosen is None or self._whole:
            candidate = next(candidates, None)
            if candidate is None:
                return
            self.tried.append(candidate)
            if self.chosen is None and candidate.skipped is None:
                self.chosen = candidate

    def resolution(self, role: str) -> Resolution:
        chosen, tried = self.chosen, tuple(self.tried)
        if chosen is None:
            return Resolution(role, None, None, "", tried)
        return Resolution(role, chosen.configuration, chosen.source, chosen.slot, tried)


def _slots(user: User | None, *roles: str) -> list[RoleSlot]:
    """Return what fills the roles' slots: the user's own, then the organisation's."""
    whose = Q(owner__isnull=True)
    if user is not None:
        whose |= Q(owner=user.pk)
    told = Role.objects.filter(name=OuterRef("role")).values("last_resort")[:1]
    rows = (
        RoleSlot.objects.filter(whose, role__in=roles)
        .order_by()
        .select_related("llm__provider", "llm__connection")
        .only(*_COLUMNS)
        .annotate(told=Subquery(told))
        .prefetch_related("llm__tags")
    )
    return sorted(rows, key=lambda row: (row.owner_id is None, _ORDER[row.slot]))


def _other_local(
    judge: Judge, user: User | None, rows: list[RoleSlot], now: datetime | None
) -> Iterator[Candidate]:
    """Yield the local models that stand in no slot, up to the first that can be called."""
    known = [row.llm_id for row in rows if row.llm_id is not None]
    found = _local_models(user).exclude(pk__in=known)
    at = 0
    while llms := list(found[at : at + _AT_ONCE]):
        at += _AT_ONCE
        judge.look_at(llms, now)
        for llm in llms:
            source = Source.ORGANISATION if llm.owner_id is None else Source.USER
            candidate = judge.of_llm(source, llm)
            yield candidate
            if candidate.skipped is None:
                return


def _local_models(user: User | None) -> LLMQuerySet:
    """Return the local models for text in use: a user's own first, the oldest first."""
    usable = visible_to(user).of_type(LLMType.GENERATION)
    usable = usable.filter(status__in=(LLMStatus.ACTIVE, LLMStatus.BETA))
    told = Q(transport=Transport.LOCAL_OPENAI)
    local = usable.filter(told | Q(serves_hosts("provider__"), transport=""))
    rows = local.select_related("provider", "connection").prefetch_related("tags")
    found: LLMQuerySet = rows.order_by(F("owner").asc(nulls_last=True), "created_at", "pk")
    return found


def _endings(
    judge: Judge, role: str, rows: list[Any], ends_with: Builtin | None = None
) -> Iterator[Candidate]:
    """Yield what answers when no slot does; `rows` bring along what the role's own row says."""
    environment = judge.of_environment(role)
    if environment is not None:
        yield environment
    if ends_with is None:
        ends_with = last_resort(role, rows[0].told) if rows else last_resort_of(role)
    yield judge.of_builtin(Source.LAST_RESORT, ends_with)
    yield judge.of_builtin(Source.ABSOLUTE, Builtin.CLAUDE_CLI)
