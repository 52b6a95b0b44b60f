"""S9: a key leaves by one address alone.

Everybody's key is a canary. It is asked for in every way that is no resolving with `reveal`, by
those who may and those who may not.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from audit.models import LogEntry
from registry.choices import Scope
from roles.services.revealing import EVENT
from tests.factories import make_user
from tests.invariants.isolation import (
    Owner,
    lists,
    make_owner,
    places,
    with_session,
    with_token,
)
from tests.invariants.reveals import (
    CHAT,
    FOR_OTHER,
    READ_AND_SECRETS,
    RESEARCH,
    REVEAL,
    ROUNDS,
    leaks,
    make_custodian,
    post,
    revealed,
    token_of,
)
from tests.registry.api.access import undone

pytestmark = pytest.mark.invariant("S9")


@pytest.fixture
def owner(db: None, settings: Settings) -> Owner:
    return make_custodian(settings)


@pytest.mark.django_db
def test_no_other_address_and_no_other_verb_gives_it(
    owner: Owner, figure: Callable[..., None]
) -> None:
    """For the owner himself and for a superuser, who may both have keys revealed."""
    boss = make_user("carla", superuser=True)
    clients = [token_of(owner.user), with_session(owner.user), token_of(boss, *Scope)]
    clients.append(with_session(boss))
    asked, before = 0, revealed()

    paths = [*lists(), *(place.path for place in places(owner)), CHAT]
    for client in clients:
        for path in paths:
            for verb in ("GET", "HEAD", "OPTIONS"):
                for question in ("", "?format=json", "?format=api", "?reveal=true"):
                    with undone(client):
                        answer = client.generic(verb, path + question)
                    asked += 1
                    assert not leaks(answer, owner), (verb, path + question)

    assert revealed() == before
    figure(requests=asked, keys=0)


@pytest.mark.django_db
@pytest.mark.parametrize("path", [CHAT, RESEARCH])
def test_resolving_otherwise_than_by_post_and_json_gives_none(
    path: str, owner: Owner, figure: Callable[..., None]
) -> None:
    asked = 0
    for client in (token_of(owner.user), with_session(owner.user)):
        requests: list[tuple[str, str, bytes, str]] = []
        for verb in ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE"):
            requests.append((verb, path, json.dumps(REVEAL).encode(), "application/json"))
            requests += [(verb, f"{path}?reveal=true", b"", "application/json")]
        for kind in ("text/html", "application/x-www-form-urlencoded", "multipart/form-data"):
            requests.append(("POST", path, b"reveal=true", kind))
        for question in ("?reveal=true", "?format=api", "?format=json&reveal=1", "?reveal"):
            requests.append(("POST", path + question, b"{}", "application/json"))
            requests.append(("POST", path + question, b"", "application/json"))
        for wrong in (b'{"reveal": "true"}', b'{"reveal": 1}', b'{"reveal": [true]}', b"{}", b""):
            requests.append(("POST", path, wrong, "application/json"))
        for wrong in (b'{"Reveal": true}', b'{"reveal": null}', b'[{"reveal": true}]', b"true"):
            requests.append(("POST", path, wrong, "application/json"))
        for verb, target, body, kind in requests:
            answer = client.generic(verb, target, body, content_type=kind)
            asked += 1
            assert not leaks(answer, owner), (verb, target, body)

    assert revealed() == 0
    figure(path=path, requests=asked, keys=0)


@pytest.mark.django_db
def test_each_right_is_needed_and_none_replaces_another(
    owner: Owner, figure: Callable[..., None]
) -> None:
    plain = make_owner("bruno")
    refused: list[tuple[str, Client, dict[str, Any]]] = [
        ("nobody", Client(), REVEAL),
        ("a wrong token", with_token("reg_wrong"), REVEAL),
        ("no right", with_session(plain.user), REVEAL),
        ("the read scope", token_of(owner.user, Scope.ROLES_READ), REVEAL),
        ("the write scope", token_of(owner.user, Scope.ROLES_READ, Scope.ROLES_WRITE), REVEAL),
        ("the catalogue's scope", token_of(owner.user, Scope.CATALOGUE_READ), REVEAL),
        ("secrets without roles", token_of(owner.user, Scope.SECRETS_RESOLVE), REVEAL),
        ("for others, not keys", token_of(owner.user, Scope.ROLES_FOR_USER), FOR_OTHER),
        ("keys, not for others", token_of(owner.user, *READ_AND_SECRETS), FOR_OTHER),
    ]

    for why, client, body in refused:
        answer = post(client, CHAT, body)
        assert answer.status_code in (401, 403), why
        assert not leaks(answer, owner), why
        assert plain.key[3:] not in answer.content.decode(), why

    assert revealed() == 0
    figure(refused=len(refused), keys=0)


@pytest.mark.django_db
def test_a_right_that_is_taken_away_is_gone_with_the_next_request(owner: Owner) -> None:
    client, session = token_of(owner.user), with_session(owner.user)
    assert owner.key in post(client, CHAT, REVEAL).content.decode()

    owner.user.user_permissions.clear()

    for one in (client, session):
        answer = post(one, CHAT, REVEAL)
        assert answer.status_code == 403
        assert not leaks(answer, owner)


@pytest.mark.django_db
def test_the_one_way_is_told_and_not_to_be_kept(owner: Owner, figure: Callable[..., None]) -> None:
    client, given = token_of(owner.user), 0

    for path, key in ((CHAT, owner.key), (RESEARCH, owner.key)):
        for _round in range(ROUNDS):
            before = revealed()
            answer = post(client, path, REVEAL)
            given += answer.json()["api_key"] == key
            assert answer.headers["Cache-Control"] == "no-store"
            assert "ETag" not in answer.headers
            assert revealed() == before + 1
    entries = LogEntry.objects.filter(event=EVENT)
    told = repr(list(entries.values_list("additional_data", "changes", "object_repr")))
    assert owner.key[3:11] not in told
    assert set(entries.values_list("actor_name", "application")) == {("zanna", "tests")}

    figure(keys=given, entries=revealed())


@pytest.mark.django_db
def test_commands_give_none_without_the_right_and_the_word(
    owner: Owner, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, args in {"resolve_role": ["zanna", "chat"], "export_registry": ["zanna"]}.items():
        for more in ({}, {"json": True}):
            call_command(name, *args, **more)
    printed = capsys.readouterr()

    assert owner.key[3:11] not in printed.out + printed.err
    assert revealed() == 0
