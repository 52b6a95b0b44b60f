"""The deeds of roles.json: the functions of the older program, each by one call of a service."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from registry.choices import ConnectionKind
from registry.types import Secret
from roles.services import own_connections, own_llms
from roles.services.slots import find_target, set_slot
from tests.cases.roles_people import World

Args = dict[str, Any]
Deed = Callable[[World, str, Args], Any]


def _set_role(world: World, name: str, args: Args) -> bool:
    person = world.person(name)
    text = args["model_id"]
    target = find_target(text, person) if text else None
    set_slot(person, args["role"], args["priority"], target)
    return True


def _save_google_account(world: World, name: str, args: Args) -> str:
    found = own_connections.save_account(
        world.person(name),
        args["account_id"],
        provider="google",
        label=args["label"],
        api_key=Secret(args["api_key"]),
    )
    return str(found.slug)


def _save_host(world: World, name: str, args: Args) -> str:
    found = own_connections.save_host(
        world.person(name),
        args["host_id"],
        label=args["label"],
        api_url=args["api_url"],
        api_key=Secret(args["api_key"]),
        host_type=args.get("host_type", "openwebui"),
    )
    return str(found.slug)


def _save_model(world: World, name: str, args: Args) -> str:
    found = own_llms.save_local_model(
        world.person(name),
        args["model_id"],
        host=args["host_id"] or "",
        label=args["label"],
        model_name=args["model_name"],
        context_k=args.get("context_k", 0),
        tags=args.get("tags") or (),
    )
    return str(found.slug)


def _save_cloud_model(world: World, name: str, args: Args) -> str:
    found = own_llms.save_cloud_model(
        world.person(name),
        args["model_id"],
        provider=args["provider"],
        model_name=args["model_name"],
        label=args["label"],
        account=args.get("account_id"),
        credential=args.get("credential_id"),
        context_k=args.get("context_k", 0),
        tags=args.get("tags") or (),
    )
    return str(found.slug)


def _remove(word: str, kind: ConnectionKind) -> Deed:
    return lambda world, name, args: own_connections.remove_connection(
        world.person(name), args[word], kind
    )


def _load(world: World, name: str, args: Args) -> dict[str, str] | None:
    """Return why the person's document was not read, None if it was or there is none."""
    report = world.reports[name]
    if not report.get("skipped") or not report["source"]:
        return None
    return {"error": report["problems"][0]["code"]}


DEEDS: dict[str, Deed] = {
    "set_role": _set_role,
    "save_google_account": _save_google_account,
    "remove_google_account": _remove("account_id", ConnectionKind.ACCOUNT),
    "save_host": _save_host,
    "remove_host": _remove("host_id", ConnectionKind.HOST),
    "save_model": _save_model,
    "save_cloud_model": _save_cloud_model,
    "remove_model": lambda world, name, args: own_llms.remove_model(
        world.person(name), args["model_id"]
    ),
    "load": _load,
}
