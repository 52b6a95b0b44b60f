"""The guard at the sockets: one look-up, every address judged, only judged ones dialled.

It stands below the HTTP engine, so that whatever the engine does ends in time and in bounds.
"""

from __future__ import annotations

import errno
import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Iterable
from typing import Any

import httpcore2
from django.conf import settings

from registry.outbound import addresses, tls
from registry.outbound.calls import CallError

NAME_SECONDS = 2.0
CONNECT_SECONDS = 3.0
# Look-ups at once, of this process. A thread cannot be stopped: those that hang count.
MOST_LOOK_UPS = 64
# Addresses of one name that are tried; a name with a thousand of them scans nobody for us.
MOST_DIALS = 8

_look_ups = threading.BoundedSemaphore(MOST_LOOK_UPS)

_REFUSED = {errno.ECONNREFUSED: "refused"}
_RESET = dict.fromkeys((errno.ECONNRESET, errno.ECONNABORTED, errno.EPIPE), "reset")
_WORDS = _REFUSED | _RESET
# What `connect_ex` returns when its time is up, and what the system's own patience ends in.
_TIMED_OUT = {errno.EAGAIN, errno.EWOULDBLOCK, errno.EINPROGRESS, errno.ETIMEDOUT}


class Deadline:
    """The moment at which a whole call ends, whatever it is doing."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds

    def left(self, most: float | None = None) -> float:
        """Return the seconds left, at most `most`. Raises TimeoutError when there are none."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left if most is None else min(left, most)


def resolve(host: str, port: int) -> list[str]:
    """Ask the system for the addresses of a name. Raises OSError or UnicodeError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def look_up(host: str, port: int, deadline: Deadline) -> list[str]:
    """Return the addresses of `host` without waiting longer than NAME_SECONDS.

    Raises CallError. When the look-ups of all calls hang, it fails closed.
    """
    try:
        found = _asked(host, port, Deadline(deadline.left(NAME_SECONDS)))
    except (TimeoutError, queue.Empty):
        raise CallError("timeout", "name") from None
    if not found:
        raise CallError("unreachable", "no_such_name")
    return found


def _asked(host: str, port: int, deadline: Deadline) -> list[str]:
    """Resolve in a thread, which a slow name server may keep. Raises TimeoutError or Empty."""
    if not _look_ups.acquire(timeout=deadline.left()):
        raise TimeoutError
    answers: queue.SimpleQueue[list[str]] = queue.SimpleQueue()
    arguments = (answers, host, port, _look_ups)
    thread = threading.Thread(target=_resolve_into, args=arguments, daemon=True)
    try:
        thread.start()
    except RuntimeError:  # the system has no thread left
        _look_ups.release()
        raise TimeoutError from None
    return answers.get(timeout=deadline.left())


def _resolve_into(
    answers: queue.SimpleQueue[list[str]], host: str, port: int, slots: threading.BoundedSemaphore
) -> None:
    found: list[str] = []
    try:
        found = resolve(host, port)
    except (OSError, UnicodeError):
        found = []
    finally:
        slots.release()
        answers.put(found)


def judge(host: str, port: int, found: Iterable[str]) -> None:
    """Refuse the call if any address of `host` may not be called. Raises CallError.

    A private address passes only if REGISTRY_PRIVATE_HOSTS names this very host and port.
    """
    allowance = addresses.pair(host, port)
    is_allowed = allowance in settings.REGISTRY_PRIVATE_HOSTS
    is_private = False
    for text in found:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            raise CallError("address_refused", "never") from None
        if addresses.is_never_called(address):
            raise CallError("address_refused", "never")
        is_private = is_private or not addresses.is_public(address)
    if is_private and not is_allowed:
        raise CallError("address_refused", allowance)


def dial(found: Iterable[str], port: int, deadline: Deadline) -> socket.socket:
    """Connect to the first of the judged addresses that answers. Raises CallError."""
    failure = CallError("unreachable", "no_route")
    for address in list(found)[:MOST_DIALS]:
        try:
            return _dial_one(address, port, deadline.left(CONNECT_SECONDS))
        except TimeoutError:
            raise CallError("timeout", "connect") from None
        except CallError as error:
            failure = error
    raise failure


def _dial_one(address: str, port: int, seconds: float) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        connection = socket.socket(family, socket.SOCK_STREAM)
    except OSError:
        raise CallError("unreachable", "no_route") from None
    is_open = False
    try:
        connection.settimeout(seconds)
        # The number and not an exception: it says more, whatever the platform.
        number = connection.connect_ex((address, port))
        if number in _TIMED_OUT:
            raise CallError("timeout", "connect")
        if number:
            raise CallError("unreachable", _WORDS.get(number, "no_route"))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        is_open = True
    except OSError:
        raise CallError("unreachable", "no_route") from None
    finally:
        if not is_open:
            connection.close()
    return connection


class Stream(httpcore2.NetworkStream):
    """A connection that ends at the deadline, and when more than `most_bytes` were read."""

    def __init__(self, connection: socket.socket, deadline: Deadline, most_bytes: int) -> None:
        self._socket = connection
        self._deadline = deadline
        self.most_bytes = most_bytes
        self.bytes_read = 0
        self.has_ended = False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            self._socket.settimeout(self._deadline.left())
            data = self._socket.recv(max_bytes)
        except TimeoutError:
            raise CallError("timeout", "answer") from None
        except ssl.SSLError as error:
            raise CallError("tls", tls.word_for(error)) from None
        except OSError:
            raise CallError("unreachable", "reset") from None
        self.bytes_read += len(data)
        self.has_ended = not data
        if not self.bytes_read:
            raise CallError("unreachable", "reset")
        if self.bytes_read > self.most_bytes:
            raise CallError("too_large")
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        left = memoryview(buffer)
        try:
            while left:
                self._socket.settimeout(self._deadline.left())
                left = left[self._socket.send(left) :]
        except TimeoutError:
            raise CallError("timeout", "answer") from None
        except OSError:
            # The engine then reads: the far side may have answered before it closed.
            raise httpcore2.WriteError from None

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> Stream:
        try:
            self._socket.settimeout(self._deadline.left())
            self._socket = ssl_context.wrap_socket(self._socket, server_hostname=server_hostname)
        except OSError as error:
            self._socket.close()
            raise _of_handshake(error) from None
        return self

    def close(self) -> None:
        self._socket.close()

    def get_extra_info(self, info: str) -> Any:
        return None


def _of_handshake(error: OSError) -> CallError:
    if isinstance(error, TimeoutError):
        return CallError("timeout", "tls")
    if isinstance(error, ssl.SSLError):
        return CallError("tls", tls.word_for(error))
    return CallError("unreachable", "reset")


class Guard(httpcore2.NetworkBackend):
    """What the engine asks for a connection. It makes one, for one call.

    `most_bytes` may come before the answer's body; `expect_body` allows for that.
    """

    def __init__(self, deadline: Deadline, most_bytes: int) -> None:
        self._deadline = deadline
        self._most_bytes = most_bytes
        self.stream: Stream | None = None

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> Stream:
        found = [host] if _is_literal(host) else look_up(host, port, self._deadline)
        judge(host, port, found)
        connection = dial(found, port, self._deadline)
        self.stream = Stream(connection, self._deadline, self._most_bytes)
        return self.stream

    def expect_body(self, most_bytes: int) -> None:
        if self.stream is not None:
            self.stream.most_bytes += most_bytes

    @property
    def has_ended(self) -> bool:
        """Whether the far side has closed the connection."""
        return self.stream is not None and self.stream.has_ended


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
