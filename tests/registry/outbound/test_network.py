from __future__ import annotations

import errno
import socket
import struct
import threading
import time
from collections.abc import Callable

import pytest
from pytest_django import Settings

from registry.outbound import network
from registry.outbound.calls import CallError
from registry.outbound.network import Deadline
from tests.outbound import (
    PUBLIC,
    Server,
    allowed,
    dials,
    message,
    names,
    outcome,
    read_request,
    replying,
)
from tests.stopwatch import stopwatch


def raising(error: Exception) -> Callable[[str], list[str]]:
    def answers(_host: str) -> list[str]:
        raise error

    return answers


@pytest.mark.parametrize(
    "error",
    [
        socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
        socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"),
        OSError("no sockets left"),
        UnicodeError("label too long"),
    ],
)
def test_a_name_that_does_not_resolve_is_told(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = names(monkeypatch, raising(error))

    assert outcome("https://api.example") == ("unreachable", "no_such_name")
    assert server.asked == ["api.example"]


def test_a_name_without_addresses_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    names(monkeypatch, lambda _host: [])

    assert outcome("https://api.example") == ("unreachable", "no_such_name")


def test_the_system_resolves_names() -> None:
    found = network.resolve("localhost", 80)

    assert "127.0.0.1" in found
    assert len(found) == len(set(found))


def test_an_ip_address_is_not_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    server = names(monkeypatch, raising(AssertionError()))
    dialled = dials(monkeypatch)

    assert outcome("http://1.1.1.1:8080") == ("unreachable", "refused")
    assert outcome("http://[2606:4700::1111]") == ("unreachable", "refused")
    assert dialled == [("1.1.1.1", 8080), ("2606:4700::1111", 80)]
    assert server.asked == []


def test_a_slow_name_server_holds_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    wait = threading.Event()
    monkeypatch.setattr(network, "NAME_SECONDS", 0.2)
    monkeypatch.setattr(network, "resolve", lambda *_: wait.wait(30) and [])

    with stopwatch() as watch:
        found = outcome("https://api.example")
    wait.set()

    assert found == ("timeout", "name")
    assert watch.seconds < 0.5


def test_look_ups_that_all_hang_close_the_door(monkeypatch: pytest.MonkeyPatch) -> None:
    wait = threading.Event()
    monkeypatch.setattr(network, "NAME_SECONDS", 0.1)
    monkeypatch.setattr(network, "_look_ups", threading.BoundedSemaphore(2))
    asked: list[str] = []

    def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        wait.wait(30)
        return []

    monkeypatch.setattr(network, "resolve", resolve)

    found = [outcome(f"https://api{number}.example") for number in range(5)]

    assert found == [("timeout", "name")] * 5
    assert asked == ["api0.example", "api1.example"]
    wait.set()
    names(monkeypatch, lambda _host: [])
    monkeypatch.setattr(network, "NAME_SECONDS", 2.0)
    assert outcome("https://api.example") == ("unreachable", "no_such_name")


def test_a_system_without_threads_closes_the_door(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    free = network._look_ups._value

    assert outcome("https://api.example") == ("timeout", "name")
    assert network._look_ups._value == free


def test_addresses_are_tried_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    names(monkeypatch, lambda _host: ["2606:4700::1111", "1.1.1.1", PUBLIC, "8.8.8.8"])
    with Server(replying(message())) as server:
        dialled = dials(monkeypatch, server.port)

        assert outcome("http://api.example") == ("answered", "200")

    # IPv6 is refused here; the first that answers is the last that is tried.
    assert dialled == [("2606:4700::1111", 80), ("1.1.1.1", 80)]


def test_a_name_with_many_addresses_scans_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    names(monkeypatch, lambda _host: [f"1.1.1.{number}" for number in range(250)])
    dialled = dials(monkeypatch)

    assert outcome("http://api.example") == ("unreachable", "refused")
    assert len(dialled) == network.MOST_DIALS


@pytest.mark.parametrize(
    ("number", "found"),
    [
        ("ECONNREFUSED", ("unreachable", "refused")),
        ("ECONNRESET", ("unreachable", "reset")),
        ("ENETUNREACH", ("unreachable", "no_route")),
        ("EHOSTUNREACH", ("unreachable", "no_route")),
        ("EACCES", ("unreachable", "no_route")),
        ("EAGAIN", ("timeout", "connect")),
        ("ETIMEDOUT", ("timeout", "connect")),
    ],
)
def test_each_failure_to_connect_has_a_word(
    number: str, found: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    value = getattr(errno, number)
    monkeypatch.setattr(socket.socket, "connect_ex", lambda *_: value)

    assert outcome("http://1.1.1.1") == found


def test_a_system_without_sockets_has_no_route(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_socket(*_: object) -> None:
        raise OSError("address family not supported")

    monkeypatch.setattr(socket, "socket", no_socket)

    assert outcome("http://[2606:4700::1111]") == ("unreachable", "no_route")


def test_an_address_the_system_cannot_use_has_no_route(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> int:
        raise OSError("bad address")

    monkeypatch.setattr(socket.socket, "connect_ex", broken)

    assert outcome("http://1.1.1.1") == ("unreachable", "no_route")


def test_what_is_no_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    names(monkeypatch, lambda _host: [PUBLIC, "not an address"])

    assert outcome("http://api.example") == ("address_refused", "never")


@pytest.mark.parametrize("url", ["http://localhost:{}", "http://127.0.0.1:{}"])
def test_a_refusal_names_the_line_that_would_allow_it(url: str) -> None:
    with Server() as sink:
        refused = outcome(url.format(sink.port))

    assert refused == ("address_refused", f"{url[7:].format(sink.port)}")
    assert sink.connections == 0


def test_a_listed_name_may_be_private(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    names(monkeypatch, lambda _host: ["127.0.0.1"])
    with allowed(settings, replying(message())) as server:
        settings.REGISTRY_PRIVATE_HOSTS = [f"ollama:{server.port}"]

        assert outcome(f"http://ollama:{server.port}") == ("answered", "200")
        assert outcome(f"http://127.0.0.1:{server.port}")[0] == "address_refused"
        assert outcome(f"http://other:{server.port}") == (
            "address_refused",
            f"other:{server.port}",
        )
    assert server.connections == 1


def test_loopback_of_the_sixth_version_is_judged_alike(settings: Settings) -> None:
    with Server(replying(message()), host="::1") as server:
        url = f"http://[::1]:{server.port}"
        refused = outcome(url)
        settings.REGISTRY_PRIVATE_HOSTS = [f"[::1]:{server.port}"]

        assert refused == ("address_refused", f"[::1]:{server.port}")
        assert outcome(url) == ("answered", "200")


def test_a_connection_that_is_cut_off_is_told(settings: Settings) -> None:
    def script(server: Server, connection: socket.socket) -> None:
        read_request(server, connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        time.sleep(0.1)
        no_linger = struct.pack("ii", 1, 0)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_linger)

    with allowed(settings, script) as server:
        assert outcome(server.url) == ("unreachable", "reset")


def test_a_deadline_only_gets_nearer() -> None:
    deadline = Deadline(0.05)

    assert 0 < deadline.left() <= 0.05
    assert deadline.left(0.01) == 0.01
    time.sleep(0.06)
    with pytest.raises(TimeoutError):
        deadline.left()


def test_a_deadline_that_has_passed_dials_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    dialled = dials(monkeypatch)

    with pytest.raises(CallError) as refused:
        network.dial([PUBLIC], 80, Deadline(0))

    assert (refused.value.code, refused.value.detail) == ("timeout", "connect")
    assert dialled == []
