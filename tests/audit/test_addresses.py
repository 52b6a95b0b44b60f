from __future__ import annotations

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from audit.addresses import client_address, client_network

PROXY = "10.0.0.1"
OUTER_PROXY = "10.0.0.2"
CLIENT = "203.0.113.9"


@pytest.fixture
def proxies(settings: Settings) -> None:
    settings.REGISTRY_TRUSTED_PROXIES = [PROXY, OUTER_PROXY, "2001:db8::1"]


def address(peer: str, forwarded: str | None = None) -> str | None:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return client_address(RequestFactory().get("/", headers=headers, REMOTE_ADDR=peer))


def test_without_proxies_the_peer_is_the_client() -> None:
    assert address(CLIENT) == CLIENT


@pytest.mark.parametrize("forwarded", ["198.51.100.7", "127.0.0.1", PROXY, "nonsense", ""])
@pytest.mark.usefixtures("proxies")
def test_nobody_but_a_trusted_proxy_is_believed(forwarded: str) -> None:
    assert address(CLIENT, forwarded) == CLIENT


@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [
        (CLIENT, CLIENT),
        (f"198.51.100.7, {CLIENT}", CLIENT),
        (f"{CLIENT}, {OUTER_PROXY}", CLIENT),
        (f"198.51.100.7,{CLIENT} , {OUTER_PROXY},{PROXY}", CLIENT),
        ("2001:DB8::9", "2001:db8::9"),
        (f"{CLIENT}, 2001:db8:0::1", CLIENT),
    ],
)
@pytest.mark.usefixtures("proxies")
def test_behind_a_proxy_the_last_foreign_address_counts(forwarded: str, expected: str) -> None:
    assert address(PROXY, forwarded) == expected


@pytest.mark.parametrize(
    "forwarded", [None, "", "unknown", f"{CLIENT}, unknown", "1.2.3.4:80", PROXY, "<script>"]
)
@pytest.mark.usefixtures("proxies")
def test_a_proxy_that_says_nothing_useful_is_the_client_itself(forwarded: str | None) -> None:
    assert address(PROXY, forwarded) == PROXY


def test_a_unix_socket_has_no_address() -> None:
    assert address("") is None


@pytest.mark.parametrize(
    ("peer", "network"),
    [
        (CLIENT, CLIENT),
        ("2001:db8:0:7:aaaa::1", "2001:db8:0:7::/64"),
        ("2001:db8:0:7:bbbb::2", "2001:db8:0:7::/64"),
        (f"::ffff:{CLIENT}", CLIENT),
        ("", "-"),
    ],
)
def test_a_network_is_what_one_customer_has(peer: str, network: str) -> None:
    assert client_network(RequestFactory().get("/", REMOTE_ADDR=peer)) == network


@pytest.mark.usefixtures("proxies")
def test_a_proxy_is_trusted_in_the_form_that_a_server_on_ipv6_gives_it() -> None:
    assert address(f"::ffff:{PROXY}", CLIENT) == CLIENT
