"""The ways to what a person owns, by the services: connections, models, additions to catalogues."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.contrib.auth.models import User

from registry.models import Connection, LLMModel
from registry.types import LLMChange, Secret
from roles.models import CatalogEntry
from roles.services import own_connections, own_llms, removal
from roles.services.catalogs import remove_entry, save_entry
from tests.factories import API_KEY
from tests.invariants.changes_by_way import Act, Stage, Way
from tests.roles.factories import (
    fill,
    make_account,
    make_claude,
    make_host,
    make_local,
    make_person,
    provider_of,
)

Prepare = Callable[[Stage], Act]

MODEL = ("registry.LLMModel", "roles.RoleSlot")
SLOT = ("roles.RoleSlot",)
TAG = ("registry.Tag",)


def of(user: User | None, **columns: Any) -> LLMModel:
    """Return an own model of a host, which stands in a slot."""
    assert user is not None
    llm = make_local(user, **columns)
    fill(user, llm)
    return llm


def host_of(user: User) -> Connection:
    """Return an own host over which a model is called that stands in a slot."""
    host = of(user).connection
    assert host is not None
    return host


# Connections
# ------------------------------------------------------------------------
def ways_of_connections() -> Iterator[Way]:
    created, updated = ("connection_created",), ("connection_updated",)
    save, gone = "service save_connection: an own", "service remove_connection"
    yield Way(f"{save} host", _of_a_person(_save_host), created)
    yield Way(f"{save} account", _of_a_person(_save_account), created)
    yield Way(f"{save} login", _of_a_person(_save_cli), created)
    yield Way(f"{save} host, renamed", _of_a_host(label="Renamed"), updated)
    yield Way(f"{save} host, the same", _of_a_host())
    yield Way(f"{save} host, with a key", _of_a_host(api_key=Secret("sk-new-0123456789")), updated)
    deleted = ("connection_deleted",)
    yield Way(gone, _removed(make_host), deleted)
    yield Way(f"{gone}: with its model", _removed(host_of), deleted, MODEL)
    yield Way(f"{gone}: gone", _removed_twice)


def _of_a_person(save: Callable[[User], object]) -> Prepare:
    def prepare(_stage: Stage) -> Act:
        for slug in ("openai-compatible", "gemini", "anthropic"):
            provider_of(slug)
        return partial(save, make_person())

    return prepare


def _save_host(user: User) -> object:
    return own_connections.save_host(
        user, None, label="New", api_url="http://new.example", api_key=Secret(API_KEY)
    )


def _save_account(user: User) -> object:
    return own_connections.save_account(
        user, None, provider="google", label="New", api_key=Secret(API_KEY)
    )


def _save_cli(user: User) -> object:
    return own_connections.save_cli(user, None, label="New")


def _of_a_host(**values: Any) -> Prepare:
    def prepare(_stage: Stage) -> Act:
        user = make_person()
        return partial(own_connections.save_host, user, str(make_host(user).pk), **values)

    return prepare


def _removed(make: Callable[[User], Connection]) -> Prepare:
    return lambda _: partial(removal.remove_connection, make(make_person()))


def _removed_twice(_stage: Stage) -> Act:
    host = make_host(make_person())
    known = Connection.objects.get(pk=host.pk)
    removal.remove_connection(host)
    return partial(removal.remove_connection, known)


# Models
# ------------------------------------------------------------------------
def ways_of_own_models() -> Iterator[Way]:
    created, updated = ("model_created",), ("model_updated",)
    save, cloud, gone = "service save_own", "service save_cloud_model", "service remove_llm"
    yield Way(f"{save}: new", _new_local, created, TAG)
    yield Way(f"{save}: change", _renamed, updated)
    yield Way(f"{save}: the same", _the_same)
    yield Way(cloud, _new_cloud(), created)
    yield Way(f"{cloud}: at an account", _at_an_account, created)
    login = ("connection_created", "model_created")
    yield Way(f"{cloud}: the login of all", _new_cloud(credential="cli"), login)
    yield Way(f"{cloud}: change", _cloud_changed(label="Renamed"), updated)
    yield Way(f"{cloud}: the same", _cloud_changed())
    yield Way(
        gone, lambda _: partial(removal.remove_llm, of(make_person())), ("model_deleted",), SLOT
    )
    yield Way(
        f"{gone}: in no slot", lambda _: _remove(make_local(make_person())), ("model_deleted",)
    )


def _remove(llm: LLMModel) -> Act:
    return partial(removal.remove_llm, llm)


def _new_local(_stage: Stage) -> Act:
    user = make_person()
    named = {"host": str(make_host(user).pk), "model_name": "new", "tags": ["fast"]}
    return _saving(own_llms.save_local_model, user, None, **named)


def _saving(save: Callable[..., object], *arguments: Any, **named: Any) -> Act:
    return partial(save, *arguments, **named)


def _renamed(_stage: Stage) -> Act:
    llm = of(make_person())
    llm.name = "Renamed"
    return partial(own_llms.save_own, llm, LLMChange(frozenset({"name"})))


def _the_same(_stage: Stage) -> Act:
    return partial(own_llms.save_own, of(make_person()), LLMChange(frozenset({"name"})))


def _new_cloud(**values: Any) -> Prepare:
    def prepare(_stage: Stage) -> Act:
        maker = provider_of("anthropic").slug
        named = {"provider": maker, "model_name": "new", **values}
        return _saving(own_llms.save_cloud_model, make_person(), None, **named)

    return prepare


def _at_an_account(_stage: Stage) -> Act:
    user = make_person()
    named = {"provider": "google", "model_name": "new", "account": make_account(user).slug}
    return _saving(own_llms.save_cloud_model, user, None, **named)


def _cloud_changed(**values: Any) -> Prepare:
    def prepare(_stage: Stage) -> Act:
        user = make_person()
        llm = make_claude(user)
        named = {"provider": "anthropic", "model_name": llm.model_id, "label": llm.name, **values}
        return _saving(own_llms.save_cloud_model, user, str(llm.pk), **named)

    return prepare


# Additions to catalogues
# ------------------------------------------------------------------------
def entry_of(user: User) -> CatalogEntry:
    return save_entry(user, provider_of("gemini").slug, model_id="new", label="New")


def ways_of_additions() -> Iterator[Way]:
    save, gone = "service save_entry", "service remove_entry"
    yield Way(f"{save}: new", _adding, ("catalog_entry_created",))
    yield Way(f"{save}: change", _added("Renamed"), ("catalog_entry_updated",))
    yield Way(f"{save}: the same", _added("New"))
    deleted = ("catalog_entry_deleted",)
    yield Way(
        gone,
        lambda _: partial(remove_entry, entry_of(make_person()).owner, "gemini", "new"),
        deleted,
    )
    yield Way(
        f"{gone}: there is none", lambda _: partial(remove_entry, make_person(), "gemini", "new")
    )


def _adding(_stage: Stage) -> Act:
    return partial(save_entry, make_person(), provider_of("gemini").slug, model_id="new")


def _added(label: str) -> Prepare:
    def prepare(_stage: Stage) -> Act:
        user = entry_of(make_person()).owner
        return partial(save_entry, user, "gemini", model_id="new", label=label)

    return prepare


def ways_to_own_records() -> Iterator[Way]:
    yield from ways_of_connections()
    yield from ways_of_own_models()
    yield from ways_of_additions()
