"""From a request to its answer: the fault in the path, the shape, the key, the call."""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote

from registry.sandbox import faults
from registry.sandbox.ask import Ask
from registry.sandbox.catalogue import MODELS
from registry.sandbox.exchange import RefusedError, Reply, Request
from registry.sandbox.faults import Fault, Hit
from registry.sandbox.shapes import shape_of
from registry.sandbox.shapes.base import Shape

FAULTS = "/faults/"
_NO_FAULT = Fault("")


def answer(request: Request) -> Reply:
    """Return the answer to `request`; it never raises for what a client may send."""
    raw, _mark, query = request.path.partition("?")
    path = unquote(raw, errors="replace")
    fault: Fault | None = _NO_FAULT
    if path.startswith(FAULTS):
        name, _slash, rest = path.removeprefix(FAULTS).partition("/")
        fault, path = faults.find(name), f"/{rest}"
    if fault is None:
        return _unknown(name)
    shape = shape_of(path, request.headers)
    change = fault.model
    models = tuple(map(change, MODELS)) if change else MODELS
    ask = Ask(request, path.removeprefix(shape.base), dict(parse_qsl(query)), models)
    return _spoiled(ask, shape, fault)


def _spoiled(ask: Ask, shape: Shape, fault: Fault) -> Reply:
    is_call = False
    try:
        if fault.always is not None:
            _raise(fault.always(ask, shape))
        route, parts = shape.find(ask)
        shape.authenticate(ask)
        is_call = route.operation is not None
        if is_call and fault.on_call is not None:
            _raise(fault.on_call(Hit(ask, shape, route, parts)))
        content = route.handle(ask, *parts)
        reply = content if isinstance(content, Reply) else Reply.of(content)
    except RefusedError as refused:
        reply = shape.refuse(refused)
    if fault.spoil is None or (fault.calls_only and not is_call):
        return reply
    return fault.spoil(reply)


def _raise(refused: RefusedError | None) -> None:
    if refused is not None:
        raise refused


def _unknown(name: str) -> Reply:
    known = [*faults.FAULTS, "slow-3"]
    return Reply.of({"error": {"message": f"There is no fault {name!r}.", "known": known}}, 404)
