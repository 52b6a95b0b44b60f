"""A person's records as a version 2 document, for older programs and for `import_registry`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError, transaction

from audit import events
from registry.choices import ConnectionKind
from registry.errors import (
    CredentialUnreadableError,
    NotPermittedError,
    TrailUnavailableError,
)
from registry.models import Connection
from registry.services.connections import key_for
from roles.services.configuration import provider_word
from roles.services.registry_of import registry_of
from roles.services.revealing import EVENT
from roles.services.slots import slots_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.contrib.auth.models import User

    from roles.models import RoleSlot

REVEAL = "registry.reveal_key"

_LISTS: dict[str, str] = {ConnectionKind.ACCOUNT: "accounts", ConnectionKind.CLI: "credentials"}


@dataclass(frozen=True)
class Export:
    """The document, and the connections whose keys are left out since nobody can read them."""

    document: dict[str, Any]
    unreadable: tuple[str, ...] = ()


def export_registry(user: User) -> Export:
    """Return the user's records without keys: an entry that could have one does not tell."""
    return Export(_document(user, list(_connections(user)), {}))


def export_with_keys(user: User, actor: User | None) -> Export:
    """Return the user's records with the keys in clear.

    Each is on the trail, committed, before any is opened. Raises NotPermittedError unless
    `actor` may have keys revealed, TrailUnavailableError when the trail cannot be written, and
    RuntimeError inside a transaction, which could still take the entries back.
    """
    if actor is None or not actor.has_perm(REVEAL):
        raise NotPermittedError
    rows = list(_connections(user))
    try:
        with transaction.atomic(durable=True):
            for row in rows:
                if row.has_key:
                    events.record(
                        EVENT, row, for_user=user.get_username(), purpose="export_registry"
                    )
    except DatabaseError:
        raise TrailUnavailableError from None
    keys: dict[str, str] = {}
    unreadable = []
    for row in rows:
        try:
            keys[_id(row)] = key_for(row, row.api_url).reveal() if row.has_key else ""
        except CredentialUnreadableError:
            unreadable.append(_id(row))
    return Export(_document(user, rows, keys), tuple(unreadable))


def _connections(user: User) -> Iterable[Connection]:
    rows = Connection.objects.filter(owner=user.pk).select_related("provider")
    found: Iterable[Connection] = rows.order_by("created_at", "pk")
    return found


def _document(user: User, rows: list[Connection], keys: dict[str, str]) -> dict[str, Any]:
    document = registry_of(user)
    for row in rows:
        if row.private_to_id is not None:  # a model's own: here it is an entry like others
            _list_of(document, row).append(_entry(row))
    by_id = {_id(row): row for row in rows}
    for entry in _connection_entries(document):
        entry.pop("hint", None)
        if entry["id"] in by_id:  # all but the login that everybody has
            _complete(entry, by_id[entry["id"]], keys)
    for entry in document["models"]:
        entry.pop("status", None)
    own = {entry["id"] for entry in document["models"]}
    document["roles"] = {
        role: {slot: _name(row, own) for slot, row in slots.items()}
        for role, slots in slots_of(user).items()
    }
    return document


def _complete(entry: dict[str, Any], row: Connection, keys: dict[str, str]) -> None:
    """Add what `registry_of` does not tell: the key, if it is to be there, and other addresses."""
    if entry["id"] in keys and row.kind != ConnectionKind.CLI:
        entry["api_key"] = keys[entry["id"]]
    if row.kind == ConnectionKind.ACCOUNT and row.api_url:
        entry["api_url"] = row.api_url


def _connection_entries(document: dict[str, Any]) -> list[dict[str, Any]]:
    providers = document["providers"].values()
    found = [entry for section in providers for entries in section.values() for entry in entries]
    return [*document["hosts"], *found]


def _list_of(document: dict[str, Any], row: Connection) -> list[dict[str, Any]]:
    if row.kind == ConnectionKind.HOST:
        hosts: list[dict[str, Any]] = document["hosts"]
        return hosts
    section = document["providers"].setdefault(provider_word(row.provider), {})
    entries: list[dict[str, Any]] = section.setdefault(_LISTS[row.kind], [])
    return entries


def _entry(row: Connection) -> dict[str, Any]:
    entry = {"id": _id(row), "label": row.label}
    if row.kind == ConnectionKind.HOST:
        return entry | {"api_url": row.api_url, "host_type": row.host_type}
    return entry


def _name(slot: RoleSlot, own: set[str]) -> str:
    """Return what a slot names; a shared model by its id where an own one has its name."""
    if slot.llm is None:
        return str(slot.builtin)
    is_own = slot.llm.owner_id == slot.owner_id
    is_clear = is_own or (slot.llm.owner_id is None and slot.llm.slug not in own)
    return str(slot.llm.slug if is_clear else slot.llm.pk)


def _id(row: Connection) -> str:
    return row.slug or str(row.pk)
