from __future__ import annotations

import logging
from typing import Any

import pytest
from pytest_django import Settings

from registry.outbound import http
from registry.outbound.calls import Call, CallError, Credential
from registry.types import Secret
from tests.outbound import (
    Script,
    allowed,
    answer,
    dripping,
    far_side,
    flooding,
    message,
    outcome,
    read_request,
    refusal,
    replying,
)
from tests.workers import wait_for

KEY = "sk-qQ7vT2mZ9xK4bN8cW1rY6pL3dF5gH0jS"


def bearer(secret: str = KEY) -> Credential:
    return Credential("Authorization", Secret(secret), "Bearer ")


def sent(raw: bytes) -> tuple[str, dict[str, str], bytes]:
    """Take a request apart: its first line, its headers by name, its body."""
    head, _blank, body = raw.partition(b"\r\n\r\n")
    line, *rest = head.decode().split("\r\n")
    pairs = [header.partition(": ") for header in rest]
    assert len({name for name, _sign, _value in pairs}) == len(pairs)
    return line, {name: value for name, _sign, value in pairs}, body


def test_a_call_says_what_it_must_and_no_more(settings: Settings) -> None:
    with allowed(settings, replying(message())) as server:
        http.send(Call("POST", f"{server.url}/v1/x?a=b%20c", {"ü": 1}, credential=bearer()))

    line, headers, body = sent(server.requests[0])
    assert line == "POST /v1/x?a=b%20c HTTP/1.1"
    assert headers == {
        "host": f"127.0.0.1:{server.port}",
        "accept": "application/json",
        "accept-encoding": "identity",
        "authorization": f"Bearer {KEY}",
        "connection": "close",
        "content-length": str(len(body)),
        "content-type": "application/json",
        "user-agent": "llm-model-registry",
    }
    assert body == b'{"\\u00fc": 1}'


def test_a_call_without_a_body_has_none(settings: Settings) -> None:
    headers = {"anthropic-version": "2023-06-01", "Accept": "text/plain"}
    with allowed(settings, replying(message())) as server:
        http.send(Call("GET", server.url, headers=headers))
    line, found, body = sent(server.requests[0])
    assert (line, body) == ("GET / HTTP/1.1", b"")
    assert found["anthropic-version"] == "2023-06-01"
    assert found["accept"] == "text/plain"
    assert not {"content-length", "content-type", "transfer-encoding"} & set(found)


def test_a_post_without_a_body_says_that_it_is_empty(settings: Settings) -> None:
    with allowed(settings, replying(message())) as server:
        http.send(Call("POST", server.url))
    _line, found, body = sent(server.requests[0])
    assert (found["content-length"], found.get("content-type"), body) == ("0", None, b"")


@pytest.mark.parametrize("status", [200, 204, 400, 401, 404, 429, 500, 503, 599])
def test_an_answer_comes_back_whatever_its_status(status: int, settings: Settings) -> None:
    raw = message(b"" if status == 204 else b"{}", "X-A: 1", "x-a: 2", status=f"{status} X")
    with allowed(settings, replying(raw)) as server:
        found = http.send(Call("GET", server.url))

    assert (found.status, found.body) == (status, b"" if status == 204 else b"{}")
    assert found.headers["x-a"] == "1, 2"
    assert 0 <= found.elapsed_ms < 5000


@pytest.mark.parametrize("name", ["Content-Type", "Host", "connection", "TE", "Accept-Encoding"])
def test_headers_of_ours_are_not_a_callers(name: str) -> None:
    call = Call("GET", "http://1.1.1.1", headers={name: "x"})
    by_key = Call("GET", "http://1.1.1.1", credential=Credential(name, Secret("x")))

    assert refusal(call).code == "bad_parameter"
    assert refusal(by_key).code == "bad_key"


@pytest.mark.parametrize(
    "value", ["a\r\nX-B: c", "a\nb", "a\x00b", "a\tb", "a\x7fb", "é", " a", "a ", ""]
)
def test_a_value_that_no_header_can_hold_is_refused(value: str) -> None:
    call = Call("GET", "http://1.1.1.1", headers={"x-a": value})
    by_key = Call("GET", "http://1.1.1.1", credential=Credential("x-api-key", Secret(value)))

    refused, refused_key = refusal(call), refusal(by_key)

    assert (refused.code, refused.detail) == ("bad_parameter", "header")
    assert (refused_key.code, refused_key.detail) == ("bad_key", "unsendable")
    assert value.strip() == "" or value not in f"{refused} {refused_key}"


