"""All that a user has registered, as one document; and his models, each ready to be called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.choices import ConnectionKind
from registry.models import Connection, LLMModel
from roles.choices import Slot, Source
from roles.services.candidates import Judge
from roles.services.configuration import LOCAL, Configuration, of_llm, provider_word
from roles.services.role_table import defined_roles
from roles.services.slots import name_of, slots_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.contrib.auth.models import User

    from roles.models import RoleSlot

VERSION = 2
# Whose command-line login needs no entry of its own.
DEFAULT_CREDENTIAL = {"id": "cli", "label": "Claude CLI (OAuth)", "type": "cli"}

# How a model's entry names what it is called over, by the kind of that.
_REFERENCES: dict[str, str] = {
    ConnectionKind.HOST: "host_id",
    ConnectionKind.ACCOUNT: "account_id",
    ConnectionKind.CLI: "credential_id",
}


def registry_of(user: User) -> dict[str, Any]:
    """Return the user's own records in the shape of a version 2 document, without any key.

    Where the document has a key this one has `hint`. What cannot be used is there, too.
    """
    connections = list(_connections(user))
    return {
        "version": VERSION,
        "providers": _providers(connections),
        "hosts": [_host(row) for row in connections if row.kind == ConnectionKind.HOST],
        "models": [_model(llm) for llm in own_llms(user)],
        "roles": {role: slot_names(slots) for role, slots in slots_of(user).items()},
    }


def resolved_models(user: User) -> list[Configuration]:
    """Return the user's own models that can be used, oldest first; built-ins are nobody's own."""
    judge = Judge()
    candidates = (judge.of_llm(Source.USER, llm) for llm in own_llms(user))
    return [
        candidate.configuration
        for candidate in candidates
        if candidate.skipped is None and candidate.configuration is not None
    ]


def roles_of(user: User | None) -> dict[str, dict[str, str | None]]:
    """Return the defined roles with what fills each of their slots, None where nothing does."""
    filled = slots_of(user)
    empty: dict[str, str | None] = dict.fromkeys(Slot.values)
    return {
        info.name: {**empty, **slot_names(filled.get(info.name, {}))} for info in defined_roles()
    }


def slot_names(slots: dict[str, RoleSlot]) -> dict[str, str]:
    """Return what filled slots name: a built-in's key, or a model's slug."""
    return {slot: name_of(row) for slot, row in slots.items()}


def own_llms(user: User) -> Iterable[LLMModel]:
    """Return the user's models, oldest first, with what their configuration needs."""
    rows = LLMModel.objects.filter(owner=user.pk).order_by("created_at", "pk")
    found: Iterable[LLMModel] = rows.select_related("provider", "connection").prefetch_related(
        "tags"
    )
    return found


def _connections(user: User) -> Iterable[Connection]:
    rows = Connection.objects.filter(owner=user.pk, private_to__isnull=True)
    found: Iterable[Connection] = rows.select_related("provider").order_by("created_at", "pk")
    return found


def _providers(connections: list[Connection]) -> dict[str, Any]:
    found: dict[str, Any] = {"anthropic": {"credentials": []}, "google": {"accounts": []}}
    for row in connections:
        entry = {"id": _id(row), "label": row.label}
        section = found.setdefault(provider_word(row.provider), {})
        if row.kind == ConnectionKind.ACCOUNT:
            section.setdefault("accounts", []).append(entry | {"hint": row.key_hint})
        elif row.kind == ConnectionKind.CLI:
            section.setdefault("credentials", []).append(entry | {"type": "cli"})
    if not found["anthropic"]["credentials"]:
        found["anthropic"]["credentials"].append(dict(DEFAULT_CREDENTIAL))
    return {word: section for word, section in found.items() if section}


def _host(row: Connection) -> dict[str, Any]:
    return {
        "id": _id(row),
        "label": row.label,
        "api_url": row.api_url,
        "host_type": row.host_type,
        "hint": row.key_hint,
    }


def _model(llm: LLMModel) -> dict[str, Any]:
    facts = of_llm(llm).facts()
    names = ("id", "type", "label", "model_name", "provider")
    return {
        **{name: facts[name] for name in names},
        **_reference(llm),
        **{name: facts[name] for name in ("context_k", "tags")},
        "status": llm.status,
    }


def _reference(llm: LLMModel) -> dict[str, str]:
    """Return what the model is called over, gone or not, under the name that its kind has."""
    if llm.connection is not None:
        return {_REFERENCES[llm.connection.kind]: _id(llm.connection)}
    if not llm.connection_ref:
        return {}
    word = provider_word(llm.provider)
    name = {LOCAL: "host_id", "anthropic": "credential_id"}.get(word, "account_id")
    return {name: llm.connection_ref}


def _id(row: Connection) -> str:
    return row.slug or str(row.pk)
