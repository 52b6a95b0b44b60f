"""The part of an import's plan that is about connections and models."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError

from registry import provider_rules
from registry.choices import ConnectionKind, LLMType
from registry.models import Connection, LLMModel
from registry.models.parameters import CONTEXT_WINDOW
from registry.services.fingerprints import fingerprint
from registry.services.llm_links import fold
from roles.legacy.document import LOCAL, Account, Code, Credential, Host
from roles.legacy.naming import LONGEST
from roles.services.configuration import provider_word, tokens_of
from roles.services.legacy_plan import (
    Action,
    ConnectionStep,
    ModelStep,
    Plan,
    Providers,
    plan_slots,
)

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from registry.models import Provider
    from registry.types import Secret
    from roles.legacy.document import Document, Model

_NO_PROVIDER = "the provider is not registered here; left out (see the command bootstrap)"
_NOUNS: dict[str, str] = {
    ConnectionKind.HOST: "host",
    ConnectionKind.ACCOUNT: "account",
    ConnectionKind.CLI: "login",
}
_GENERATION = LLMType.GENERATION.value
Record = Host | Account | Credential


def make_plan(user: User, document: Document) -> Plan:
    """Return the steps that make the user's records those of the document.

    Each record is replaced as a whole; records that the document does not name stay. A second
    plan after the first was carried out has nothing to do.
    """
    rows = Connection.objects.filter(owner=user).exclude(slug="").select_related("provider")
    records: list[Record] = [*document.hosts, *document.accounts, *document.credentials]
    planner = _Planner(
        user, {row.slug: row for row in rows}, frozenset(record.id for record in records)
    )
    for record in records:
        planner.add_connection(record)
    llms = LLMModel.objects.filter(owner=user).select_related("provider", "connection__provider")
    stored = {row.slug: row for row in llms.prefetch_related("tags")}
    for model in document.models:
        planner.add_model(model, stored.get(model.id))
    plan = planner.plan
    planned = {step.name for step in plan.models}
    left_out = {model.id for model in document.models} - planned
    plan_slots(plan, user, document.roles, left_out)
    return plan


@dataclass
class _Planner:
    """`present` are the user's connections by name, those to come too; `ids` the document's.

    `connections` are what the document's ids mean here.
    """

    user: User
    present: dict[str, Connection]
    ids: frozenset[str]
    plan: Plan = field(default_factory=Plan)
    providers: Providers = field(default_factory=Providers)
    connections: dict[str, Connection] = field(default_factory=dict)

    def add_connection(self, record: Record) -> None:
        kind, columns, key = _told(record)
        where = f"{_NOUNS[kind]} {record.id}"
        word = LOCAL if isinstance(record, Host) else record.provider
        slug = self._slug(record.id, kind, word)
        row = self.present.get(slug)
        provider = self.providers.fitting(word, row.provider if row is not None else None)
        if provider is None:
            self.plan.add(where, Code.UNKNOWN, _NO_PROVIDER)
            return
        if _lacks_address(provider, kind, columns):
            self.plan.add(where, Code.MISSING, "such an account needs an address; left out")
            return
        if slug != record.id:
            why = f"another record has this name; it is called {slug} here"
            self.plan.add(where, Code.RENAMED, why)
        if row is None:
            row = Connection(owner=self.user, slug=slug, kind=kind, provider=provider, **columns)
            step = ConnectionStep(Action.CREATE, _NOUNS[kind], slug, (), row, key or None)
        else:
            step = _change(row, columns, key)
        self.present[slug] = self.connections[record.id] = row
        self.plan.connections.append(step)

    def add_model(self, model: Model, row: LLMModel | None) -> None:
        where = f"model {model.id}"
        connection = _connection_of(model, row, self.connections)
        provider = connection.provider if connection is not None else None
        if provider is None:
            present = row.provider if row is not None else None
            provider = self.providers.fitting(model.provider, present)
        if provider is None:
            self.plan.add(where, Code.UNKNOWN, _NO_PROVIDER)
            return
        if not provider_rules.allows(provider, _GENERATION if row is None else row.type):
            why = "the provider has no models of this type; left out"
            self.plan.add(where, Code.INVALID, why)
            return
        columns: dict[str, str | int | None] = {
            **_columns(model, provider, connection),
            "context_window": self._window(where, model, row),
        }
        changed = [] if row is None else _changed(row, columns, model, provider, connection)
        action = Action.CREATE if row is None else Action.CHANGE if changed else Action.KEEP
        if row is None:
            row = LLMModel(owner=self.user, slug=model.id, type=_GENERATION, provider=provider)
        for name, value in columns.items():
            setattr(row, name, value)
        wrong = _wrong(row)
        if wrong:
            self.plan.add(where, Code.INVALID, f"{wrong} The model stays as it is.")
            return
        step = ModelStep(action, "model", model.id, tuple(changed), row)
        self.plan.models.append(
            replace(step, provider=provider, connection=connection, tags=model.tags)
        )

    def _window(self, where: str, model: Model, row: LLMModel | None) -> int | None:
        """Return the window in tokens; one that is below a bound is noted, and not known here."""
        present, output = (row.context_window, row.max_output_tokens) if row else (None, None)
        tokens = tokens_of(model.context_k, present)
        least = max(int(CONTEXT_WINDOW.minimum or 0), output or 0)
        if tokens is None or tokens >= least:
            return tokens
        why = f"context_k: a window has at least {least:,} tokens here; it was left unknown"
        self.plan.add(where, Code.INVALID, why)
        return None

    def _slug(self, name: str, kind: str, word: str) -> str:
        """Return the name that a record has here: the first that no record of another kind has.

        So it is the same name whenever the document is imported again.
        """
        slug, number = name, 1
        while not self._is_for(slug, kind, word) or (number > 1 and slug in self.ids):
            number += 1
            slug = f"{name[: LONGEST - 20]}-{number}"
        return slug

    def _is_for(self, slug: str, kind: str, word: str) -> bool:
        row = self.present.get(slug)
        return row is None or (row.kind == kind and provider_word(row.provider) == word)


def _change(row: Connection, columns: dict[str, str], key: Secret | None) -> ConnectionStep:
    """Return the step that gives a stored connection these columns and this key."""
    changed = [name for name, value in columns.items() if getattr(row, name) != value]
    new_key = key if key and ("api_url" in changed or not _has(row, key)) else None
    loses = key is not None and not key and (row.has_key or row.key_changed_at is not None)
    if new_key is not None or loses:
        changed.append("api_key")
    for name, value in columns.items():
        setattr(row, name, value)
    action = Action.CHANGE if changed else Action.KEEP
    return ConnectionStep(
        action, _NOUNS[row.kind], row.slug, tuple(changed), row, new_key, has_no_key=loses
    )


def _told(record: Record) -> tuple[str, dict[str, str], Secret | None]:
    """Return a record's kind, its columns, and its key (None: not told, empty: none)."""
    if isinstance(record, Host):
        columns = {
            "label": record.label,
            "api_url": record.api_url,
            "host_type": record.host_type,
        }
        return ConnectionKind.HOST.value, columns, record.api_key
    if isinstance(record, Account):
        columns = {"label": record.label, "api_url": record.api_url}
        return ConnectionKind.ACCOUNT.value, columns, record.api_key
    return ConnectionKind.CLI.value, {"label": record.label}, None


