"""S5: one key that cannot be read hurts its own row only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection as database

from registry.errors import CredentialUnreadableError
from registry.models import Connection, LLMModel
from registry.services.connections import delete_connection
from registry.types import LLMChange
from tests.factories import API_KEY, make_connection, make_llm, make_provider, make_user
from tests.registry.admin.visitor import Visitor
from tests.registry.api.client import CONNECTIONS, MODELS, Api, with_token

ROWS = 100
DAMAGES = [b"", b"garbage", b"gAAAAABn", None]
NEW_KEY = "sk-entered-again-0123456789"

pytestmark = pytest.mark.django_db


def damage(row: Connection, token: bytes | None) -> None:
    """Spoil a stored ciphertext by SQL; None turns one character of it around."""
    stored = Connection.objects.get(pk=row.pk).api_key
    assert stored is not None
    if token is None:
        token = stored.token[:-20] + stored.token[-20:].swapcase()
    pk = row.pk if database.vendor == "postgresql" else row.pk.hex
    with database.cursor() as cursor:
        cursor.execute("UPDATE registry_connection SET api_key = %s WHERE id = %s", [token, pk])
        assert cursor.rowcount == 1


@pytest.fixture
def rows() -> list[Connection]:
    provider = make_provider("maker")
    return [make_connection(provider, label=f"account {number:03}") for number in range(ROWS)]


@pytest.fixture
def api(rows: list[Connection]) -> Api:
    return with_token(make_user(superuser=True))


def listed(api: Api) -> list[dict[str, Any]]:
    answer = api.get(f"{CONNECTIONS}?page_size=200&ordering=label")
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


@pytest.mark.invariant("S5")
def test_one_damaged_row_among_a_hundred(
    rows: list[Connection], api: Api, figure: Callable[..., None]
) -> None:
    bad, good = rows[42], rows[:42] + rows[43:]
    llm = make_llm(provider=bad.provider, change=LLMChange(connection=bad))
    visitor = Visitor()

    for token in DAMAGES:
        damage(bad, token)
        found = listed(api)
        states = [row["state"] for row in found]
        assert len(found) == ROWS
        assert (states[42], states.count("needs_key"), states.count("ready")) == (
            "needs_key",
            1,
            ROWS - 1,
        )
        with pytest.raises(CredentialUnreadableError):
            Connection.objects.get(pk=bad.pk).open_key()
        (warning,) = api.get(f"{CONNECTIONS}/{bad.pk}").json()["warnings"]
        assert "cannot be read" in warning
        assert api.get(f"{MODELS}/{llm.pk}").status_code == 200
        assert visitor.get("registry_connection_changelist").status_code == 200
        assert visitor.get("registry_connection_change", bad.pk).status_code == 200
        assert visitor.get("registry_llmmodel_change", llm.pk).status_code == 200
        assert visitor.get("index").status_code == 200

    opened = [Connection.objects.get(pk=row.pk).open_key().reveal() for row in good]
    assert opened == [API_KEY] * len(good)
    figure(rows=ROWS, damages=len(DAMAGES), unreadable=1, readable=len(opened))


@pytest.mark.invariant("S5")
def test_a_damaged_row_can_be_edited_and_gets_a_new_key(
    rows: list[Connection], api: Api, figure: Callable[..., None]
) -> None:
    damage(rows[0], b"garbage")
    damage(rows[1], b"garbage")
    first, second = (f"{CONNECTIONS}/{row.pk}" for row in rows[:2])

    renamed = api.patch(first, {"label": "renamed"})
    rekeyed = api.patch(first, {"api_key": NEW_KEY})
    by_admin = Visitor().submit("registry_connection_change", rows[1].pk, api_key=NEW_KEY)

    assert (renamed.status_code, renamed.json()["state"]) == (200, "needs_key")
    assert (rekeyed.status_code, rekeyed.json()["state"]) == (200, "ready")
    assert by_admin.status_code == 302
    keys = [Connection.objects.get(pk=row.pk).open_key().reveal() for row in rows[:3]]
    assert keys == [NEW_KEY, NEW_KEY, API_KEY]
    assert api.get(second).json()["state"] == "ready"
    figure(repaired=2)


@pytest.mark.invariant("S5")
def test_a_damaged_row_can_be_moved_and_deleted(
    rows: list[Connection], figure: Callable[..., None]
) -> None:
    damage(rows[0], b"garbage")

    delete_connection(Connection.objects.get(pk=rows[0].pk))

    assert Connection.objects.count() == ROWS - 1
    assert not LLMModel.objects.exists()
    figure(deleted=1, left=ROWS - 1)
