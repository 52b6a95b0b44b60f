from __future__ import annotations

import ipaddress

import pytest

from registry.outbound import addresses
from registry.services import origins
from tests.registry.services.addresses import BLOCKED, FOREIGN_SCHEMES, NEVER_CALLED, NUMERIC, OPEN

NEVER = [
    "0.0.0.0",  # noqa: S104  # an address to refuse, not one to listen at
    "100.100.100.200",
    "168.63.129.16",
    "169.254.0.1",
    "169.254.169.254",
    "192.0.0.192",
    "224.0.0.1",
    "239.255.255.255",
    "::",
    "::ffff:0.0.0.0",
    "::169.254.169.254",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "2001:0:808:808:0:0:5601:5601",  # Teredo holds the address with its bits turned
    "2a00:1450::5efe:a9fe:a9fe",
    "fe80::1",
    "fe80::1%eth0",
    "fe80::5efe:808:808",
    "fd00:ec2::254",
    "fd00:ec2::23",
    "fd20:ce::254",
    "2606:4700::1111%eth0",
    "ff02::1",
]
PRIVATE = [
    "127.0.0.1",
    "10.0.0.5",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "192.88.99.1",
    "198.18.0.1",
    "255.255.255.255",
    "::1",
    "::ffff:10.0.0.5",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::808:808",  # a network's own translation: only it knows where that leads
    "2002:7f00:1::",
    "2001:0:808:808:0:0:f7f7:f7f7",
    "2a00:1450::5efe:a00:5",
    "fd00::5efe:808:808",
    "fc00::1",
    "fec0::1",
    "5f00::1",
    "2001:db8::1",
    "3fff::1",
]
PUBLIC = [
    "1.1.1.1",
    "172.32.0.1",
    "2606:4700::1111",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2002:808:808::1",
    "2a00:1450::5efe:808:808",
]


@pytest.mark.parametrize("text", NEVER)
def test_metadata_and_its_kin_are_never_called(text: str) -> None:
    assert addresses.is_never_called(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", PRIVATE)
def test_a_private_address_is_not_public_in_any_form(text: str) -> None:
    address = ipaddress.ip_address(text)

    assert not addresses.is_public(address)
    assert not addresses.is_never_called(address)


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_is_public_in_every_form(text: str) -> None:
    address = ipaddress.ip_address(text)

    assert addresses.is_public(address)
    assert not addresses.is_never_called(address)


@pytest.mark.parametrize(
    ("url", "host", "port", "target", "header"),
    [
        ("https://api.example.com", "api.example.com", 443, "/", "api.example.com"),
        ("https://api.example.com:443/v1", "api.example.com", 443, "/v1", "api.example.com"),
        ("http://api.example.com:443", "api.example.com", 443, "/", "api.example.com:443"),
        ("http://a_b:8000/x?y=1&z", "a_b", 8000, "/x?y=1&z", "a_b:8000"),
        ("http://[0:0:0:0:0:0:0:1]:80/", "::1", 80, "/", "[::1]"),
        ("http://[::1]:8000/", "::1", 8000, "/", "[::1]:8000"),
        ("HTTP://1.1.1.1?q", "1.1.1.1", 80, "/?q", "1.1.1.1"),
        ("https://a/v1;x=1", "a", 443, "/v1;x=1", "a"),
        ("https://a/v1/%2F/m:b@c|d", "a", 443, "/v1/%2F/m:b@c|d", "a"),
        ("https://a/ü?ß=é", "a", 443, "/%C3%BC?%C3%9F=%C3%A9", "a"),
    ],
)
def test_a_url_is_taken_apart(url: str, host: str, port: int, target: str, header: str) -> None:
    place = addresses.place(url)

    assert (place.host, place.port, place.target) == (host, port, target)
    assert place.host_header == header
    assert place.allowance == f"{f'[{host}]' if ':' in host else host}:{port}"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.example.com",
        "//api.example.com",
        "https:api.example.com",
        "https:///v1",
        "https://api.example.com.",
        "https://a..b",
        "https://münchen.example",
        "https://api。example。com",
        "https://example.com\uff0fv1",
        "https://example.com/\u3000",
        "https://example.com/\ud800",
        "https://exa mple.com",
        "https://exa\tmple.com",
        "https://example.com/\r\nX: y",
        "https://example.com/\x00",
        "https://example.com\\@evil.example",
        "https://user:word@example.com",
        "https://@example.com",
        "https://example.com/#top",
        "https://example.com:0",
        "https://example.com:65536",
        "https://example.com:-1",
        "https://example.com:port",
        "https://%65xample.com",
        "https://[example.com]",
        "https://[::1",
        "https://[::1]x:80",
        "https://[::1%25eth0]",
        "https://metadata/v1",
        "https://256.1.1.1",
        *FOREIGN_SCHEMES,
        *NUMERIC,
    ],
)
def test_what_parsers_could_read_in_two_ways_is_no_place(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        addresses.place(url)


@pytest.mark.parametrize("url", [*BLOCKED, *OPEN[:-1]])
def test_what_may_be_stored_is_taken_apart_as_it_was_stored(url: str) -> None:
    stored = origins.normalise(url)

    assert addresses.place(stored).allowance == origins.allowance(stored)


@pytest.mark.parametrize("url", NEVER_CALLED)
def test_an_address_that_cannot_be_stored_is_no_place_or_never_called(url: str) -> None:
    try:
        host = addresses.place(url).host
    except ValueError:
        return

    assert addresses.is_never_called(ipaddress.ip_address(host))
