"""N6: no answer fills the memory, however long or however well packed it is."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

import pytest
from pytest_django import Settings

from tests.memory import growth
from tests.outbound import Script, allowed, dripping, flooding, message, outcome, replying

MOST_GROWTH = 20  # MiB
TEN_GB = 10_000_000_000
BLOCK = b"x" * 65_536
OK = b"HTTP/1.1 200 OK\r\n"
# 100 MiB of blanks each.
GZIP = gzip.compress(b" " * 1024 * 1024 * 100)
DEFLATE = zlib.compress(b" " * 1024 * 1024 * 100)

WAYS: dict[str, tuple[Script, tuple[str, str]]] = {
    "10 GB announced": (
        flooding(OK + f"Content-Length: {TEN_GB}\r\n\r\n".encode(), BLOCK),
        ("too_large", ""),
    ),
    "10 GB announced, nothing sent": (
        dripping(message(b"", f"Content-Length: {TEN_GB}"), b""),
        ("too_large", ""),
    ),
    "without end": (flooding(OK + b"\r\n", BLOCK), ("too_large", "")),
    "one endless chunk": (
        flooding(OK + b"Transfer-Encoding: chunked\r\n\r\n2540BE400\r\n", BLOCK),
        ("too_large", ""),
    ),
    "endless chunks": (
        flooding(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + BLOCK + b"\r\n"),
        ("too_large", ""),
    ),
    "endless header": (flooding(OK + b"X-A: ", BLOCK), ("too_large", "")),
    "endless headers": (flooding(OK, b"X-A: b\r\n" * 8192), ("too_large", "")),
    "endless beginnings": (flooding(b"", b"HTTP/1.1 100 Go\r\n\r\n" * 3449), ("too_large", "")),
    "more than announced": (
        flooding(message(b"", "Content-Length: 10"), BLOCK),
        ("answered", "200"),
    ),
    "less than announced": (
        replying(message(b"x", "Content-Length: 1000000")),
        ("unreachable", "reset"),
    ),
    "gzip bomb": (
        replying(message(GZIP, "Content-Encoding: gzip")),
        ("encoding_refused", ""),
    ),
    "deflate bomb": (
        replying(message(DEFLATE, "Content-Encoding: deflate")),
        ("encoding_refused", ""),
    ),
    "gzip in transfer": (
        replying(message(GZIP, "Transfer-Encoding: gzip, chunked")),
        ("encoding_refused", ""),
    ),
    "br bomb": (
        flooding(message(b"", f"Content-Length: {TEN_GB}", "Content-Encoding: br"), BLOCK),
        ("encoding_refused", ""),
    ),
    "zstd bomb": (
        flooding(OK + b"Content-Encoding: zstd\r\n\r\n", BLOCK),
        ("encoding_refused", ""),
    ),
    "gzip bomb that does not say so": (replying(message(GZIP)), ("answered", "200")),
}


@pytest.mark.invariant("N6")
@pytest.mark.parametrize("way", WAYS)
def test_no_answer_fills_the_memory(
    way: str, settings: Settings, figure: Callable[..., None]
) -> None:
    script, expected = WAYS[way]
    with allowed(settings, script) as server, growth() as grown:
        found = [outcome(server.url) for _again in range(5)]

    assert found == [expected] * 5
    assert grown.mebibytes <= MOST_GROWTH
    figure(way=repr(way), calls=5, grown_mib=grown.mebibytes, result=expected[0])


@pytest.mark.invariant("N6")
def test_a_body_that_was_kept_would_be_measured() -> None:
    with growth() as grown:
        kept = [bytes(1024 * 1024) + b"x" for _mebibyte in range(30)]

    assert len(kept) == 30
    assert grown.mebibytes >= 25
