"""The ways by which people change what is their own over HTTP, and staff the roles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from roles.choices import Builtin
from roles.services.catalogs import save_entry
from tests.factories import API_KEY
from tests.invariants.changes_by_tests import asks_for
from tests.invariants.changes_by_way import Act, Stage, Way
from tests.invariants.changes_to_own_records import MODEL, SLOT, host_of, of
from tests.invariants.changes_to_roles import (
    DELETED,
    SLOT_EMPTIED,
    SLOT_SET,
    makers,
)
from tests.roles.factories import fill, make_host, make_role

Prepare = Callable[[Stage], Act]

MY, ROLES = "/api/v1/my", "/api/v1/roles"
CONNECTIONS, MODELS, ADDED = f"{MY}/connections", f"{MY}/models", "/api/v1/admin/roles"
CHAT = f"{ROLES}/chat/primary"


def _sent(method: str, path: str, body: Any = None, **headers: str) -> Prepare:
    def prepare(stage: Stage) -> Act:
        makers()
        return partial(stage.api.call, method, path, body, **headers)

    return prepare


def _to(
    make: Callable[[Stage], str], method: str, body: Any = None, *, end: str = "", **headers: str
) -> Prepare:
    """Send to the address of a row that is made first."""

    def prepare(stage: Stage) -> Act:
        makers()
        return partial(stage.api.call, method, f"{make(stage)}{end}", body, **headers)

    return prepare


def _repeated(path: str, body: Any) -> Prepare:
    def prepare(stage: Stage) -> Act:
        makers()
        act = partial(stage.api.post, path, body, Idempotency_Key="once")
        assert act().status_code == 201
        return act

    return prepare


def _host(stage: Stage) -> str:
    return f"{CONNECTIONS}/{make_host(stage.boss, label='Old').pk}"


def _used_host(stage: Stage) -> str:
    return f"{CONNECTIONS}/{host_of(stage.boss).pk}"


def _llm(stage: Stage) -> str:
    return f"{MODELS}/{of(stage.boss, name='Old').pk}"


def _role(_stage: Stage) -> str:
    return f"{ADDED}/{make_role(label='Old').name}"


def _rows(
    name: str,
    path: str,
    make: Callable[[Stage], str],
    body: dict[str, Any],
    *,
    column: str,
    noun: str,
) -> Iterator[Way]:
    """Yield the four verbs of one resource, all but its deletion."""
    created, updated = (f"{noun}_created",), (f"{noun}_updated",)
    post, row = f"api POST {name}-list", f"{name}-detail"
    yield Way(post, _sent("POST", path, body), created, status=201)
    yield Way(f"{post}: repeated", _repeated(path, body), status=201)
    yield Way(f"{post}: wrong", _sent("POST", path, {"wrong": 1}), status=400)
    for method in ("PUT", "PATCH"):
        way, sent = f"api {method} {row}", partial(_to, make, method)
        yield Way(way, sent({column: "Renamed"}), updated, status=200)
        yield Way(f"{way}: wrong", sent({"wrong": 1}), status=400)
        yield Way(f"{way}: outdated", sent({column: "Renamed"}, If_Match='"0"'), status=412)
    yield Way(f"api PATCH {row}: the same", _to(make, "PATCH", {column: "Old"}), status=200)
    outdated = _to(make, "DELETE", If_Match='"0"')
    yield Way(f"api DELETE {row}: outdated", outdated, status=412)


def ways_of_own_rows() -> Iterator[Way]:
    host = {"kind": "host", "label": "New", "api_url": "http://new.example", "api_key": API_KEY}
    yield from _rows("my-connections", CONNECTIONS, _host, host, column="label", noun="connection")
    account = {"kind": "account", "provider": "google", "label": "New", "api_key": API_KEY}
    post = "api POST my-connections-list"
    yield Way(f"{post}: account", _sent("POST", CONNECTIONS, account), ("connection_created",))
    gone, deleted = "api DELETE my-connections-detail", ("connection_deleted",)
    yield Way(gone, _to(_host, "DELETE"), deleted, status=204)
    yield Way(f"{gone}: with its model", _to(_used_host, "DELETE"), deleted, MODEL, status=204)
    key = "api DELETE my-connections-key"
    yield Way(key, _to(_host, "DELETE", end="/key"), ("connection_key_removed",), status=200)
    listed = _to(_host, "POST", end="/models")
    yield Way("api POST my-connections-models", listed)
    tested = _to(_host, "POST", end="/test")
    yield Way("api POST my-connections-test", asks_for(1, tested), status=202)
    llm = {"provider": "anthropic", "model_id": "new", "name": "New"}
    yield from _rows("my-models", MODELS, _llm, llm, column="name", noun="model")
    removed = ("model_deleted",)
    yield Way("api DELETE my-models-detail", _to(_llm, "DELETE"), removed, SLOT, status=204)
    tested = _to(_llm, "POST", end="/test")
    yield Way("api POST my-models-test", asks_for(1, tested), status=202)


def ways_of_own_catalog() -> Iterator[Way]:
    path, new = f"{MY}/catalog/google", {"id": "new", "label": "New"}
    post, gone = "api POST my-catalog", "api DELETE my-catalog"
    created, deleted = ("catalog_entry_created",), ("catalog_entry_deleted",)
    yield Way(post, _sent("POST", path, new), created, status=201)
    yield Way(f"{post}: the same", _addition("POST", path, new), status=201)
    changed = new | {"label": "Renamed"}
    updated = ("catalog_entry_updated",)
    yield Way(f"{post}: change", _addition("POST", path, changed), updated, status=201)
    yield Way(f"{post}: wrong", _sent("POST", path, {"id": ""}), status=400)
    yield Way(gone, _addition("DELETE", f"{path}?model=new"), deleted, status=204)
    yield Way(f"{gone}: there is none", _sent("DELETE", f"{path}?model=new"), status=404)


def _addition(method: str, path: str, body: Any = None) -> Prepare:
    def prepare(stage: Stage) -> Act:
        makers()
        save_entry(stage.boss, "google", model_id="new", label="New")
        return partial(stage.api.call, method, path, body)

    return prepare


def ways_of_slots_by_api() -> Iterator[Way]:
    put, shared = "api PUT roles-slot", f"{CHAT}?scope=organisation"
    one, nothing = {"model": "gemini_api"}, {"model": None}
    yield Way(put, _sent("PUT", CHAT, one), SLOT_SET, status=200)
    yield Way(f"{put}: the organisation's", _sent("PUT", shared, one), SLOT_SET, status=200)
    yield Way(f"{put}: the same", _filled("PUT", CHAT, one), status=200)
    yield Way(f"{put}: empty", _filled("PUT", CHAT, nothing), SLOT_EMPTIED, status=200)
    yield Way(f"{put}: empty already", _sent("PUT", CHAT, nothing), status=200)
    yield Way(f"{put}: wrong", _filled("PUT", CHAT, {"model": "no such model"}), status=400)
    outdated = _filled("PUT", CHAT, nothing, If_Match='"7"')
    yield Way(f"{put}: outdated", outdated, status=412)
    resolve, ask = "api ANY roles-resolve", f"{ROLES}/chat/resolve"
    yield Way(resolve, _filled("POST", ask), status=200)
    # Inside the transaction of these tests no entry is there for good: see test_u1_commands.py.
    reveal = {"reveal": True}
    yield Way(f"{resolve}: with a key, untold", partial(_revealed, reveal), status=503)


def _filled(method: str, path: str, body: Any = None, **headers: str) -> Prepare:
    def prepare(stage: Stage) -> Act:
        fill(stage.boss, Builtin.GEMINI_API)
        return partial(stage.api.call, method, path, body, **headers)

    return prepare


def _revealed(body: dict[str, Any], stage: Stage) -> Act:
    of(stage.boss)
    return partial(stage.api.post, f"{ROLES}/chat/resolve", body)


def ways_of_added_roles() -> Iterator[Way]:
    yield from _rows("added-roles", ADDED, _role, {"name": "new"}, column="label", noun="role")
    yield Way("api DELETE added-roles-detail", _to(_role, "DELETE"), DELETED, status=204)


def ways_of_roles_by_api() -> Iterator[Way]:
    yield from ways_of_own_rows()
    yield from ways_of_own_catalog()
    yield from ways_of_slots_by_api()
    yield from ways_of_added_roles()
