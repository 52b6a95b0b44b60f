"""The sandbox's HTTP server, on this machine only. The one file here that touches sockets."""

from __future__ import annotations

import re
import socket
import socketserver
import struct
import sys
import threading
from collections import deque
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from registry.sandbox.answers import FAULTS, answer
from registry.sandbox.exchange import Delivery, Reply, Request

HOST = "127.0.0.1"
# Bytes of a request's body, and of a longer one that is read all the same, so that the client
# hears why it is refused.
MAX_BODY = 1024 * 1024
MAX_READ = 8 * MAX_BODY
MAX_RECORDED = 1000
# Seconds: an idle connection, a byte of a dripping answer, a look whether all is to end.
IDLE = 60
DRIP = 0.5
LOOK = 0.05
_CHUNK = 64 * 1024
# Closing then sends a reset instead of the rest.
_NO_LINGER = struct.pack("ii", 1, 0)


class Handler(BaseHTTPRequestHandler):
    """One connection, for as many requests as the client sends over it."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE
    disable_nagle_algorithm = True
    server: SandboxServer

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def version_string(self) -> str:
        return "sandbox"

    def log_message(self, format: str, *args: Any) -> None:  # its name in the base
        """Stay quiet: a request may hold a key."""

    def _serve(self) -> None:
        body = self._read_body()
        if body is None:
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, body)
        self.server.note(request)
        reply = answer(request)
        wait = reply.wait + self.server.delay_ms / 1000
        if wait and self.server.stopping.wait(wait):
            self.close_connection = True
            return
        self._deliver(reply)

    def _read_body(self) -> bytes | None:
        """Return the body, or answer why not and return None."""
        length = self.headers.get("content-length", "0")
        status = None
        if "transfer-encoding" in self.headers:
            status = HTTPStatus.LENGTH_REQUIRED
        elif not re.fullmatch(r"\d{1,12}", length):
            status = HTTPStatus.BAD_REQUEST
        elif int(length) > MAX_BODY:
            status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            self._skip(int(length))
        if status is None:
            return self.rfile.read(int(length))
        self.close_connection = True
        content = {"error": {"message": status.phrase}}
        self._send_whole(Reply.of(content, status, {"connection": "close"}))
        return None

    def _skip(self, length: int) -> None:
        left = length if length <= MAX_READ else 0
        while left > 0 and (read := self.rfile.read(min(left, _CHUNK))):
            left -= len(read)

    def _deliver(self, reply: Reply) -> None:
        ways: dict[Delivery, Callable[[Reply], None]] = {
            Delivery.WHOLE: self._send_whole,
            Delivery.DRIPPING: self._drip,
            Delivery.STREAMED: self._stream,
            Delivery.SILENT: self._stay_silent,
            Delivery.RESET: self._reset,
        }
        ways[reply.delivery](reply)

    def _head(self, reply: Reply, **framing: str) -> None:
        self.send_response(reply.status)
        for name, value in {**reply.headers, **framing}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def _send_whole(self, reply: Reply) -> None:
        if reply.status == HTTPStatus.NO_CONTENT:
            self._head(reply)
            return
        self._head(reply, content_length=str(len(reply.body)))
        self.wfile.write(reply.body)

    def _drip(self, reply: Reply) -> None:
        self._head(reply, content_length=str(len(reply.body)))
        for position in range(len(reply.body)):
            if self.server.stopping.wait(DRIP):
                self.close_connection = True
                return
            self.wfile.write(reply.body[position : position + 1])

    def _stream(self, reply: Reply) -> None:
        self._head(reply, transfer_encoding="chunked")
        for start in range(0, len(reply.body), _CHUNK):
            part = reply.body[start : start + _CHUNK]
            self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))
        self.wfile.write(b"0\r\n\r\n")

    def _stay_silent(self, reply: Reply) -> None:
        """Say nothing until the client goes, or everything ends."""
        self.close_connection = True
        self.connection.settimeout(LOOK)
        while not self.server.stopping.is_set():
            try:
                if not self.connection.recv(1):
                    return
            except TimeoutError:
                continue

    def _reset(self, reply: Reply) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        socket.close(self.connection.detach())


class SandboxServer(ThreadingHTTPServer):
    """The sandbox on 127.0.0.1; `port` 0 takes a free one. Raises OSError if it is taken.

    Every answer waits `delay_ms`. With `record`, `requests` keeps the last thousand.
    """

    daemon_threads = False  # stop() waits for them
    request_queue_size = 128

    def __init__(self, port: int = 0, delay_ms: int = 0, *, record: bool = False) -> None:
        super().__init__((HOST, port), Handler)
        self.delay_ms = delay_ms
        self.requests: deque[Request] = deque(maxlen=MAX_RECORDED if record else 0)
        self.stopping = threading.Event()
        self._open: set[Any] = set()
        self._lock = threading.Lock()
        self._is_serving = False
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        return self.server_port

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def address(self, base: str = "", *, fault: str = "") -> str:
        """Return the address of a connection to the shape at `base`, failing as `fault` says."""
        return self.url + (FAULTS + fault if fault else "") + base

    def note(self, request: Request) -> None:
        self.requests.append(request)

    def start(self) -> None:
        """Serve in a thread of its own until stop()."""
        self._is_serving = True
        self._thread = threading.Thread(target=self.serve_forever, name="sandbox")
        self._thread.start()

    def serve_forever(self, poll_interval: float = LOOK) -> None:
        """Serve until stop(), which another thread has to call."""
        self._is_serving = True
        super().serve_forever(poll_interval)

    def stop(self) -> None:
        """End every connection and free the port. Doing it again changes nothing."""
        self.stopping.set()
        if self._is_serving:
            self.shutdown()
        with self._lock:
            for connection in self._open:
                _hang_up(connection)
        self.server_close()
        if self._thread is not None:
            self._thread.join()

    def server_bind(self) -> None:
        """Bind without asking for this machine's name, which may take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing about clients that went away."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def _hang_up(connection: Any) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:  # it has ended by itself
        return
