"""The guards that every other test relies on."""

from __future__ import annotations

import socket

import pytest

from audit import context
from tests import conftest


def test_a_call_out_fails_and_is_remembered(no_outbound: list[object]) -> None:
    with (
        socket.socket() as outside,
        pytest.raises(conftest.OutboundCallError, match=r"192\.0\.2\.1"),
    ):
        outside.connect(("192.0.2.1", 80))

    assert no_outbound == [("192.0.2.1", 80)]
    no_outbound.clear()


def test_a_look_up_fails_and_is_remembered(no_outbound: list[object]) -> None:
    with pytest.raises(conftest.OutboundCallError, match=r"api\.example"):
        socket.getaddrinfo("api.example", 443)

    assert no_outbound == ["api.example"]
    no_outbound.clear()


@pytest.mark.parametrize(
    ("address", "local"),
    [
        (("127.0.0.1", 80), True),
        (("::1", 80, 0, 0), True),
        (("localhost", 80), True),
        ("/run/socket", True),
        (("10.0.0.1", 80), False),
        (("169.254.169.254", 80), False),
        (("example.org", 80), False),
    ],
)
def test_local_is_loopback_and_nothing_else(address: object, local: bool) -> None:
    assert conftest.is_local(address) is local


def test_a_test_has_a_context() -> None:
    found = context.current()

    assert found is not None
    assert found.source == "system"


@pytest.mark.without_context
def test_a_marked_test_has_none() -> None:
    assert context.current() is None
