from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

import pytest

from benchmarks.client import Call, Connection, Crowd, latencies

BODY = b"x" * 300_000


class Handler(BaseHTTPRequestHandler):
    """Answers /long, /closing and /missing; keeps connections open otherwise."""

    protocol_version = "HTTP/1.1"
    asked: list[tuple[str, str]] = []
    bodies: list[bytes] = []

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers.get("Authorization", "")))
        self.send_response(404 if self.path == "/missing" else 200)
        body = BODY if self.path == "/long" else b"short"
        self.send_header("Content-Length", str(len(body)))
        if self.path == "/closing":
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""


@pytest.fixture
def port() -> Iterator[int]:
    Handler.asked = []
    Handler.bodies = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("path", "body"), [("/long", BODY), ("/closing", b"short")])
def test_the_whole_body_is_read(port: int, path: str, body: bytes) -> None:
    connection = Connection(port)

    assert [connection.fetch(Call(path)) for _ in range(3)] == [body] * 3
    connection.close()


def test_headers_are_sent(port: int) -> None:
    latencies(port, [Call("/", {"Authorization": "Bearer x"})])

    assert Handler.asked == [("/", "Bearer x")]


def test_a_body_is_posted(port: int) -> None:
    body = '{"name": "Größe"}'

    latencies(port, [Call("/", body=body)] * 2)

    assert Handler.bodies == [body.encode()] * 2


@pytest.mark.parametrize("path", ["/", "/long", "/closing"])
def test_every_answer_is_counted_once(port: int, path: str) -> None:
    with Crowd([Connection(port) for _ in range(4)]) as crowd:
        slot = crowd.ask(Call(path), 0.1)

    assert slot.answers == len(Handler.asked) >= 4
    assert slot.rate == pytest.approx(slot.answers / slot.seconds)
    assert slot.seconds >= 0.1


def test_an_answer_other_than_200_is_an_error(port: int) -> None:
    connection = Connection(port)

    with pytest.raises(ConnectionError, match="404"):
        connection.fetch(Call("/missing"))
    connection.close()


def test_each_call_has_its_latency(port: int) -> None:
    taken = latencies(port, [Call("/"), Call("/closing"), Call("/")])

    assert len(taken) == 3
    assert all(0 < milliseconds < 10_000 for milliseconds in taken)


def test_a_crowd_asks_one_request_after_the_other(port: int) -> None:
    calls = (Call("/short", {"Authorization": str(number)}).bytes for number in count())

    with Crowd([Connection(port) for _ in range(2)]) as crowd:
        slot = crowd.ask_each(calls, seconds=0.05)

    shown = sorted(int(header) for _path, header in Handler.asked)
    assert shown == list(range(slot.answers))
