"""Deleting connections: what uses one blocks it, by name."""

from __future__ import annotations

import pytest

from registry.errors import InUseError
from registry.models import Connection, Platform
from registry.services.connections import (
    delete_connection,
    users_of,
)
from registry.services.platforms import save_platform
from registry.types import LLMChange
from tests.factories import API_KEY, make_connection, make_llm, make_platform, make_route
from tests.trail import payload, written

pytestmark = pytest.mark.django_db


def fresh(connection: Connection) -> Connection:
    return Connection.objects.get(pk=connection.pk)


def test_an_unused_connection_is_deleted() -> None:
    connection = make_connection(label="Team")

    with written() as found:
        delete_connection(connection)

    assert found.names == ["connection_deleted"]
    assert not Connection.objects.exists()


def test_a_used_connection_names_its_users() -> None:
    connection = make_connection()
    make_llm(name="Fast", provider=connection.provider, change=LLMChange(connection=connection))
    save_platform(Platform(slug="hub", name="Hub", connection=connection))
    users = {"models": ["Fast"], "platforms": ["Hub"], "routes": []}

    with written() as found:
        with pytest.raises(InUseError) as refused:
            delete_connection(connection)

    assert refused.value.extra == users
    assert found.only.event == "connection_delete_blocked"
    assert payload(found.only) == users
    assert users_of(connection) == users
    assert fresh(connection).open_key().reveal() == API_KEY


def test_routes_hold_a_connection_by_name() -> None:
    llm, platform = make_llm(slug="fast"), make_platform("hub")
    connection = make_connection(llm.provider)
    make_route(llm, platform, connection=connection, slug="second@hub")
    make_route(llm, platform, connection=connection, slug="first@hub")
    users = {"models": [], "platforms": [], "routes": ["first@hub", "second@hub"]}

    with written() as found:
        with pytest.raises(InUseError) as refused:
            delete_connection(connection)

    assert refused.value.extra == users
    assert (found.only.event, payload(found.only)) == ("connection_delete_blocked", users)
    assert fresh(connection).open_key().reveal() == API_KEY
