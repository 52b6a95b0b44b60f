"""Far sides for tests: a fake behind the outbound door, and real servers on loopback."""

from __future__ import annotations

import errno
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Self

import pytest
from pytest_django import Settings

from registry.outbound import http, network
from registry.outbound.calls import Answer, Call, CallError
from tests.conftest import is_local

LOOPBACK = "127.0.0.1"
# Seconds after which a server gives up on a silent caller; longer than any call may take.
PATIENCE = 30
# An address of the internet; tests never reach it.
PUBLIC = "93.184.215.14"

Handler = Callable[[Call], Answer]


class FakeFarSide:
    """Answers calls by `handler`, which may raise CallError; `calls` are those made, in order."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.calls: list[Call] = []
        self.seconds: list[float] = []

    def carry(self, call: Call, seconds: float) -> Answer:
        self.calls.append(call)
        self.seconds.append(seconds)
        return self.handler(call)


def far_side(monkeypatch: pytest.MonkeyPatch, handler: Handler) -> FakeFarSide:
    """Let `http.send` be answered by `handler` for the rest of the test; nothing is dialled."""
    fake = FakeFarSide(handler)
    monkeypatch.setattr(http, "carry", fake.carry)
    return fake


def answer(body: Any = b"", *, status: int = 200, **headers: str) -> Answer:
    """Return an answer; a body that is not bytes becomes JSON. Header names have `_` for `-`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
        named = {"content-type": "application/json"} | named
    return Answer(status, named, body, elapsed_ms=1)


def refusal(call: Call, seconds: float | None = None) -> CallError:
    """Make a call that must fail, and return how it failed."""
    with pytest.raises(CallError) as refused:
        http.send(call, seconds=seconds)
    return refused.value


def outcome(url: str, seconds: float = 5) -> tuple[str, str]:
    """Return code and detail of a GET, or ("answered", the status)."""
    try:
        return "answered", str(http.send(Call("GET", url), seconds=seconds).status)
    except CallError as error:
        return error.code, error.detail


class Server:
    """A TCP server on loopback that does `script` with each connection, in a thread of its own.

    `connections` counts them, whatever becomes of them; `requests` are the bytes that
    `read_request` got. Without a script it is a sink that answers nothing.
    """

    def __init__(self, script: Script | None = None, *, host: str = LOOPBACK) -> None:
        self.script = script
        self.connections = 0
        self.requests: list[bytes] = []
        self.stopped = threading.Event()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.socket(family, socket.SOCK_STREAM)
        self._listener.bind((host, 0))
        self.port = int(self._listener.getsockname()[1])
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def __enter__(self) -> Self:
        self._listener.listen(128)
        self._run(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        for opened in (self._listener, *self._open):
            with suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE)
        for opened in (self._listener, *self._open):
            opened.close()

    def _run(self, work: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while not self.stopped.is_set():
                connection, _address = self._listener.accept()
                connection.settimeout(PATIENCE)
                self._open.append(connection)
                self.connections += 1
                self._run(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError):
            if self.script is not None:
                self.script(self, connection)
                connection.close()


Script = Callable[[Server, socket.socket], None]


def read_request(server: Server, connection: socket.socket) -> bytes:
    """Return a request, its body with it; it is noted in `server.requests`, too."""
    request = b""
    while b"\r\n\r\n" not in request:
        more = connection.recv(65536)
        if not more:
            break
        request += more
    head, _blank, body = request.partition(b"\r\n\r\n")
    for line in head.lower().splitlines():
        if line.startswith(b"content-length:"):
            while len(body) < int(line.partition(b":")[2]):
                body += connection.recv(65536)
    request = head + b"\r\n\r\n" + body
    server.requests.append(request)
    return request


def replying(raw: bytes) -> Script:
    """Return a script that reads a request and sends `raw`, which need not be HTTP."""

    def script(server: Server, connection: socket.socket) -> None:
        read_request(server, connection)
        connection.sendall(raw)

    return script


def dripping(head: bytes, piece: bytes, *, pause: float = 0.05) -> Script:
    """Return a script that sends `head`, then `piece` again and again, with a pause between."""

    def script(server: Server, connection: socket.socket) -> None:
        read_request(server, connection)
        connection.sendall(head)
        while not server.stopped.wait(pause):
            connection.sendall(piece)

    return script


def flooding(head: bytes, block: bytes) -> Script:
    """Return a script that sends `block` behind `head` as fast as the caller takes it."""

    def script(server: Server, connection: socket.socket) -> None:
        read_request(server, connection)
        connection.sendall(head)
        while not server.stopped.is_set():
            connection.sendall(block)

    return script


def over_tls(context: ssl.SSLContext, then: Script) -> Script:
    """Return a script that greets with TLS and goes on with `then`."""

    def script(server: Server, connection: socket.socket) -> None:
        with suppress(OSError), context.wrap_socket(connection, server_side=True) as secured:
            then(server, secured)

    return script


def message(body: bytes = b"{}", *headers: str, status: str = "200 OK") -> bytes:
    """Return an HTTP answer; without a Content-Length among `headers` it gets the right one."""
    lines = [f"HTTP/1.1 {status}", *headers]
    if not any(line.lower().startswith(("content-length", "transfer-enc")) for line in headers):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def private_host(settings: Settings, *ports: int, host: str = LOOPBACK) -> None:
    """Allow the door to call `host` at `ports`, as the environment would."""
    added = [f"{host}:{port}" for port in ports]
    settings.REGISTRY_PRIVATE_HOSTS = [*settings.REGISTRY_PRIVATE_HOSTS, *added]


@contextmanager
def allowed(settings: Settings, script: Script) -> Iterator[Server]:
    """Run a server with `script` that the door may call."""
    with Server(script) as server:
        private_host(settings, server.port)
        yield server


class Names:
    """A name server: `answers` give the addresses of each look-up; `asked` are its questions."""

    def __init__(self, answers: Callable[[str], list[str]]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def resolve(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        return self.answers(host)


def names(monkeypatch: pytest.MonkeyPatch, answers: Callable[[str], list[str]]) -> Names:
    """Let `answers` resolve names for the rest of the test; it may raise OSError."""
    server = Names(answers)
    monkeypatch.setattr(network, "resolve", server.resolve)
    return server


def dials(monkeypatch: pytest.MonkeyPatch, port: int | None = None) -> list[tuple[str, int]]:
    """Note every address that is dialled, whoever dials it.

    What is not on this machine is answered by the server at `port`, else refused.
    """
    dialled: list[tuple[str, int]] = []
    original = socket.socket.connect_ex

    def connect_ex(self: socket.socket, address: tuple[Any, ...]) -> int:
        dialled.append((str(address[0]), int(address[1])))
        if is_local(address):
            return original(self, address)
        if port is None or self.family != socket.AF_INET:
            return errno.ECONNREFUSED
        return original(self, (LOOPBACK, port))

    def connect(self: socket.socket, address: tuple[Any, ...]) -> None:
        number = connect_ex(self, address)
        if number:
            raise OSError(number, "not connected")

    monkeypatch.setattr(socket.socket, "connect_ex", connect_ex)
    monkeypatch.setattr(socket.socket, "connect", connect)
    return dialled
