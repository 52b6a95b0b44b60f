"""S6: a ciphertext opens only in its own row, for its own owner and its own origin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection as database

from registry.choices import Scope
from registry.errors import CredentialUnreadableError
from registry.models import Connection
from registry.types import LLMChange, Secret
from roles.services.legacy_export import export_with_keys
from tests.factories import API_KEY, make_connection, make_llm, make_provider, make_user
from tests.invariants.reveals import CHAT, REVEAL, post, token_of
from tests.registry.api.client import CONNECTIONS, with_token
from tests.roles.api.callers import allow
from tests.roles.factories import fill, make_account, make_gemini

ROWS = 10
EVIL = "https://evil.example"

pytestmark = pytest.mark.django_db


def stored_pk(row: Connection) -> Any:
    return row.pk if database.vendor == "postgresql" else row.pk.hex


def tamper(row: Connection, assignments: str, values: list[Any]) -> None:
    """Write a row by SQL, as somebody does who has the database but no key."""
    with database.cursor() as cursor:
        cursor.execute(
            f"UPDATE registry_connection SET {assignments} WHERE id = %s",
            [*values, stored_pk(row)],
        )
        assert cursor.rowcount == 1


def copy_key(victim: Connection, thief: Connection) -> None:
    assert victim.api_key is not None
    values = [victim.api_key.token, victim.key_fingerprint]
    tamper(thief, "api_key = %s, key_fingerprint = %s", [*values])


def copy_all(victim: Connection, thief: Connection) -> None:
    """Make the thief's row the same as the victim's but for its id."""
    assert victim.api_key is not None
    values = [victim.api_key.token, victim.key_fingerprint, victim.origin, victim.api_url]
    tamper(thief, "api_key = %s, key_fingerprint = %s, origin = %s, api_url = %s", [*values])


def move(victim: Connection, thief: Connection) -> None:
    tamper(victim, "origin = %s, api_url = %s", [f"{EVIL}:443", EVIL])


def move_quietly(victim: Connection, thief: Connection) -> None:
    tamper(victim, "origin = %s", [f"{EVIL}:443"])


def give_away(victim: Connection, thief: Connection) -> None:
    owner = User.objects.get(username="thief")
    tamper(victim, "owner_id = %s", [owner.pk])


TAMPERINGS: list[Callable[[Connection, Connection], None]] = [
    copy_key,
    copy_all,
    move,
    move_quietly,
    give_away,
]


def opened(row: Connection) -> int:
    """Return how many keys the row gives: 0 or 1."""
    try:
        Connection.objects.get(pk=row.pk).open_key()
    except CredentialUnreadableError:
        return 0
    return 1


@pytest.mark.invariant("S6")
@pytest.mark.parametrize("tampering", TAMPERINGS, ids=lambda tampering: tampering.__name__)
def test_a_key_that_was_moved_by_sql_does_not_open(
    tampering: Callable[[Connection, Connection], None], figure: Callable[..., None]
) -> None:
    make_user("thief")
    provider = make_provider()
    pairs = [(make_connection(provider), make_connection(api_url=EVIL)) for _ in range(ROWS)]
    assert sum(opened(row) for pair in pairs for row in pair) == 2 * ROWS

    touched = []
    for victim, thief in pairs:
        tampering(victim, thief)
        touched.append(thief if tampering in (copy_key, copy_all) else victim)

    assert sum(opened(row) for row in touched) == 0
    figure(tampering=tampering.__name__, rows=ROWS, opened=0)


@pytest.mark.invariant("S6")
def test_a_moved_key_shows_as_missing_and_leaves_the_others_alone(
    figure: Callable[..., None],
) -> None:
    api = with_token(make_user(superuser=True))
    victim, thief = make_connection(), make_connection()
    copy_key(victim, thief)

    states = [api.get(f"{CONNECTIONS}/{row.pk}").json()["state"] for row in (victim, thief)]

    assert states == ["ready", "needs_key"]
    assert Connection.objects.get(pk=victim.pk).open_key().reveal() == API_KEY
    figure(states="ready and needs_key")


@pytest.mark.invariant("S6")
def test_a_models_own_key_does_not_open_for_another_model(figure: Callable[..., None]) -> None:
    said = LLMChange(api_key=Secret(API_KEY), api_endpoint="https://own.example")
    first, second = make_llm(change=said).connection, make_llm(change=said).connection
    assert first is not None
    assert second is not None

    copy_all(first, second)

    assert (opened(first), opened(second)) == (1, 0)
    figure(opened=0)


def move_address_alone(row: Connection) -> None:
    tamper(row, "api_url = %s", [f"{EVIL}/v1"])


def move_provider(row: Connection) -> None:
    with database.cursor() as cursor:
        statement = "UPDATE registry_provider SET direct_api_url = %s WHERE id = %s"
        cursor.execute(statement, [EVIL, row.provider_id])


@pytest.mark.invariant("S6", "S7")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("tampering", [move_address_alone, move_provider])
def test_no_key_is_given_away_beside_an_address_that_it_was_not_given_for(
    tampering: Callable[[Connection], None], figure: Callable[..., None]
) -> None:
    """The row still opens, for its origin is as it was: whoever calls would send the key there."""
    user = allow(make_user("anna"), "registry.reveal_key")
    account = make_account(user)
    fill(user, make_gemini(user, account))
    client = token_of(user, Scope.ROLES_READ, Scope.SECRETS_RESOLVE)
    assert post(client, CHAT, REVEAL).json()["api_key"] == API_KEY

    tampering(account)
    answer = post(client, CHAT, REVEAL)
    exported = export_with_keys(user, user)

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "credential_unreadable")
    assert API_KEY not in answer.content.decode()
    if tampering is move_address_alone:  # the document tells no provider's address
        assert API_KEY not in str(exported.document)
        assert exported.unreadable == (account.slug,)
    figure(tampering=tampering.__name__, given=0)
