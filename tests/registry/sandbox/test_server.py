"""The server itself: connections, limits, waiting, stopping, recording."""

from __future__ import annotations

import http.client
import socket
import threading
import time

import pytest

from registry.sandbox.catalogue import KEY
from registry.sandbox.server import HOST, MAX_BODY, SandboxServer
from tests.registry.sandbox.client import BEARER, ask, connected, send
from tests.registry.sandbox.speech import PING
from tests.sandbox import running_sandbox

CHAT = {"model": "sandbox-chat", "messages": PING}


def raw_answer(sandbox: SandboxServer, text: str) -> bytes:
    """Return everything that is answered to `text` until the server closes."""
    with socket.create_connection((HOST, sandbox.port), timeout=5) as connection:
        connection.sendall(text.encode())
        received = b""
        while part := connection.recv(65536):
            received += part
        return received


def test_it_listens_on_this_machine_only(sandbox: SandboxServer) -> None:
    assert sandbox.server_address[0] == HOST == "127.0.0.1"
    assert sandbox.url == f"http://127.0.0.1:{sandbox.port}"


def test_an_address_has_its_base_behind_its_fault(sandbox: SandboxServer) -> None:
    assert sandbox.address("/v1") == f"{sandbox.url}/v1"
    assert sandbox.address("/v1", fault="html") == f"{sandbox.url}/faults/html/v1"
    assert sandbox.address() == sandbox.url


def test_one_connection_serves_many_requests(sandbox: SandboxServer) -> None:
    with connected(sandbox) as connection:
        send(connection, "/v1/models")
        first = connection.sock
        paths = ["/v1/none", "/faults/html/v1", "/faults/empty/v1", "/faults/too_large/v1"]
        statuses = [send(connection, path).status for path in paths]
        statuses.append(send(connection, "/v1/chat/completions", CHAT).status)

        assert statuses == [404, 200, 204, 200, 200]
        assert connection.sock is first


def test_a_client_may_ask_to_close(sandbox: SandboxServer) -> None:
    answer = raw_answer(
        sandbox,
        f"GET /v1/models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n"
        "Connection: close\r\n\r\n",
    )

    assert answer.startswith(b"HTTP/1.1 200 ")


def test_it_tells_nothing_of_itself(sandbox: SandboxServer) -> None:
    assert ask(sandbox, "/v1/models").headers["server"] == "sandbox"


def test_it_writes_no_log(sandbox: SandboxServer, capfd: pytest.CaptureFixture[str]) -> None:
    ask(sandbox, "/v1/models")
    ask(sandbox, "/v1/none")
    with pytest.raises(ConnectionResetError):
        ask(sandbox, "/faults/reset/v1/models")

    assert capfd.readouterr() == ("", "")


def test_a_body_has_a_bound(sandbox: SandboxServer) -> None:
    padding = b'{"model": "sandbox-embed", "input": "%b"}'
    room = MAX_BODY - len(padding) + len(b"%b")

    assert ask(sandbox, "/v1/embeddings", padding % (b"x" * room)).status == 200
    refused = ask(sandbox, "/v1/embeddings", padding % (b"x" * (room + 1)))
    assert (refused.status, refused.headers["connection"]) == (413, "close")


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("Content-Length: 99999999", b"413"),
        ("Content-Length: -1", b"400"),
        ("Content-Length: x", b"400"),
        (f"Content-Length: {'9' * 5000}", b"400"),
        ("Transfer-Encoding: chunked", b"411"),
    ],
)
def test_a_body_without_a_usable_length_ends_the_connection(
    sandbox: SandboxServer, header: str, status: bytes
) -> None:
    answer = raw_answer(
        sandbox, f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n"
    )

    assert answer.startswith(b"HTTP/1.1 " + status)
    assert answer.count(b"HTTP/1.1") == 1


def test_requests_are_recorded_as_they_came() -> None:
    with running_sandbox() as sandbox:
        ask(sandbox, "/v1/models?limit=3", headers={"X-Api-Key": "abc"})
        ask(sandbox, "/faults/bad_key/v1/chat/completions", CHAT)

        first, second = sandbox.requests

    assert (first.method, first.path, first.body) == ("GET", "/v1/models?limit=3", b"")
    assert first.headers["x-api-key"] == "abc"
    assert (second.method, second.path) == ("POST", "/faults/bad_key/v1/chat/completions")
    assert second.json == CHAT
    assert second.headers["authorization"] == BEARER["authorization"]


def test_nothing_is_recorded_unless_asked() -> None:
    server = SandboxServer()
    server.start()
    try:
        ask(server, "/v1/models")
    finally:
        server.stop()

    assert not server.requests


@pytest.mark.timed
def test_a_delay_holds_back_every_answer() -> None:
    with running_sandbox(delay_ms=200) as sandbox:
        for path in ("/v1/models", "/faults/server_error/v1/models"):
            started = time.monotonic()
            ask(sandbox, path)

            assert 0.2 <= time.monotonic() - started < 1


@pytest.mark.timed
def test_answers_do_not_wait_for_one_another() -> None:
    with running_sandbox(delay_ms=300) as sandbox:
        started = time.monotonic()
        threads = [threading.Thread(target=ask, args=(sandbox, "/v1/models")) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert time.monotonic() - started < 2
        assert len(sandbox.requests) == 20


@pytest.mark.timed
def test_stopping_ends_what_waits_drips_or_is_silent() -> None:
    faults = ("slow", "drip", "silent")
    with running_sandbox() as sandbox:
        connections = [http.client.HTTPConnection(HOST, sandbox.port, timeout=5) for _ in faults]
        for connection, fault in zip(connections, faults, strict=True):
            connection.request("GET", f"/faults/{fault}/v1/models", headers=BEARER)
        while len(sandbox.requests) < len(faults):
            time.sleep(0.01)
        started = time.monotonic()

    assert time.monotonic() - started < 1
    for connection in connections:
        with pytest.raises((OSError, http.client.HTTPException)):
            connection.getresponse().read()
        connection.close()


def test_stopping_ends_idle_connections_and_frees_the_port() -> None:
    with running_sandbox() as sandbox, connected(sandbox) as idle:
        send(idle, "/v1/models")
        sandbox.stop()

    again = SandboxServer(sandbox.port)
    again.stop()
    assert again.port == sandbox.port


def test_stopping_twice_or_unstarted_is_no_error() -> None:
    server = SandboxServer()

    server.stop()
    server.stop()

    with pytest.raises(ConnectionRefusedError):
        ask(server, "/v1/models")


def test_another_thread_may_stop_it() -> None:
    server = SandboxServer()
    stopper = threading.Timer(0.1, server.stop)
    stopper.start()

    server.serve_forever()

    stopper.join()
    with pytest.raises(ConnectionRefusedError):
        ask(server, "/v1/models")


def test_a_port_that_is_taken_is_an_error(sandbox: SandboxServer) -> None:
    with pytest.raises(OSError, match="in use"):
        SandboxServer(sandbox.port)


def test_an_error_of_its_own_is_told(
    sandbox: SandboxServer, capfd: pytest.CaptureFixture[str]
) -> None:
    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        sandbox.handle_error(None, (HOST, 1))

    assert "ZeroDivisionError" in capfd.readouterr().err


def test_a_connection_that_has_ended_does_not_hinder_stopping() -> None:
    with running_sandbox() as sandbox, socket.socket() as ended:
        sandbox._open.add(ended)

    assert sandbox.stopping.is_set()
