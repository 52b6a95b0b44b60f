"""S7: another scheme, host or port never gets the old key, in whatever spelling it comes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from audit.models import LogEntry
from registry.models import Connection
from tests.factories import API_KEY
from tests.invariants.edges import EDGES, HOME, Edge
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


def tells_a_lost_key(entries: list[LogEntry]) -> bool:
    return any(changes(entry).get("api_key") == "changed" for entry in entries)


@pytest.mark.invariant("S7")
@pytest.mark.parametrize("edge", EDGES, ids=lambda edge: edge.__name__)
@pytest.mark.django_db
def test_the_same_origin_keeps_its_key(edge: Edge, figure: Callable[..., None]) -> None:
    row, move = edge()

    for url in SAME:
        with written() as found:
            assert move(url), url
        assert fresh(row).open_key().reveal() == API_KEY, url
        assert fresh(row).state == "ready"
        assert not tells_a_lost_key(found)

    assert found != []  # a change of the path is told all the same
    figure(edge=edge.__name__, spellings=len(SAME), kept=len(SAME))


@pytest.mark.invariant("S7")
@pytest.mark.parametrize("edge", EDGES, ids=lambda edge: edge.__name__)
@pytest.mark.django_db
def test_another_origin_drops_the_key(edge: Edge, figure: Callable[..., None]) -> None:
    dropped = 0

    for url in OTHER:
        row, move = edge()
        with written() as found:
            assert move(url), url
        stored = fresh(row)
        assert (stored.has_key, stored.key_fingerprint, stored.state) == (False, "", "needs_key")
        assert tells_a_lost_key(found), url
        assert move(HOME), url
        assert not fresh(row).has_key, url
        dropped += 1

    figure(edge=edge.__name__, origins=len(OTHER), dropped=dropped)


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
