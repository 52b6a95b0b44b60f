"""What could answer for a role, and why one does not: pure, but for what models bring along."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models.functions import Now

from registry import provider_rules
from registry.choices import ConnectionKind, Health, HolderState, LLMStatus, Transport
from registry.models import ClientModel
from registry.services.clients import states
from roles.choices import Skipped, Source
from roles.services.builtins import builtin, builtin_key
from roles.services.configuration import Configuration, of_llm

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from registry.models import Connection, LLMModel
    from roles.models import RoleSlot

_STATUSES: dict[str, Skipped] = {
    LLMStatus.INACTIVE: Skipped.INACTIVE,
    LLMStatus.DEPRECATED: Skipped.DEPRECATED,
}
_MARKS = ("quota_until", "suspended_at", "suspended_reason")


@dataclass(frozen=True)
class Candidate:
    """One entry of a trace. `name` is for people; `until` is when a cooling one is ready again.

    `configuration` is None of what does not exist, or is not to be shown to this user.
    """

    source: Source
    slot: str
    name: str
    configuration: Configuration | None
    skipped: Skipped | None = None
    until: datetime | None = None

    def facts(self) -> dict[str, Any]:
        """Return it as plain values, which are the same in every language."""
        return {
            "source": self.source.value,
            "slot": self.slot or None,
            "model": None if self.configuration is None else self.configuration.key,
            "name": self.name,
            "skipped": None if self.skipped is None else self.skipped.value,
            "until": None if self.until is None else self.until.isoformat().replace("+00:00", "Z"),
        }


class Judge:
    """Says of each candidate whether it can be the answer to what was asked."""

    def __init__(self, healthy_only: bool = False, local_only: bool = False) -> None:
        self.healthy_only = healthy_only
        self.local_only = local_only
        self._standings: dict[str, tuple[Skipped, datetime | None]] = {}

    def look_at(self, llms: Iterable[LLMModel], now: datetime | None) -> None:
        """Learn how clients stand with these models; one query, where it matters.

        What clients can serve says nothing about a person's own models.
        """
        if self.healthy_only:
            shared = {llm.model_id for llm in llms if llm.owner_id is None}
            self._standings |= _standings_of(shared, now)

    def of_slot(self, row: RoleSlot) -> Candidate:
        """Return a slot as a candidate; `row` comes with its model, provider and connection."""
        source = Source.ORGANISATION if row.owner_id is None else Source.USER
        if row.llm is None:
            return self.of_builtin(source, row.builtin, slot=row.slot)
        if row.llm.owner_id not in (None, row.owner_id):
            # Somebody else's by now: not even its name is told.
            return Candidate(source, row.slot, str(row.llm.pk), None, Skipped.NOT_VISIBLE)
        return self.of_llm(source, row.llm, slot=row.slot)

    def of_llm(
        self, source: Source, llm: LLMModel, *, slot: str = "", tags: Iterable[str] | None = None
    ) -> Candidate:
        configuration = of_llm(llm, tags=tags)
        skipped, until = self._reason(llm, configuration)
        return Candidate(source, slot, configuration.label, configuration, skipped, until)

    def of_builtin(self, source: Source, key: str, *, slot: str = "") -> Candidate:
        """Return a built-in: always there, but never local."""
        configuration = builtin(key)
        if configuration is None:
            return Candidate(source, slot, key, None, Skipped.UNKNOWN)
        skipped = Skipped.NOT_LOCAL if self.local_only else None
        return Candidate(source, slot, configuration.label, configuration, skipped)

    def of_environment(self, role: str) -> Candidate | None:
        """Return what ROLE_<ROLE> names, if it is set.

        What it says is not told where it is no built-in: it may be another program's variable.
        """
        name = role.replace("-", "_").replace(".", "_")
        text = settings.ROLE_DEFAULTS.get(role) or settings.ROLE_DEFAULTS.get(name)
        if not text:
            return None
        key = builtin_key(text)
        if key is None:
            variable = f"ROLE_{name.upper()}"
            return Candidate(Source.ENVIRONMENT, "", variable, None, Skipped.UNKNOWN)
        return self.of_builtin(Source.ENVIRONMENT, key)

    def _reason(
        self, llm: LLMModel, configuration: Configuration
    ) -> tuple[Skipped | None, datetime | None]:
        skipped = _STATUSES.get(llm.status) or reason_of_connection(configuration)
        if skipped is None and self.local_only and not configuration.is_local:
            skipped = Skipped.NOT_LOCAL
        if skipped is not None or not self.healthy_only:
            return skipped, None
        if llm.health == Health.DOWN:
            return Skipped.DOWN, None
        found = self._standings.get(llm.model_id) if llm.owner_id is None else None
        return found or (None, None)


def reason_of_connection(configuration: Configuration) -> Skipped | None:
    """Return why a stored model cannot be called the way it is set up, None if it can."""
    llm = configuration.llm
    if llm is None:
        return None
    connection = configuration.connection
    if connection is None:
        return Skipped.CONNECTION_GONE if _lacks_connection(llm) else None
    if connection.kind == ConnectionKind.CLI:
        return None
    return Skipped.NEEDS_KEY if _needs_key(connection) else None


def _standings_of(
    model_ids: set[str], now: datetime | None
) -> dict[str, tuple[Skipped, datetime | None]]:
    """Return why no client can serve one of these models now, and until when; one query."""
    if not model_ids:
        return {}
    held: dict[str, list[tuple[HolderState, datetime | None]]] = {}
    rows = ClientModel.objects.filter(model_id__in=sorted(model_ids))
    for model_id, at, *marks in rows.values_list("model_id", Now(), *_MARKS):
        held.setdefault(model_id, []).append(states.standing(marks, now or at))
    found: dict[str, tuple[Skipped, datetime | None]] = {}
    for model_id, standings in held.items():
        together = states.together({state for state, _until in standings})
        if together == HolderState.OFF:
            found[model_id] = (Skipped.SUSPENDED, None)
        elif together == HolderState.COOLING:
            ends = [until for _state, until in standings if until is not None]
            found[model_id] = (Skipped.COOLING, min(ends, default=None))
    return found


def _lacks_connection(llm: LLMModel) -> bool:
    """Whether a model without a connection has nothing to be called over.

    One of a provider with an address of its own resolves without: its key comes from elsewhere.
    """
    if llm.connection_ref or llm.connection_id is not None:  # it is somebody else's by now
        return True
    if llm.transport == Transport.LOCAL_OPENAI:
        return True
    needs_address = provider_rules.rule_of(llm.provider).api_endpoint == provider_rules.REQUIRED
    return not llm.transport and needs_address


def _needs_key(connection: Connection) -> bool:
    """Whether a key is missed; the stored state may tell of the address only."""
    if connection.has_key:
        return False
    rule = provider_rules.rule_of(connection.provider)
    return connection.key_changed_at is not None or rule.api_key == provider_rules.REQUIRED