def _lacks_address(provider: Provider, kind: str, columns: dict[str, str]) -> bool:
    if kind != ConnectionKind.ACCOUNT or columns["api_url"]:
        return False
    return provider_rules.rule_of(provider).api_endpoint == provider_rules.REQUIRED


def _has(row: Connection, key: Secret) -> bool:
    """Whether this key is the stored one; one that cannot be read is none."""
    same = row.key_fingerprint == fingerprint(key.reveal(), purpose="api_key")
    return row.has_key and same and row.is_readable


def _columns(model: Model, provider: Provider, connection: Connection | None) -> dict[str, str]:
    return {
        "name": model.label,
        "model_id": model.model_name,
        "transport": "" if model.type == provider.dialect else model.type,
        "connection_ref": "" if connection is not None else model.connection,
    }


def _wrong(row: LLMModel) -> str:
    """Return what the model's other columns do not go with, in words."""
    try:
        row.clean_fields(exclude=("mode",))
        row.validate_constraints(exclude=("slug", "connection", "mode"))
    except ValidationError as error:
        return "; ".join(f"{name}: {' '.join(told)}" for name, told in error.message_dict.items())
    return ""


def _connection_of(
    model: Model, row: LLMModel | None, connections: dict[str, Connection]
) -> Connection | None:
    """Return what the model is called over; one that it has and the document names, it keeps."""
    if not model.connection:
        return None
    if not model.lost:
        return connections.get(model.connection)
    present = row.connection if row is not None else None
    if present is not None and model.connection in (present.slug, str(present.pk)):
        return present
    return None


def _changed(
    row: LLMModel,
    columns: dict[str, str | int | None],
    model: Model,
    provider: Provider,
    connection: Connection | None,
) -> list[str]:
    changed = [name for name, value in columns.items() if getattr(row, name) != value]
    if row.provider_id != provider.pk:
        changed.append("provider")
    if row.connection_id != (None if connection is None else connection.pk):
        changed.append("connection")
    if {tag.folded for tag in row.tags.all()} != {fold(name) for name in model.tags}:
        changed.append("tags")
    return changed
