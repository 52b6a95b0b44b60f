"""The questions of roles.json: what the older program would read, as the services tell it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from registry.choices import ConnectionKind
from registry.types import Secret
from roles.services import catalogs, host_models, own_connections, own_llms, registry_of
from roles.services.best_local import best_local
from roles.services.configuration import Configuration
from roles.services.google_key import google_key
from roles.services.legacy_export import export_with_keys
from roles.services.resolution import resolve
from roles.services.revealing import reveal
from roles.services.slots import slots_of
from tests.cases.roles_people import World
from tests.outbound import answer, far_side

Args = dict[str, Any]
Question = Callable[[World, User, Args], Any]


def clear(world: World, user: User) -> dict[str, Any]:
    """Return a person's document with its keys, which are on the trail before they are opened."""
    return export_with_keys(user, world.custodian).document


def hosts(user: User) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = registry_of.registry_of(user)["hosts"]
    return found


def models(user: User) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = registry_of.registry_of(user)["models"]
    return found


def accounts(user: User) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = registry_of.registry_of(user)["providers"]["google"]["accounts"]
    return found


def credentials(user: User) -> list[dict[str, Any]]:
    providers = registry_of.registry_of(user)["providers"]
    found: list[dict[str, Any]] = providers["anthropic"]["credentials"]
    return found


def ids(entries: list[dict[str, Any]]) -> list[str]:
    return [entry["id"] for entry in entries]


def entry_of(entries: list[dict[str, Any]], name: str) -> dict[str, Any] | None:
    return {entry["id"]: entry for entry in entries}.get(name)


def called(user: User, found: Configuration | None, key: Secret | None) -> dict[str, Any] | None:
    """Return a configuration with the stored record's words, and with the key of its own.

    The server's key, and another account's, are no key of its own.
    """
    if found is None:
        return None
    stored = {} if found.is_builtin else entry_of(models(user), found.key) or {}
    facts = stored | found.facts()
    if found.connection is not None:
        facts["api_key"] = "" if key is None else key.reveal()
    return facts


def _role(world: World, user: User, args: Args) -> Any:
    role = args["role"]
    found, revealed = resolve(user, role), reveal(user, role)
    assert revealed.resolution.source == found.source
    return called(user, found.chosen, revealed.api_key)


def _best_local(world: World, user: User, args: Args) -> Any:
    role = args["role"]
    return called(user, best_local(user, role), reveal(user, role, local_only=True).api_key)


def _google_key(world: World, user: User, args: Args) -> str | None:
    found = google_key(user, args["account"])
    return None if found is None else found.reveal()


def _defined_roles(world: World, user: User, args: Args) -> dict[str, dict[str, str]]:
    """Return the filled slots alone: in the older document an empty one may be missing."""
    found: dict[str, dict[str, str]] = {}
    for role, slots in registry_of.roles_of(user).items():
        found[role] = {}
        for slot, name in slots.items():
            if name is not None:
                found[role][slot] = name
    return found


def _slots(world: World, user: User, args: Args) -> dict[str, str]:
    return registry_of.slot_names(slots_of(user).get(args["role"], {}))


def _all_models(world: World, user: User, args: Args) -> list[str]:
    return [one.key for one in registry_of.resolved_models(user)]


def _host_models(world: World, user: User, args: Args) -> dict[str, Any]:
    """Save the host, let its far side answer, and return what was asked and what was heard.

    The host is gone afterwards: to ask is not to register.
    """
    with pytest.MonkeyPatch.context() as patch, transaction.atomic():
        fake = far_side(patch, lambda call: answer(args["payload"]))
        row = own_connections.save_host(
            user,
            None,
            label="asked",
            api_url=args["api_url"],
            api_key=Secret(args.get("api_key") or ""),
            host_type=args["host_type"],
        )
        names = host_models.models_of_host(user, str(row.pk))
        transaction.set_rollback(True)
    (call,) = fake.calls
    return {"url": call.url, "models": names}


QUESTIONS: dict[str, Question] = {
    "role": _role,
    "best_local": _best_local,
    "google_key": _google_key,
    "masked_accounts": lambda world, user, args: accounts(user),
    "all_models": _all_models,
    "defined_roles": _defined_roles,
    "slots": _slots,
    "models": lambda world, user, args: ids(models(user)),
    "hosts": lambda world, user, args: ids(hosts(user)),
    "accounts": lambda world, user, args: ids(accounts(user)),
    "credentials": lambda world, user, args: ids(credentials(user)),
    "model": lambda world, user, args: entry_of(models(user), args["id"]),
    "host": lambda world, user, args: entry_of(clear(world, user)["hosts"], args["id"]),
    "account": lambda world, user, args: entry_of(
        clear(world, user)["providers"]["google"]["accounts"], args["id"]
    ),
    "catalog": lambda world, user, args: catalogs.catalog(args["provider"]),
    "version": lambda world, user, args: registry_of.registry_of(user)["version"],
    "persisted": lambda world, user, args: world.has_written,
    "original_preserved": lambda world, user, args: world.has_originals,
    "model_count": lambda world, user, args: own_llms.own_models(user).count(),
    "host_models": _host_models,
    "host_count": lambda world, user, args: own_connections.own_connections(
        user, ConnectionKind.HOST
    ).count(),
    "account_count": lambda world, user, args: own_connections.own_connections(
        user, ConnectionKind.ACCOUNT
    ).count(),
}
