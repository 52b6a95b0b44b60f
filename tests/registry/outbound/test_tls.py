from __future__ import annotations

import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from registry.outbound import http, tls
from registry.outbound.calls import Call
from tests.certificates import DAY, Issuer
from tests.outbound import (
    LOOPBACK,
    Script,
    allowed,
    dripping,
    message,
    names,
    outcome,
    over_tls,
    private_host,
    replying,
)
from tests.threads import together


@pytest.fixture
def issuer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Issuer:
    """Be an issuer that the door trusts."""
    found = Issuer(tmp_path)
    context = found.trust(tls.make_context())
    monkeypatch.setattr(tls, "context", lambda: context)
    return found


def seen(settings: Settings, script: Script, host: str = LOOPBACK) -> tuple[str, str]:
    with allowed(settings, script) as server:
        private_host(settings, server.port, host=host)
        return outcome(f"https://{host}:{server.port}/v1", 1)


def test_a_valid_certificate_is_trusted(issuer: Issuer, settings: Settings) -> None:
    script = over_tls(issuer.server(LOOPBACK), replying(message(b'{"a": 1}')))
    with allowed(settings, script) as server:
        found = http.send(Call("GET", f"https://{LOOPBACK}:{server.port}/v1"))

    assert found.json() == {"a": 1}
    assert server.requests[0].startswith(b"GET /v1 HTTP/1.1\r\n")


def test_the_name_of_the_url_is_asked_for_and_checked(
    issuer: Issuer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    context = issuer.server("api.example")
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    names(monkeypatch, lambda _host: [LOOPBACK])

    assert seen(settings, over_tls(context, replying(message())), "api.example")[0] == "answered"
    assert asked == ["api.example"]


def test_each_bad_certificate_has_a_word(
    issuer: Issuer, tmp_path: Path, settings: Settings
) -> None:
    stranger = Issuer(tmp_path, "Stranger")
    contexts = {
        "expired": issuer.server(LOOPBACK, ends=-DAY),
        "wrong_name": issuer.server("other.example", "127.0.0.2"),
        "self_signed": issuer.server(LOOPBACK, self_signed=True),
        "untrusted": stranger.server(LOOPBACK),
    }

    for word, context in contexts.items():
        assert seen(settings, over_tls(context, replying(message()))) == ("tls", word)


def test_what_is_no_tls_fails(issuer: Issuer, settings: Settings) -> None:
    old = issuer.server(LOOPBACK)
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.maximum_version = ssl.TLSVersion.TLSv1_1

    assert seen(settings, lambda _server, connection: connection.sendall(message() * 9)) == (
        "tls",
        "failed",
    )
    assert seen(settings, over_tls(old, replying(message()))) == ("tls", "failed")


def test_a_server_that_hangs_up_or_keeps_silent_is_told(issuer: Issuer, settings: Settings) -> None:
    def hang_up(_server: Any, connection: socket.socket) -> None:
        connection.recv(10)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    def say_nothing(server: Any, _connection: socket.socket) -> None:
        server.stopped.wait(10)

    assert seen(settings, hang_up) == ("unreachable", "reset")
    assert seen(settings, say_nothing) == ("timeout", "tls")


def test_a_broken_record_behind_the_handshake_fails(issuer: Issuer, settings: Settings) -> None:
    context = issuer.server(LOOPBACK)

    def script(_server: Any, connection: socket.socket) -> None:
        raw = connection.dup()
        with context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(100)
            raw.sendall(b"\x17\x03\x03\x00\x20" + b"x" * 32)
        raw.close()

    assert seen(settings, script) == ("tls", "failed")


def test_the_deadline_holds_behind_tls(issuer: Issuer, settings: Settings) -> None:
    script = over_tls(issuer.server(LOOPBACK), dripping(b"HTTP/1.1 200 OK\r\n\r\n", b"x"))

    assert seen(settings, script) == ("timeout", "answer")


def test_the_context_demands_certificates_and_names() -> None:
    context = tls.context()

    assert context is tls.context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_only_one_protocol_is_spoken(issuer: Issuer, settings: Settings) -> None:
    spoken: list[str | None] = []
    context = issuer.server(LOOPBACK)
    context.set_alpn_protocols(["h2", "http/1.1"])

    def script(server: Any, connection: Any) -> None:
        spoken.append(connection.selected_alpn_protocol())
        replying(message())(server, connection)

    assert seen(settings, over_tls(context, script)) == ("answered", "200")
    assert spoken == ["http/1.1"]


def test_calls_at_once_share_the_context(issuer: Issuer, settings: Settings) -> None:
    script = over_tls(issuer.server(LOOPBACK), replying(message()))
    with allowed(settings, script) as server:
        url = f"https://{LOOPBACK}:{server.port}"
        found = together([lambda: [outcome(url, 10) for _again in range(5)]] * 8)

    assert found == [[("answered", "200")] * 5] * 8


def test_no_session_keys_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))

    assert tls.make_context().keylog_filename is None
    assert not list(tmp_path.iterdir())
