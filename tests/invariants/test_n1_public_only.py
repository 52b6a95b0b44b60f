"""N1: only public addresses are stored as callable and called, and only by http and https."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError

from registry.choices import ConnectionState
from registry.models import Connection, Provider
from registry.outbound import http
from registry.outbound.calls import Call
from registry.services.connections import save_connection
from tests.factories import make_connection, make_provider
from tests.outbound import PUBLIC, Server, dials, message, names, outcome, replying
from tests.registry.outbound.test_addresses import NEVER, PRIVATE
from tests.registry.services.addresses import (
    BLOCKED,
    FOREIGN_SCHEMES,
    MALFORMED,
    NEVER_CALLED,
    NUMERIC,
)

HOSTILE = [*NEVER_CALLED, *NUMERIC, *FOREIGN_SCHEMES, *BLOCKED]
# Spellings of this machine, with the port of a sink that would notice.
LOOPBACK_SPELLINGS = [
    "http://127.0.0.1:{}",
    "http://127.1:{}",
    "http://2130706433:{}",
    "http://0x7f000001:{}",
    "http://0177.0.0.1:{}",
    "http://0:{}",
    "http://0.0.0.0:{}",
    "http://①②⑦.⓪.⓪.①:{}",
    "http://localhost:{}",
    "http://LOCALHOST.:{}",
    "http://[::1]:{}",
    "http://[::]:{}",
    "http://[::ffff:127.0.0.1]:{}",
    "http://[::127.0.0.1]:{}",
    "http://[64:ff9b::7f00:1]:{}",
    "http://[2002:7f00:1::]:{}",
    "http://example.com@127.0.0.1:{}",
    "http://127.0.0.1:{}\\@example.com",
    "http://127.0.0.1:{}#@example.com",
    "ftp://127.0.0.1:{}",
]
# A stored address has no query; the URL of a call may have one.
NO_URLS = [url for url in MALFORMED if "?" not in url]
GOOD = [
    "http://api.openai.com/v1",
    "http://generativelanguage.googleapis.com/v1beta",
    "http://api.anthropic.com",
    "http://api.cohere.com:8080/v2",
    "http://xn--mnchen-3ya.example",
    "http://localhost.example.com",
    "http://my_host.example:8000",
    "http://1.1.1.1",
    "http://8.8.8.8:11434/api",
    "http://172.32.0.1",
    "http://100.128.0.1",
    "http://192.169.0.1",
]


def is_saved_as_callable(provider: Provider, url: str) -> bool:
    """Save a connection with this address; say whether calls may go to it."""
    try:
        row = make_connection(provider, api_url=url)
    except ValidationError:
        return False
    return Connection.objects.get(pk=row.pk).state == ConnectionState.READY


@pytest.mark.invariant("N1")
@pytest.mark.django_db
def test_no_hostile_address_is_called(
    monkeypatch: pytest.MonkeyPatch, figure: Callable[..., None]
) -> None:
    provider = make_provider()
    names(monkeypatch, lambda _host: ["127.0.0.1"])
    dialled = dials(monkeypatch)
    with Server(replying(message())) as sink:
        urls = [*HOSTILE, *(url.format(sink.port) for url in LOOPBACK_SPELLINGS)]
        saved = [url for url in urls if is_saved_as_callable(provider, url)]
        called = {url: outcome(url) for url in [*urls, *NO_URLS]}

    assert saved == []
    assert {code for code, _detail in called.values()} == {"address_refused"}
    assert (dialled, sink.connections) == ([], 0)
    figure(urls=len(urls), saved=len(saved), called=len(called), sink_connections=0)


@pytest.mark.invariant("N1")
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_name_that_leads_inside_is_not_called(
    scheme: str, monkeypatch: pytest.MonkeyPatch, figure: Callable[..., None]
) -> None:
    inside = {f"innocent{at}.example": [text] for at, text in enumerate([*NEVER, *PRIVATE])}
    server = names(monkeypatch, inside.__getitem__)
    dialled = dials(monkeypatch)

    found = {host: outcome(f"{scheme}://{host}/v1")[0] for host in inside}

    assert found == dict.fromkeys(inside, "address_refused")
    assert server.asked == list(inside)
    assert dialled == []
    figure(scheme=scheme, addresses=len(inside), dials=0)


@pytest.mark.invariant("N1")
@pytest.mark.django_db
def test_public_hosts_are_called(
    monkeypatch: pytest.MonkeyPatch, figure: Callable[..., None]
) -> None:
    provider = make_provider()
    names(monkeypatch, lambda _host: [PUBLIC])
    with Server(replying(message())) as server:
        dialled = dials(monkeypatch, server.port)
        saved = [url for url in GOOD if is_saved_as_callable(provider, url)]
        statuses = [http.send(Call("GET", url)).status for url in GOOD]

    assert saved == GOOD
    assert statuses == [200] * len(GOOD)
    assert len(dialled) == server.connections == len(GOOD)
    figure(hosts=len(GOOD), saved=len(saved), answered=len(statuses))


@pytest.mark.invariant("N1")
@pytest.mark.django_db
def test_an_address_that_became_private_is_judged_when_it_is_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dialled = dials(monkeypatch)
    names(monkeypatch, lambda _host: ["10.0.0.5"])
    row = make_connection(api_url="http://moved.example/v1")
    save_connection(row)

    assert row.state == ConnectionState.READY
    assert outcome(row.api_url) == ("address_refused", "moved.example:80")
    assert dialled == []
