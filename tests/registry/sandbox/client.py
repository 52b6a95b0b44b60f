"""A plain HTTP client for the sandbox."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from registry.sandbox.catalogue import KEY

BEARER = {"authorization": f"Bearer {KEY}"}
PATIENCE = 10  # seconds


class Listening(Protocol):
    """A sandbox, here or in another process."""

    @property
    def port(self) -> int: ...


@dataclass(frozen=True)
class Answer:
    """What came back; `headers` are lower-case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def at(self, *steps: str | int) -> Any:
        """Return one value inside the JSON, which is there."""
        found = self.json
        for step in steps:
            found = found[step]
        return found


def ask(
    sandbox: Listening,
    path: str,
    body: object = None,
    *,
    headers: Mapping[str, str] = BEARER,
    timeout: float = PATIENCE,
) -> Answer:
    """POST `body`, or GET when there is none, over a connection of its own."""
    with connected(sandbox, timeout=timeout) as connection:
        return send(connection, path, body, headers=headers)


def send(
    connection: http.client.HTTPConnection,
    path: str,
    body: object = None,
    *,
    headers: Mapping[str, str] = BEARER,
) -> Answer:
    method = "GET" if body is None else "POST"
    content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    connection.request(method, path, content, dict(headers))
    response = connection.getresponse()
    got = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, got, response.read())


@contextmanager
def connected(
    sandbox: Listening, *, timeout: float = PATIENCE
) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=timeout)
    try:
        yield connection
    finally:
        connection.close()