@pytest.mark.parametrize("name", ["", "x a", "x:a", "x\r\na", "é", "x_a"])
def test_a_name_that_is_no_header_is_refused(name: str) -> None:
    assert refusal(Call("GET", "http://1.1.1.1", headers={name: "x"})).code == "bad_parameter"


@pytest.mark.parametrize("body", [{"a": float("nan")}, {"a": object()}])
def test_a_body_that_is_no_json_is_refused(body: dict[str, Any]) -> None:
    refused = refusal(Call("POST", "http://1.1.1.1", body))

    assert (refused.code, refused.detail) == ("bad_parameter", "body")


def test_a_method_that_is_none_is_refused(settings: Settings) -> None:
    with allowed(settings, replying(message())) as server:
        refused = refusal(Call("GET /\r\nX: y", server.url))

    assert (refused.code, refused.detail) == ("bad_parameter", "request")
    assert server.requests in ([], [b"\r\n\r\n"])


@pytest.mark.parametrize("name", ["gzip", "br", "zstd", "deflate", "x-gzip", "identity, GZIP", "?"])
def test_a_compressed_answer_is_refused(name: str, settings: Settings) -> None:
    with allowed(settings, replying(message(b"{}", f"Content-Encoding: {name}"))) as server:
        assert refusal(Call("GET", server.url)).code == "encoding_refused"


@pytest.mark.parametrize("name", ["identity", "IDENTITY", "", "identity, identity"])
def test_an_answer_that_is_not_compressed_may_say_so(name: str, settings: Settings) -> None:
    with allowed(settings, replying(message(b"{}", f"Content-Encoding: {name}"))) as server:
        assert http.send(Call("GET", server.url)).body == b"{}"


def chunks(size: int, count: int) -> bytes:
    return f"{size:x}\r\n{'x' * size}\r\n".encode() * count


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def test_a_body_may_be_as_long_as_the_limit(settings: Settings) -> None:
    settings.REGISTRY_HTTP_MAX_BYTES = 1000
    ways: dict[str, Script] = {
        "announced": replying(message(b"x" * 1000)),
        "chunked": replying(CHUNKED + chunks(10, 100) + b"0\r\n\r\n"),
        "until the end": replying(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1000),
    }

    for way, script in ways.items():
        with allowed(settings, script) as server:
            assert http.send(Call("GET", server.url)).body == b"x" * 1000, way


def test_a_longer_body_is_refused(settings: Settings) -> None:
    settings.REGISTRY_HTTP_MAX_BYTES = 1000
    ways: dict[str, Script] = {
        "announced": replying(message(b"x" * 1001)),
        "only announced": dripping(message(b"", "Content-Length: 1001"), b"", pause=1),
        "chunked": replying(CHUNKED + chunks(10, 101) + b"0\r\n\r\n"),
        "until the end": flooding(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 100),
        "headers": flooding(b"HTTP/1.1 200 OK\r\n", b"X-A: " + b"x" * 1000 + b"\r\n"),
        "one header": flooding(b"HTTP/1.1 200 OK\r\nX-A: ", b"x" * 1000),
        "beginnings": flooding(b"", b"HTTP/1.1 102 Wait\r\n\r\n" * 100),
        "chunk extensions": flooding(CHUNKED + b"1;", b"x" * 1000),
    }

    for way, script in ways.items():
        with allowed(settings, script) as server:
            assert refusal(Call("GET", server.url)).code == "too_large", way


