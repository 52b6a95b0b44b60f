"""N5: every call ends in time, whatever the far side does with it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest
from pytest_django import Settings

from registry.outbound import http, network
from registry.outbound.calls import Call
from tests.outbound import (
    LOOPBACK,
    Script,
    Server,
    allowed,
    dripping,
    flooding,
    message,
    names,
    outcome,
    private_host,
    replying,
)
from tests.stopwatch import stopwatch
from tests.threads import together

pytestmark = pytest.mark.timed

LIMIT = 1.5  # seconds
CALLS = 20
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def greeting_slowly(server: Server, connection: socket.socket) -> None:
    """Begin a TLS record and send the rest of it byte by byte."""
    connection.sendall(b"\x16\x03\x03\x3f\xff\x02\x00\x3f\xfb")
    while not server.stopped.wait(0.05):
        connection.sendall(b"\x03")


def taking_nothing(server: Server, _connection: socket.socket) -> None:
    server.stopped.wait(30)


SCRIPTS: dict[str, tuple[str, Script, str]] = {
    "silence": ("http", taking_nothing, "answer"),
    "slow TLS": ("https", greeting_slowly, "tls"),
    "dripping status": ("http", dripping(b"", b"H"), "answer"),
    "dripping headers": ("http", dripping(b"HTTP/1.1 200 OK\r\n", b"a: b\r\n"), "answer"),
    "dripping beginnings": ("http", dripping(b"", b"HTTP/1.1 100 Go\r\n\r\n"), "answer"),
    "dripping body": ("http", dripping(message(b"", "Content-Length: 999"), b"x"), "answer"),
    "endless chunks": ("http", dripping(CHUNKED, b"1\r\nx\r\n"), "answer"),
    "dripping end": ("http", dripping(CHUNKED + b"0\r\n", b"a: b\r\n"), "answer"),
}


def twenty(url: str) -> tuple[list[object], float]:
    """Make twenty calls at once; return how they ended, and the seconds until the last did."""
    with stopwatch() as watch:
        found = together([lambda: outcome(url, LIMIT)] * CALLS)
    return list(found), watch.seconds


def still_works(settings: Settings) -> bool:
    with allowed(settings, replying(message())) as server:
        return http.send(Call("GET", server.url)).status == 200


@pytest.mark.invariant("N5")
@pytest.mark.parametrize("way", SCRIPTS)
def test_a_far_side_cannot_hold_a_call(
    way: str, settings: Settings, figure: Callable[..., None]
) -> None:
    scheme, script, stage = SCRIPTS[way]
    with allowed(settings, script) as server:
        found, seconds = twenty(f"{scheme}://{LOOPBACK}:{server.port}")

    assert found == [("timeout", stage)] * CALLS
    assert seconds <= LIMIT + 0.5
    assert still_works(settings)
    figure(way=repr(way), calls=CALLS, limit_seconds=LIMIT, last_seconds=round(seconds, 2))


@pytest.mark.invariant("N5")
def test_many_small_chunks_end_in_time_or_in_size(
    settings: Settings, figure: Callable[..., None]
) -> None:
    script = flooding(CHUNKED, b"1\r\nx\r\n" * 1000)
    with allowed(settings, script) as server, stopwatch() as watch:
        found = together([lambda: outcome(server.url, LIMIT)] * 4)

    assert set(found) <= {("timeout", "answer"), ("too_large", "")}
    assert watch.seconds <= LIMIT + 0.5
    figure(way="'chunks at full speed'", calls=4, last_seconds=round(watch.seconds, 2))


@contextmanager
def dropping() -> Iterator[int]:
    """Listen with a full queue, so that the system drops what else wants in; give the port."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind((LOOPBACK, 0))
        listener.listen(0)
        for _waiting in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            with suppress(BlockingIOError):
                waiting.connect(listener.getsockname())
        yield listener.getsockname()[1]


@pytest.mark.invariant("N5")
def test_a_host_that_drops_packets_cannot_hold_a_call(
    settings: Settings, figure: Callable[..., None]
) -> None:
    with dropping() as port:
        private_host(settings, port)
        found, seconds = twenty(f"http://{LOOPBACK}:{port}")

    assert found == [("timeout", "connect")] * CALLS
    assert seconds <= LIMIT + 0.5
    figure(way="'SYN drop'", calls=CALLS, last_seconds=round(seconds, 2))


@pytest.mark.invariant("N5")
def test_a_connection_gets_three_seconds_of_a_longer_call(settings: Settings) -> None:
    with dropping() as port, stopwatch() as watch:
        private_host(settings, port)
        found = outcome(f"http://{LOOPBACK}:{port}", 10)

    assert found == ("timeout", "connect")
    assert network.CONNECT_SECONDS <= watch.seconds <= network.CONNECT_SECONDS + 0.5


@pytest.mark.invariant("N5")
def test_slow_names_cannot_hold_a_call(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, figure: Callable[..., None]
) -> None:
    over = threading.Event()

    def answers(_host: str) -> list[str]:
        over.wait(30)
        return []

    names(monkeypatch, answers)
    found, seconds = twenty("http://slow.example")
    over.set()

    assert found == [("timeout", "name")] * CALLS
    assert seconds <= LIMIT + 0.5
    assert still_works(settings)
    figure(way="'slow DNS'", calls=CALLS, last_seconds=round(seconds, 2))
