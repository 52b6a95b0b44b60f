"""The ways by which clients say over HTTP what they serve and when they run out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from tests.factories import make_client
from tests.invariants.changes_by_clients import ONE, TWO, suspended
from tests.invariants.changes_by_way import Act, Stage, Way

KNOWN = "/api/v1/clients/known"
STRANGER = "/api/v1/clients/stranger"


def _call(
    make: Callable[[], object], method: str, path: str, body: Any = None
) -> Callable[[Stage], Act]:
    def prepare(stage: Stage) -> Act:
        make()
        return partial(stage.api.call, method, path, body)

    return prepare


_known = partial(make_client, "known", "one", "two", provider="openai")
_put = partial(_call, _known, "PUT")
_put_suspended = partial(_call, suspended, "PUT")
_delete = partial(_call, _known, "DELETE")
_delete_suspended = partial(_call, suspended, "DELETE")


def _body(*models: Any, provider: Any = "openai") -> dict[str, Any]:
    return {"provider": provider, "models": list(models)}


def _registering() -> Iterator[Way]:
    put, gone = "api PUT client", "api DELETE client"
    updated, removed = ("client_updated",), ("client_unregistered",)
    yield Way(put, _put(STRANGER, _body(ONE)), ("client_registered",), status=201)
    yield Way(f"{put}: the same", _put(KNOWN, _body(ONE, TWO)), status=200)
    named = _body(ONE | {"name": "New"}, TWO)
    yield Way(f"{put}: another description", _put(KNOWN, named), status=200)
    yield Way(f"{put}: other models", _put(KNOWN, _body(ONE)), updated, status=200)
    yield Way(f"{put}: suspended", _put_suspended(KNOWN, _body(ONE, TWO)), updated, status=200)
    yield Way(f"{put}: nothing", _put(KNOWN, _body(None)), removed, status=200)
    yield Way(f"{put}: nothing of a stranger", _put(STRANGER, _body()), status=200)
    yield Way(f"{put}: wrong", _put(KNOWN, _body(ONE, {"id": 5})), status=400)
    yield Way(gone, _delete(KNOWN), removed, status=204)
    yield Way(f"{gone}: a stranger", _delete(STRANGER), status=404)
    seen = "api POST client-seen"
    yield Way(seen, _call(_known, "POST", f"{KNOWN}/seen"), status=204)
    yield Way(f"{seen}: a stranger", _call(_known, "POST", f"{STRANGER}/seen"), status=404)


def _marking() -> Iterator[Way]:
    quota, suspension = f"{KNOWN}/models/one/quota", f"{KNOWN}/models/one/suspension"
    nothing = f"{KNOWN}/models/three"
    put, gone = "api PUT client-suspension", "api DELETE client-suspension"
    reason = {"reason": "broken"}
    yield Way(put, _put(suspension, reason), ("client_suspended",), status=200)
    yield Way(f"{put}: again", _put_suspended(suspension, reason), status=200)
    yield Way(f"{put}: a stranger", _put(f"{nothing}/suspension", reason), status=404)
    yield Way(f"{put}: wrong", _put(suspension, {"reason": 5}), status=400)
    yield Way(gone, _delete_suspended(suspension), ("client_resumed",), status=204)
    yield Way(f"{gone}: again", _delete(suspension), status=204)
    yield Way(f"{gone}: a stranger", _delete(f"{nothing}/suspension"), status=404)
    yield Way("api PUT client-quota", _put(quota, {"retry_after": 5}), status=200)
    yield Way("api PUT client-quota: a stranger", _put(f"{nothing}/quota", {}), status=404)
    yield Way("api DELETE client-quota", _delete_suspended(quota), status=204)


def ways_of_clients_by_api() -> Iterator[Way]:
    yield from _registering()
    yield from _marking()
