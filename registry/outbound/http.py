"""The one door out: a call goes through it, or raises CallError.

No redirects, no proxies, no compressed bodies, nothing from the environment; an end in time and
a bound on what is read. `registry/outbound/network.py` guards the sockets below it.
"""

from __future__ import annotations

import json
import logging
import re
import time
from http import HTTPStatus

import httpcore2
from django.conf import settings

from registry.outbound import addresses, tls
from registry.outbound.addresses import Place
from registry.outbound.calls import Answer, Call, CallError
from registry.outbound.network import Deadline, Guard

USER_AGENT = "llm-model-registry"
# All that comes before the body: status lines and headers.
HEAD_BYTES = 256 * 1024

# What the engine and this door say themselves: a caller that could would say something else.
_OURS = frozenset(
    {
        *("host", "connection", "content-length", "transfer-encoding", "content-type", "te"),
        *("accept-encoding", "user-agent", "expect", "upgrade", "trailer", "cookie"),
    }
)
_HEADER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")
_HEADER_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")
# Why the engine refused an answer, by the status it would have sent to a client.
_ENGINE_REFUSALS: dict[int, str] = {
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "too_large",
    HTTPStatus.NOT_IMPLEMENTED: "encoding_refused",
}

# At DEBUG the engine prints the headers of answers, in which a far side may echo the key.
logging.getLogger("httpcore2").setLevel(logging.WARNING)


def send(call: Call, *, seconds: float | None = None) -> Answer:
    """Make `call`, and return the answer whatever its status, unless that is a redirect.

    `seconds` is how long the call may take from the look-up of the name to the last byte; None
    is REGISTRY_HTTP_SECONDS. Raises CallError.
    """
    return carry(call, float(settings.REGISTRY_HTTP_SECONDS) if seconds is None else seconds)


def carry(call: Call, seconds: float) -> Answer:
    """Do what `send` says. Tests put a far side of their own in its place."""
    started = time.monotonic()
    try:
        answer = _exchange(call, Deadline(seconds))
    except CallError as error:
        error.elapsed_ms = _elapsed_ms(started)
        raise
    return Answer(answer.status, answer.headers, answer.body, _elapsed_ms(started))


def _elapsed_ms(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


def _exchange(call: Call, deadline: Deadline) -> Answer:
    place = _place(call.url)
    body = _sent_body(call)
    headers = _headers(call, place, body)
    most = settings.REGISTRY_HTTP_MAX_BYTES if call.max_bytes is None else call.max_bytes
    guard = Guard(deadline, HEAD_BYTES)
    url = httpcore2.URL(scheme=place.scheme, host=place.host, port=place.port, target=place.target)
    request = httpcore2.Request(call.method, url, headers=headers, content=body)
    with httpcore2.ConnectionPool(
        ssl_context=tls.context(), network_backend=guard, http1=True, retries=0
    ) as pool:
        try:
            response = pool.handle_request(request)
        except httpcore2.ProtocolError as error:
            raise _refusal(error) from None
        # A body in small chunks comes with as much again around it.
        guard.expect_body(2 * most)
        try:
            return _read(call, response, most, deadline)
        except httpcore2.ProtocolError as error:
            failure = CallError("unreachable", "reset") if guard.has_ended else _refusal(error)
            raise failure from None
        finally:
            response.close()


def _refusal(error: httpcore2.ProtocolError) -> CallError:
    """Return what it means that the engine could not go on."""
    if isinstance(error, httpcore2.LocalProtocolError):
        return CallError("bad_parameter", "request")
    hint = int(getattr(error.args[0], "error_status_hint", 0)) if error.args else 0
    if hint in _ENGINE_REFUSALS:
        return CallError(_ENGINE_REFUSALS[hint])
    return CallError("bad_shape", "not_http")


def _place(url: str) -> Place:
    try:
        return addresses.place(url)
    except ValueError:
        raise CallError("address_refused", "never") from None


def _sent_body(call: Call) -> bytes | None:
    try:
        return None if call.body is None else json.dumps(call.body, allow_nan=False).encode()
    except (TypeError, ValueError):
        raise CallError("bad_parameter", "body") from None


def _headers(call: Call, place: Place, body: bytes | None) -> list[tuple[str, str]]:
    """Return what is sent. Raises CallError for a name or value that could become two headers."""
    found = {"accept": "application/json"}
    for name, value in call.headers.items():
        if name.lower() in _OURS or not _is_sendable(name, value):
            raise CallError("bad_parameter", "header")
        found[name.lower()] = value
    if call.credential is not None:
        name = call.credential.header
        value = call.credential.prefix + call.credential.secret.reveal()
        if name.lower() in _OURS or not _is_sendable(name, value):
            raise CallError("bad_key", "unsendable")
        found[name.lower()] = value
    found |= {"host": place.host_header, "connection": "close"}
    found |= {"accept-encoding": "identity", "user-agent": USER_AGENT}
    if body is not None:
        found |= {"content-type": "application/json", "content-length": str(len(body))}
    elif call.method == "POST":  # gateways answer 411 to a POST that does not say it is empty
        found["content-length"] = "0"
    return list(found.items())


def _is_sendable(name: str, value: str) -> bool:
    return bool(_HEADER_NAME.fullmatch(name) and _HEADER_VALUE.fullmatch(value))


def _read(call: Call, response: httpcore2.Response, most: int, deadline: Deadline) -> Answer:
    """Read an answer as far as it is wanted. Raises CallError, httpcore2.ProtocolError."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in response.headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    if HTTPStatus.MULTIPLE_CHOICES <= response.status < HTTPStatus.BAD_REQUEST:
        raise CallError("redirected", str(response.status))
    encodings = {part.strip().lower() for part in headers.get("content-encoding", "").split(",")}
    if encodings - {"", "identity"}:
        raise CallError("encoding_refused")
    announced = headers.get("content-length", "")
    if call.method != "HEAD" and announced.isdecimal() and int(announced) > most:
        raise CallError("too_large")
    return Answer(response.status, headers, _body(response, most, deadline), 0)


def _body(response: httpcore2.Response, most: int, deadline: Deadline) -> bytes:
    body = bytearray()
    for part in response.iter_stream():
        body += part
        if len(body) > most:
            raise CallError("too_large")
        try:
            deadline.left()
        except TimeoutError:
            raise CallError("timeout", "answer") from None
    return bytes(body)