def test_a_call_may_set_its_own_limit(settings: Settings) -> None:
    settings.REGISTRY_HTTP_MAX_BYTES = 10
    with allowed(settings, replying(message(b"x" * 500))) as server:
        assert len(http.send(Call("GET", server.url, max_bytes=500)).body) == 500
        assert refusal(Call("GET", server.url, max_bytes=499)).code == "too_large"
        assert refusal(Call("GET", server.url)).code == "too_large"


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b"", ("unreachable", "reset")),
        (b"SSH-2.0-OpenSSH_9.2\r\n", ("bad_shape", "not_http")),
        (b"<html></html>\r\n\r\n", ("bad_shape", "not_http")),
        (b"\x15\x03\x01\x00\x02\x02\x46", ("bad_shape", "not_http")),
        (b"HTTP/1.1 200 OK\r\nContent-Le", ("bad_shape", "not_http")),
        (message(b"", "Content-Length: x"), ("bad_shape", "not_http")),
        (message(b"{}", "Content-Length: 2", "Content-Length: 3"), ("bad_shape", "not_http")),
        (message(b"", status="101 Switching Protocols"), ("bad_shape", "not_http")),
        (message(b"{}", "Transfer-Encoding: gzip"), ("encoding_refused", "")),
        (message(b"{}", "Content-Length: 99"), ("unreachable", "reset")),
        (CHUNKED + b"5\r\nabc", ("unreachable", "reset")),
        (CHUNKED + b"zz\r\n", ("bad_shape", "not_http")),
    ],
)
def test_what_is_no_whole_answer_has_a_word(
    raw: bytes, found: tuple[str, str], settings: Settings
) -> None:
    with allowed(settings, replying(raw)) as server:
        assert outcome(server.url) == found


def test_an_answer_before_the_body_was_read_counts(settings: Settings) -> None:
    def script(_server: Any, connection: Any) -> None:
        connection.recv(100)
        connection.sendall(message(b"{}", status="413 Too Large"))

    with allowed(settings, script) as server:
        found = outcome_of(Call("POST", server.url, {"a": "x" * 5_000_000}))

    assert found in ("413", "unreachable reset")


def outcome_of(call: Call) -> str:
    try:
        return str(http.send(call).status)
    except CallError as error:
        return str(error)


@pytest.mark.timed
def test_a_call_ends_in_the_time_it_is_given(settings: Settings) -> None:
    settings.REGISTRY_HTTP_SECONDS = 1
    with allowed(settings, dripping(b"", b"")) as server:
        took = [refusal(Call("GET", server.url), seconds) for seconds in (0.2, None)]

    assert [str(error) for error in took] == ["timeout answer"] * 2
    assert [round(error.elapsed_ms / 1000, 1) for error in took] == [0.2, 1.0]


def test_a_caller_that_takes_nothing_ends_the_call(settings: Settings) -> None:
    def script(server: Any, _connection: Any) -> None:
        server.stopped.wait(10)

    with allowed(settings, script) as server:
        refused = refusal(Call("POST", server.url, {"a": "x" * 20_000_000}), 1)

    assert str(refused) == "timeout answer"


def test_the_engine_does_not_log_what_it_reads(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with allowed(settings, replying(message(b"{}", f"X-Echo: {KEY}"))) as server:
        http.send(Call("GET", server.url, credential=bearer()))

    assert caplog.text == ""


def test_a_failed_call_holds_no_key_in_its_text(settings: Settings) -> None:
    with allowed(settings, replying(b"nonsense " + KEY.encode())) as server:
        refused = refusal(Call("GET", server.url, credential=bearer()))

    assert KEY not in f"{refused} {refused!r} {vars(refused)}"
    assert refused.elapsed_ms >= 0


def test_a_fake_far_side_takes_the_place_of_the_network(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.REGISTRY_HTTP_SECONDS = 7
    fake = far_side(monkeypatch, lambda call: answer({"method": call.method}, x_a="1"))
    call = Call("GET", "https://api.example/v1")

    first, second = http.send(call), http.send(call, seconds=3)

    assert first.json() == {"method": "GET"}
    assert second.headers == {"content-type": "application/json", "x-a": "1"}
    assert (fake.calls, fake.seconds) == ([call, call], [7.0, 3])


def test_the_connection_is_closed_behind_an_answer(settings: Settings) -> None:
    ended: list[bytes] = []

    def script(server: Any, connection: Any) -> None:
        read_request(server, connection)
        connection.sendall(message(b"{}", "Connection: keep-alive"))
        ended.append(connection.recv(10))

    with allowed(settings, script) as server:
        http.send(Call("GET", server.url))
        wait_for(lambda: ended != [], "end of the connection")

    assert ended == [b""]
