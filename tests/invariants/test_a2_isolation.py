"""A2: what is somebody else's is answered as what is nobody's, at every address and for all.

The first person owns one of everything. The second owns the same, has a token and a session, and
asks with the first one's ids; so do a superuser's application and somebody who is not logged in.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import Settings

from registry.choices import Scope
from tests.factories import make_client, make_token, make_user
from tests.invariants.isolation import (
    VERBS,
    Owner,
    Place,
    ask,
    attempts,
    checksum,
    make_owner,
    places,
    plain,
    with_session,
    with_token,
)
from tests.outbound import names
from tests.registry.api.access import undone

pytestmark = [pytest.mark.django_db, pytest.mark.invariant("A2")]

# The trail tells auditors about everybody.
TRAIL = "api/v1/admin/audit/"
REQUESTS = [(verb, body) for verb in VERBS for body in attempts(verb)]
OWN = ("my/", "api/v1/my/")


def staff() -> Client:
    _token, text = make_token(make_user(superuser=True), scopes=tuple(Scope.values))
    return with_token(text)


ACTORS: dict[str, Callable[[Owner], Client]] = {
    "token": lambda second: with_token(second.token_text),
    "session": lambda second: with_session(second.user),
    "staff": lambda second: staff(),
    "anonymous": lambda second: Client(),
}
# How addresses of people's own records answer; a page sends to the login whoever has no session.
ALLOWED = {
    "token": {302, 404, 405},
    "session": {404, 405},
    "staff": {302, 404, 405},
    "anonymous": {302, 401},
}


@pytest.fixture
def first(settings: Settings) -> Owner:
    settings.REGISTRY_READS_PER_MINUTE = 0
    make_client("agent", "held")
    return make_owner("zanna")


@pytest.fixture
def second(first: Owner) -> Owner:
    return make_owner("bruno")


@pytest.mark.parametrize("actor", ACTORS)
def test_anothers_id_is_nobodys_at_every_address(
    actor: str, first: Owner, second: Owner, figure: Callable[..., None]
) -> None:
    client, before = ACTORS[actor](second), checksum(first)
    asked, telling = 0, []

    for place in places(first):
        if place.pattern.startswith(TRAIL):
            continue
        for verb, body in REQUESTS:
            with undone(client):
                found = plain(ask(client, verb, place.path, body), place)
            with undone(client):
                missing = plain(ask(client, verb, place.nobody, body), place)
            asked += 1
            if found != missing or first.seen_in(found.content):
                telling.append((verb, place.path, found.status, missing.status))
            if place.pattern.startswith(OWN) and verb != "OPTIONS":
                assert found.status in ALLOWED[actor], (verb, place.path, found)
        assert checksum(first) == before, place.path

    assert telling == []
    figure(actor=actor, requests=asked, told=len(telling))


def test_the_owner_reaches_what_others_do_not(
    first: Owner, monkeypatch: pytest.MonkeyPatch, figure: Callable[..., None]
) -> None:
    """Without this nothing would be shown: the addresses are right, and the ids are."""
    names(monkeypatch, lambda host: [])
    clients = [with_token(first.token_text), with_session(first.user)]
    reached = {
        place.path: any(reaches(client, place) for client in clients)
        for place in places(first)
        if place.pattern.startswith(OWN)
    }

    assert [path for path, is_reached in reached.items() if not is_reached] == []
    figure(actor="owner", reached=len(reached))


def reaches(client: Client, place: Place) -> bool:
    """Say whether some request there is answered otherwise than one with nobody's id."""
    for verb, body in REQUESTS:
        with undone(client):
            found = plain(ask(client, verb, place.path, body), place)
        with undone(client):
            if found != plain(ask(client, verb, place.nobody, body), place):
                return True
    return False


def test_pages_of_the_admin_are_closed_to_who_is_no_staff(
    first: Owner, second: Owner, figure: Callable[..., None]
) -> None:
    client, before = with_session(second.user), checksum(first)
    asked = 0

    for place in places(first, admin=True):
        for verb in VERBS:
            found = ask(client, verb, place.path, attempts(verb)[0])
            asked += 1
            assert found.status in (302, 403, 404, 405), (verb, place.path)
            assert not first.seen_in(plain(found, place).content)

    assert checksum(first) == before
    figure(actor="second", pages=asked, changed=0)


def test_pages_of_the_catalogue_tell_staff_nothing_of_a_persons_own(
    first: Owner, figure: Callable[..., None]
) -> None:
    """Rights on the catalogue and its tests; connections, tokens and people are rights apart."""
    tables = ("llmmodel", "connectiontest", "provider", "platform", "route", "price")
    rights = [f"{table}.{verb}" for table in tables for verb in ("view", "add", "change", "delete")]
    client, asked = with_session(make_user(staff=True, permissions=rights)), 0

    # Before the others: a page repeats in a message which id was asked for in vain.
    for page in ("llmmodel", "connectiontest", "route", "price"):
        assert not first.seen_in(client.get(f"/admin/registry/{page}/").content), page
    for place in places(first, admin=True):
        found = plain(ask(client, "GET", place.path, attempts("GET")[0]), place)
        asked += 1
        told = set(first.seen_in(found.content)) - set(place.ids)
        assert not told, place.path

    figure(actor="staff", pages=asked, told=0)
