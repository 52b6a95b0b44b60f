"""N7: whatever a far side sends, a call ends in an answer, JSON, or one code of a closed list."""

from __future__ import annotations

import json
import random
import socket
from collections.abc import Callable

import pytest
from pytest_django import Settings

from registry.choices import ProbeCode
from registry.outbound import http
from registry.outbound.calls import Call, CallError
from tests.outbound import Server, message, private_host, read_request, replying

DEEP = b"[" * 100_000 + b"]" * 100_000
MANY = json.dumps({"data": [{"id": f"m{number}"} for number in range(100_000)]}).encode()
LONG_ID = json.dumps({"data": [{"id": "x" * 1_000_000}]}).encode()
HTML = b"<!doctype html><html><body>Sign in</body></html>"

# Raw answers -> the code of the call or of reading it as JSON; "" where both are well.
ANSWERS: dict[str, tuple[bytes, str]] = {
    "html": (message(HTML, "Content-Type: text/html"), "bad_shape"),
    "html as json": (message(HTML, "Content-Type: application/json"), "bad_shape"),
    "empty": (message(b""), "bad_shape"),
    "204": (message(b"", status="204 No Content"), "bad_shape"),
    "205": (message(b"", status="205 Reset"), "bad_shape"),
    "blanks": (message(b" \n\t " * 100), "bad_shape"),
    "invalid UTF-8": (message(b'{"data": "\xff\xfe"}'), "bad_shape"),
    "UTF-16": (message('{"data": []}'.encode("utf-16")), "bad_shape"),
    "cut character": (message('{"data": "ü'.encode()[:-1]), "bad_shape"),
    "NaN": (message(b'{"data": NaN}'), "bad_shape"),
    "Infinity": (message(b"[Infinity, -Infinity]"), "bad_shape"),
    "depth 100,000": (message(DEEP), "bad_shape"),
    "open depth": (message(b'{"a":' * 100_000), "bad_shape"),
    "duplicate keys": (message(b'{"data": [], "data": [1]}'), "bad_shape"),
    "long number": (message(b"9" * 100_000), "bad_shape"),
    "large number": (message(b"1e400"), "bad_shape"),
    "half a pair": (message(rb'{"id": "\ud800"}'), "bad_shape"),
    "NUL": (message(rb'{"id": "\u0000"}'), "bad_shape"),
    "two values": (message(b"{} {}"), "bad_shape"),
    "event stream": (message(b'data: {"id": 1}\n\ndata: [DONE]\n\n'), "bad_shape"),
    "an error with 200": (message(b'{"error": {"message": "no"}}'), ""),
    "a list for a dict": (message(b'[{"id": "a"}]'), ""),
    "a text for a dict": (message(b'"ok"'), ""),
    "null": (message(b"null"), ""),
    "a long id": (message(LONG_ID), ""),
    "a long id in a list of many": (message(MANY), "too_large"),
    "a status of four digits": (message(b"{}", status="2000 OK"), "bad_shape"),
    "status 0": (message(b"{}", status="000 Zero"), "bad_shape"),
    "status 999": (message(b"{}", status="999 Odd"), ""),
    "no reason": (message(b"{}", status="200"), ""),
    "old HTTP": (b"HTTP/1.0 200 OK\r\n\r\n{}", ""),
    "new HTTP": (b"HTTP/2 200 OK\r\n\r\n{}", "bad_shape"),
    "bad header": (message(b"{}", "no colon here"), "bad_shape"),
    "NUL in a header": (message(b"{}", "X-A: \x00"), "bad_shape"),
    "odd type": (message(b"{}", "Content-Type: ;;;=\xff"), ""),
    "two lengths": (message(b"{}", "Content-Length: 2", "Content-Length: 1"), "bad_shape"),
    "negative length": (message(b"{}", "Content-Length: -1"), "bad_shape"),
    "huge length": (message(b"{}", f"Content-Length: {'9' * 30}"), "bad_shape"),
    "length and chunks": (
        message(b"{}", "Content-Length: 2", "Transfer-Encoding: chunked"),
        "unreachable",
    ),
    "an upgrade": (message(b"", "Upgrade: h2c", status="101 Switching Protocols"), "bad_shape"),
    "only a beginning": (b"HTTP/1.1 100 Continue\r\n\r\n", "bad_shape"),
    "nothing": (b"", "unreachable"),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 500, "bad_shape"),
    "SMTP": (b"220 mail.example ESMTP\r\n", "bad_shape"),
    "Redis": (b"-ERR unknown command 'GET'\r\n", "bad_shape"),
}


def code_of(url: str, max_bytes: int | None = None) -> str:
    """Call, and read the answer as JSON; return the code if either fails. No other error may."""
    try:
        http.send(Call("GET", url, max_bytes=max_bytes), seconds=5).json()
    except CallError as error:
        return str(error.code)
    return ""


@pytest.mark.invariant("N7")
def test_every_answer_has_a_code(settings: Settings, figure: Callable[..., None]) -> None:
    found = {}
    for name, (raw, _code) in ANSWERS.items():
        with Server(replying(raw)) as server:
            private_host(settings, server.port)
            found[name] = code_of(server.url)

    # The engine reads a length of 30 digits or not, by its version; never the body.
    assert found.pop("huge length") in ("bad_shape", "too_large")
    assert found == {name: ANSWERS[name][1] for name in found}
    assert set(found.values()) - {""} <= set(ProbeCode.values)
    figure(answers=len(ANSWERS), codes=len(set(found.values()) - {""}), exceptions=0)


@pytest.mark.invariant("N7")
def test_a_list_of_100_000_models_is_no_list(settings: Settings) -> None:
    with Server(replying(message(MANY))) as server:
        private_host(settings, server.port)

        assert code_of(server.url, max_bytes=4 * 1024 * 1024) == "bad_shape"


@pytest.mark.invariant("N7")
def test_broken_answers_have_a_code(settings: Settings, figure: Callable[..., None]) -> None:
    """Well-formed answers with bytes turned, cut out, doubled: none is worse than a refusal."""
    dice = random.Random(20_260_101)  # noqa: S311  # the same answers in every run
    whole = message(
        json.dumps({"data": [{"id": "a", "n": 1.5e3}]}).encode(),
        "Content-Type: application/json",
        "X-Request-Id: 1",
    )
    tried = 400
    codes = []
    with Server(lambda server, connection: None) as server:
        private_host(settings, server.port)
        for _round in range(tried):
            raw = bytearray(whole)
            for _change in range(dice.randrange(1, 6)):
                at = dice.randrange(len(raw))
                width = dice.randrange(4)
                raw[at : at + width] = dice.choice(
                    [b"", dice.randbytes(width), raw[at : at + width] * 2, b"\r\n", b"\x00"]
                )
            server.script = replying(bytes(raw))
            codes.append(code_of(server.url))

    assert set(codes) - {""} <= set(ProbeCode.values)
    assert len(set(codes)) >= 3
    figure(answers=tried, codes=len(set(codes) - {""}), exceptions=0)


@pytest.mark.invariant("N7")
def test_an_answer_to_another_question_is_not_read(settings: Settings) -> None:
    """What comes behind the answer belongs to nobody: the next call has a connection of its own."""

    def script(server: Server, connection: socket.socket) -> None:
        read_request(server, connection)
        connection.sendall(message(b'{"a": 1}') + message(b'{"b": 2}'))

    with Server(script) as server:
        private_host(settings, server.port)
        bodies = [http.send(Call("GET", server.url)).json() for _twice in range(2)]

    assert bodies == [{"a": 1}, {"a": 1}]
    assert server.connections == 2
