"""S9: no key leaves unless the trail has it for good, and has had it before."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, connections, transaction
from pytest_django import Settings

from audit.models import LogEntry
from registry.types import Secret
from roles.services.revealing import EVENT
from tests.invariants.isolation import (
    Owner,
)
from tests.invariants.reveals import (
    CHAT,
    RESEARCH,
    REVEAL,
    ROUNDS,
    SERVERS,
    leaks,
    make_custodian,
    post,
    revealed,
    token_of,
)
from tests.invariants.test_u3_together import trail_that_refuses

pytestmark = pytest.mark.invariant("S9")


@pytest.fixture
def owner(db: None, settings: Settings) -> Owner:
    return make_custodian(settings)


@contextmanager
def revoked() -> Iterator[None]:
    """Take the right to write the trail from those who serve requests; PostgreSQL only."""
    role, table = f"registry_without_trail_{os.getpid()}", LogEntry._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {role}")
        cursor.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}")
        cursor.execute(f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {role}")
        cursor.execute(f"REVOKE INSERT ON {table} FROM {role}")
        cursor.execute(f"SET ROLE {role}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
            cursor.execute(f"DROP OWNED BY {role}")
            cursor.execute(f"DROP ROLE {role}")


@contextmanager
def in_a_transaction() -> Iterator[None]:
    """What is written now could still be taken back: that is no entry for good."""
    with transaction.atomic():
        yield


CLOSED = {"the database refuses": trail_that_refuses, "open transaction": in_a_transaction}
if connections["default"].vendor == "postgresql":
    CLOSED["the right is revoked"] = revoked


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", CLOSED)
def test_without_the_trail_there_is_no_key(
    how: str, owner: Owner, figure: Callable[..., None]
) -> None:
    client, refused = token_of(owner.user), 0

    with CLOSED[how]():
        for path in (CHAT, RESEARCH):
            for body in (REVEAL, {**REVEAL, "healthy_only": True}, {**REVEAL, "local_only": True}):
                answer = post(client, path, body)
                assert answer.status_code == 503, answer.content
                assert answer.json()["error"]["code"] == "trail_unavailable"
                assert not leaks(answer, owner)
                refused += 1
        without = post(client, CHAT, {})
        assert without.status_code == 200  # who asks for no key needs no trail
        assert not leaks(without, owner)

    assert revealed() == 0
    assert post(client, CHAT, REVEAL).json()["api_key"] == owner.key
    assert revealed() == 1
    figure(how=how, refused=refused, keys=0)


@pytest.mark.django_db(transaction=True)
def test_the_entry_is_committed_before_the_key_is_opened(
    owner: Owner, monkeypatch: pytest.MonkeyPatch, figure: Callable[..., None]
) -> None:
    """Another connection to the database sees it while the answer is still being made."""
    seen: list[int] = []
    original = Secret.reveal

    def looking(secret: Secret) -> str:
        text = original(secret)
        if text in (owner.key, SERVERS):
            seen.append(elsewhere())
        return text

    client = token_of(owner.user)
    monkeypatch.setattr(Secret, "reveal", looking)
    for number in range(1, ROUNDS + 1):
        seen.clear()
        assert post(client, CHAT, REVEAL).json()["api_key"] == owner.key
        assert seen
        assert seen[-1] == number

    figure(keys=ROUNDS, entries_seen_before=ROUNDS)


def elsewhere() -> int:
    """Count the entries as somebody else's connection sees them."""
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute(
                f"SELECT COUNT(*) FROM {LogEntry._meta.db_table} WHERE event = %s", [EVENT]
            )
            (count,) = cursor.fetchone() or (0,)
            return int(count)
    finally:
        other.close()
