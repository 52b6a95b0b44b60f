"""S7: another scheme, host or port never gets the old key, in whatever spelling it comes.

After each move everything that calls is tried: tests, and a look at what the host serves.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from django.db import connection as database
from pytest_django import Settings

from audit.models import LogEntry
from registry.errors import ProviderRefusedError
from registry.models import Connection, ConnectionTest, LLMModel
from registry.services import origins
from registry.services.connection_tests import request_connection_test, request_test
from registry.services.host_models import models_of
from registry.types import LLMChange
from tests.factories import API_KEY, make_connection, make_llm
from tests.invariants.edges import EDGES, HOME, Edge
from tests.outbound import Server, allowed, replying
from tests.provider import FakeProvider, agreement, provider_behind_the_door
from tests.registry.api.tested import work
from tests.trail import changes, written

# The same place as HOME: the key stays.
SAME = [
    "https://MÜNCHEN.example/v1",
    "https://xn--mnchen-3ya.example:443/v1",
    "https://münchen.example./v2/",
    "HTTPS://münchen.example",
]
# Another place, however much it looks like HOME: the key goes.
OTHER = [
    "http://münchen.example/v1",
    "https://münchen.example:8443/v1",
    "https://munchen.example/v1",
    "https://münchen.example.evil.example/v1",
    "https://api.münchen.example/v1",
    "https://m\u0438nchen.example/v1",
    "https://xn--mnchen-4ya.example/v1",
]
# No address that is ever called: refused, and the key stays where it was.
REFUSED = [
    "https://münchen.example@evil.example/v1",
    "https://user:word@münchen.example/v1",
    "https://münchen.example\\@evil.example",
    "https://evil.example#münchen.example",
    "http://169.254.169.254/v1",
    "ftp://münchen.example/v1",
]


def fresh(row: Connection) -> Connection:
    return Connection.objects.get(pk=row.pk)


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> FakeProvider:
    """Whoever is called, at HOME or elsewhere."""
    return provider_behind_the_door(monkeypatch)


def call_everything(row: Connection) -> None:
    """Test the connection and the models that use it, and ask its host for a list."""
    request_connection_test(fresh(row))
    for llm in LLMModel.objects.filter(connection=row):
        request_test(llm, inference=True)
    work()
    with suppress(ProviderRefusedError):
        models_of(fresh(row))


def tells_a_lost_key(entries: list[LogEntry]) -> bool:
    return any(changes(entry).get("api_key") == "changed" for entry in entries)


@pytest.mark.invariant("S7")
@pytest.mark.parametrize("edge", EDGES, ids=lambda edge: edge.__name__)
@pytest.mark.django_db
def test_the_same_origin_keeps_its_key(
    edge: Edge, provider: FakeProvider, figure: Callable[..., None]
) -> None:
    row, move = edge()

    for url in SAME:
        with written() as found:
            assert move(url), url
        assert fresh(row).open_key().reveal() == API_KEY, url
        assert fresh(row).state == "ready"
        assert not tells_a_lost_key(found)
        call_everything(row)

    assert found != []  # a change of the path is told all the same
    assert len(provider.keys) >= 2 * len(SAME)
    assert set(provider.keys) == {API_KEY}
    assert {urlsplit(call.url).netloc for call in provider.calls} == {"xn--mnchen-3ya.example"}
    figure(edge=edge.__name__, spellings=len(SAME), kept=len(SAME), calls=len(provider.calls))


@pytest.mark.invariant("S7")
@pytest.mark.parametrize("edge", EDGES, ids=lambda edge: edge.__name__)
@pytest.mark.django_db
def test_another_origin_drops_the_key(
    edge: Edge, provider: FakeProvider, figure: Callable[..., None]
) -> None:
    dropped = 0

    for url in OTHER:
        row, move = edge()
        with written() as found:
            assert move(url), url
        stored = fresh(row)
        assert (stored.has_key, stored.key_fingerprint, stored.state) == (False, "", "needs_key")
        assert tells_a_lost_key(found), url
        call_everything(row)
        assert move(HOME), url
        assert not fresh(row).has_key, url
        call_everything(row)
        dropped += 1

    assert ConnectionTest.objects.count() >= 2 * len(OTHER)
    assert set(ConnectionTest.objects.values_list("code", flat=True)) == {"needs_key"}
    assert provider.keys == []
    figure(edge=edge.__name__, origins=len(OTHER), dropped=dropped, keys_sent=0)


@pytest.mark.invariant("S7")
@pytest.mark.parametrize("edge", EDGES, ids=lambda edge: edge.__name__)
@pytest.mark.django_db
def test_what_is_no_address_changes_nothing(edge: Edge, figure: Callable[..., None]) -> None:
    row, move = edge()
    before = vars(fresh(row)) | {"_state": None}

    with written() as found:
        accepted = [url for url in REFUSED if move(url)]

    assert accepted == []
    assert found == []
    assert vars(fresh(row)) | {"_state": None} == before
    figure(edge=edge.__name__, refused=len(REFUSED))


def by_hand(row: Connection, column: str, value: str) -> None:
    """Write a column by SQL, as somebody does who has the database but no key."""
    pk = row.pk if database.vendor == "postgresql" else row.pk.hex
    with database.cursor() as cursor:
        cursor.execute(f"UPDATE registry_connection SET {column} = %s WHERE id = %s", [value, pk])


@pytest.mark.invariant("S7")
@pytest.mark.parametrize(
    ("columns", "code"),
    [(("api_url",), "needs_key"), (("api_url", "origin"), "credential_unreadable")],
    ids=["address", "address and origin"],
)
@pytest.mark.django_db
def test_a_listener_at_an_address_moved_by_another_hand_hears_nothing(
    columns: tuple[str, ...], code: str, settings: Settings, figure: Callable[..., None]
) -> None:
    raw = replying(agreement())
    with allowed(settings, raw) as home, allowed(settings, raw) as sink:
        row = make_connection(api_url=home.url)
        make_llm(provider=row.provider, change=LLMChange(connection=row))
        call_everything(row)
        sent = len(home.requests)
        moved = {"api_url": sink.url, "origin": origins.origin_of(sink.url)}
        for column in columns:
            by_hand(row, column, moved[column])

        call_everything(row)

        assert heard(home) == sent > 0
        assert sink.connections == 0
    assert set(ConnectionTest.objects.values_list("code", flat=True)) == {"ok", code}
    figure(moved=len(columns), connections=0)


def heard(server: Server) -> int:
    """Count the requests that came with the key."""
    return sum(f"Bearer {API_KEY}".encode() in request for request in server.requests)
