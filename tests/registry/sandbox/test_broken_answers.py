"""Faults of the wire: what arrives is no answer of any API."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import time
from collections.abc import Iterator

import pytest

from registry.sandbox import answers, faults, server
from registry.sandbox.exchange import Request
from registry.sandbox.faults import FAULTS
from registry.sandbox.server import SandboxServer
from tests.registry.sandbox.client import BEARER, ask, connected
from tests.registry.sandbox.failing import ALWAYS, ON_CALLS
from tests.registry.sandbox.speech import OLLAMA, OPENAI, PING

CHAT = OPENAI.chat("sandbox-chat", 16)
# What other tests show, of this file and of test_refusals.py.
OBSERVED = {
    *(*ALWAYS, *ON_CALLS, "model_missing", "max_tokens", "max_completion_tokens", "truncated"),
    *("wrong_dimensions", "nan", "slow", "silent", "drip", "reset", "truncated_json", "html"),
    *("empty", "not_utf8", "deep", "too_large", "gzip", "error_200"),
    *("redirect_login", "redirect_private"),
}


@pytest.fixture
def raw(sandbox: SandboxServer) -> Iterator[socket.socket]:
    """A bare connection, to see bytes as they come."""
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=5) as connection:
        yield connection


def send_line(connection: socket.socket, path: str) -> None:
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: sandbox\r\n\r\n".encode())


def test_every_fault_is_observed() -> None:
    assert set(FAULTS) == OBSERVED
    assert all(str(fault.summary) for fault in FAULTS.values())


def test_half_of_the_json_is_no_json(sandbox: SandboxServer) -> None:
    whole = OPENAI.ask(sandbox, "/models").body

    half = OPENAI.ask(sandbox, "/models", fault="truncated_json")

    assert (half.status, half.body) == (200, whole[: len(whole) // 2])
    with pytest.raises(json.JSONDecodeError):
        half.json  # noqa: B018


def test_a_login_page_has_status_200(sandbox: SandboxServer) -> None:
    answer = OPENAI.ask(sandbox, CHAT, fault="html")

    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.body.startswith(b"<!doctype html>")


def test_an_empty_answer_has_no_body_and_no_length(sandbox: SandboxServer) -> None:
    answer = OPENAI.ask(sandbox, CHAT, fault="empty")

    assert (answer.status, answer.body) == (204, b"")
    assert "content-length" not in answer.headers


def test_bytes_may_be_no_text(sandbox: SandboxServer) -> None:
    answer = OPENAI.ask(sandbox, CHAT, fault="not_utf8")

    assert answer.headers["content-type"] == "application/json"
    with pytest.raises(UnicodeDecodeError):
        answer.json  # noqa: B018


def test_json_may_be_too_deep_to_read(sandbox: SandboxServer) -> None:
    answer = OPENAI.ask(sandbox, "/models", fault="deep")

    assert answer.body == b"[" * 100_000 + b"]" * 100_000


@pytest.mark.parametrize("call", [CHAT, OPENAI.embed and OPENAI.embed("sandbox-embed", None)])
def test_numbers_of_a_call_are_none(sandbox: SandboxServer, call: tuple[str, object]) -> None:
    answer = OPENAI.ask(sandbox, call, fault="nan")

    assert answer.status == 200
    assert b"NaN" in answer.body
    assert not any(digit in str(answer.at("usage")) for digit in "0123456789")


def test_the_free_checks_have_their_numbers(sandbox: SandboxServer) -> None:
    assert b"NaN" not in OPENAI.ask(sandbox, "/models", fault="nan").body


def test_numbers_of_a_stream_are_none(sandbox: SandboxServer) -> None:
    answer = OLLAMA.ask(
        sandbox, ("/api/chat", {"model": "sandbox-chat", "messages": PING}), fault="nan"
    )

    assert answer.body.count(b"NaN") == 4


def test_an_answer_beyond_the_bound_is_streamed(sandbox: SandboxServer) -> None:
    answer = OPENAI.ask(sandbox, CHAT, fault="too_large")

    assert answer.headers["transfer-encoding"] == "chunked"
    assert "content-length" not in answer.headers
    assert len(answer.body) > 8 * 1024 * 1024


def test_an_answer_is_compressed_unasked(sandbox: SandboxServer) -> None:
    answer = OPENAI.ask(sandbox, "/models", fault="gzip")

    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(answer.body) == OPENAI.ask(sandbox, "/models").body


def test_an_error_may_have_status_200(sandbox: SandboxServer) -> None:
    answer = OPENAI.ask(sandbox, CHAT, fault="error_200")

    assert answer.status == 200
    assert answer.at("error", "message") == "Internal error."


@pytest.mark.parametrize(
    ("fault", "place"), [("redirect_login", "/login"), ("redirect_private", faults.METADATA)]
)
def test_a_redirect_leads_elsewhere(sandbox: SandboxServer, fault: str, place: str) -> None:
    answer = OPENAI.ask(sandbox, CHAT, fault=fault)

    assert (answer.status, answer.headers["location"]) == (302, place)


@pytest.mark.parametrize("call", ["/models", CHAT])
def test_a_reset_is_one(sandbox: SandboxServer, call: str | tuple[str, object]) -> None:
    with pytest.raises(ConnectionResetError) as caught:
        OPENAI.ask(sandbox, call, fault="reset")

    assert not isinstance(caught.value, http.client.RemoteDisconnected)


@pytest.mark.timed
def test_a_slow_answer_comes_after_its_seconds(sandbox: SandboxServer, raw: socket.socket) -> None:
    started = time.monotonic()
    send_line(raw, "/faults/slow-1/v1/models")

    first = raw.recv(1)

    assert first == b"H"
    assert 1 <= time.monotonic() - started < 3


@pytest.mark.parametrize(("name", "seconds"), [("slow", 30), ("slow-3", 3), ("slow-120", 120)])
def test_how_slow_stands_in_the_name(name: str, seconds: int) -> None:
    request = Request("GET", f"/faults/{name}/v1/models", {})

    assert answers.answer(request).wait == seconds


def test_silence_lasts_until_the_client_goes(sandbox: SandboxServer) -> None:
    with connected(sandbox, timeout=0.3) as connection:
        connection.request("GET", "/faults/silent/v1/models", headers=BEARER)
        with pytest.raises(TimeoutError):
            connection.getresponse()

    assert ask(sandbox, "/v1/models").status == 200


@pytest.mark.timed
def test_a_dripping_answer_comes_byte_by_byte(
    sandbox: SandboxServer, raw: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert server.DRIP == 0.5
    monkeypatch.setattr(server, "DRIP", 0.05)
    started = time.monotonic()
    send_line(raw, "/faults/drip/v1/models")

    received = b""
    while b"\r\n\r\n" not in received or len(received.partition(b"\r\n\r\n")[2]) < 5:
        received += raw.recv(1)

    assert received.endswith(b'\r\n\r\n{"err')
    assert 0.25 <= time.monotonic() - started < 3
