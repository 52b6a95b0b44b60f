"""A load generator that costs little: raw sockets, kept open, one thread.

It reads what HTTP it needs (status, Content-Length, Connection) and counts the bytes of the body
without looking at them, so that the processor is the server's.
"""

from __future__ import annotations

import re
import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from types import TracebackType

TIMEOUT = 30  # seconds that an answer may take
IDLE = 1.0  # seconds after which a connection is opened anew: servers close idle ones
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
_END = b"\r\n\r\n"


@dataclass(frozen=True)
class Call:
    """One request that is sent again and again: the path and what proves who asks.

    With a `body`, which is sent as JSON, it is a POST.
    """

    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""

    @property
    def bytes(self) -> bytes:
        content = self.body.encode()
        lines = [f"{'POST' if content else 'GET'} {self.path} HTTP/1.1", "Host: 127.0.0.1"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if content:
            lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + content


class Connection:
    """A connection that is kept open as long as the server likes."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._buffer = bytearray(1 << 20)
        self.socket = self._opened()
        self._begin()

    def fetch(self, call: Call) -> bytes:
        """Return the body of one answer; slower than `send` and `receive`, for looking at it."""
        self.send(call.bytes)
        return self.body()

    def body(self) -> bytes:
        """Return the body of the answer to what was sent."""
        body = b""
        while True:
            done = self.receive()
            body += self.piece
            if done:
                self.finish()
                return body

    def send(self, request: bytes) -> None:
        if time.monotonic() - self._used > IDLE or self._closing:
            self.reopen()
        self._begin()
        self.socket.sendall(request)

    def receive(self) -> bool:
        """Read what is there; say whether the answer is complete.

        Raises ConnectionError for an answer other than 200 and for a connection that ends.
        """
        count = self.socket.recv_into(self._buffer)
        if not count:
            raise ConnectionError("the server closed the connection before it had answered")
        if self._left is None:
            self._head += self._buffer[:count]
            self._read_head()
        else:
            self.piece = memoryview(self._buffer)[:count]
            self._left -= count
        self._used = time.monotonic()
        return self._left == 0

    def finish(self) -> None:
        """Close what the server closes after the answer; its process waits for that."""
        if self._closing:
            self.close()

    def reopen(self) -> None:
        self.close()
        self.socket = self._opened()
        self._begin()

    def close(self) -> None:
        self.socket.close()

    def _opened(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self._port), timeout=TIMEOUT)

    def _begin(self) -> None:
        self._head = bytearray()
        self._left: int | None = None
        self._closing = False
        self._used = time.monotonic()
        # What of the body came last; it is overwritten by the next piece.
        self.piece = memoryview(b"")

    def _read_head(self) -> None:
        head, end, rest = self._head.partition(_END)
        if not end:
            return
        length = _LENGTH.search(head)
        if head[9:12] != b"200" or length is None:
            raise ConnectionError(head.partition(b"\r\n")[0].decode("latin-1", "replace"))
        self._closing = _CLOSE.search(head) is not None
        self._left = int(length[1]) - len(rest)
        self.piece = memoryview(bytes(rest))


@dataclass(frozen=True)
class Slot:
    """What was answered in a short time, and what the client itself took of the processor."""

    answers: int
    seconds: float
    client_cpu: float
    waits: Sequence[float] = ()  # milliseconds of each answer

    @property
    def rate(self) -> float:
        return self.answers / self.seconds


class Crowd:
    """Some connections that ask all the time, each anew as soon as it has its answer."""

    def __init__(self, connections: Sequence[Connection]) -> None:
        self._connections = connections

    def __enter__(self) -> Crowd:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for connection in self._connections:
            connection.close()

    def ask(self, call: Call, seconds: float) -> Slot:
        """Ask the same for `seconds`, see `ask_each`."""
        return self.ask_each(repeat(call.bytes), seconds)

    def ask_each(self, requests: Iterator[bytes], seconds: float) -> Slot:
        """Ask for `seconds`, then wait for the answers under way: they count, as does the wait."""
        cpu, started = time.process_time(), time.perf_counter()
        waits: list[float] = []
        sent: dict[Connection, float] = {}
        waiting = set(self._connections)
        with selectors.DefaultSelector() as selector:
            for connection in self._connections:
                sent[connection] = time.perf_counter()
                connection.send(next(requests))
                selector.register(connection.socket, selectors.EVENT_READ, connection)
            while waiting:
                for connection in self._answered(selector):
                    now = time.perf_counter()
                    waits.append((now - sent[connection]) * 1000)
                    selector.unregister(connection.socket)
                    connection.finish()
                    if now - started >= seconds:
                        waiting.discard(connection)
                        continue
                    sent[connection] = now
                    connection.send(next(requests))
                    selector.register(connection.socket, selectors.EVENT_READ, connection)
        ended = time.perf_counter()
        return Slot(len(waits), ended - started, time.process_time() - cpu, waits)

    def _answered(self, selector: selectors.BaseSelector) -> list[Connection]:
        """Read what has come, and return the connections whose answer is complete."""
        ready = selector.select(TIMEOUT)
        if not ready:
            raise TimeoutError(f"no answer within {TIMEOUT} s")
        return [key.data for key, _events in ready if key.data.receive()]


def latencies(port: int, calls: Sequence[Call]) -> list[float]:
    """Return how long each call took, in milliseconds, one after the other on one connection."""
    connection = Connection(port)
    taken = []
    for call in calls:
        request = call.bytes
        started = time.perf_counter()
        connection.send(request)
        while not connection.receive():
            pass
        taken.append((time.perf_counter() - started) * 1000)
        connection.finish()
    connection.close()
    return taken
