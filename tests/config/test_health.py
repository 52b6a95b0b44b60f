from __future__ import annotations

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from registry.errors import KeyRingError
from registry.services import key_ring


def test_livez_asks_nothing_of_the_database(client: Client) -> None:
    response = client.get("/livez")

    assert response.status_code == 200
    assert response.json() == {"status": "ok"}
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.django_db
def test_readyz_is_ok_when_all_is_there(client: Client) -> None:
    response = client.get("/readyz")

    assert response.status_code == 200, response.content
    assert response.json() == {"status": "ok"}


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_health_is_only_read(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405


@pytest.mark.django_db
def test_readyz_names_the_waiting_migrations(client: Client) -> None:
    MigrationRecorder(connection).migration_qs.filter(app="registry").delete()

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["error"]["code"] == "migrations_waiting"
    assert "registry.0001" in response.json()["error"]["message"]


@pytest.mark.django_db
def test_readyz_says_that_the_ring_is_wrong(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise KeyRingError

    monkeypatch.setattr(key_ring, "check", refuse)

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["error"]["code"] == "key_ring"


@pytest.mark.django_db
def test_readyz_says_that_the_database_is_away(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: object, connection: object) -> None:
        raise OperationalError("password=secret")

    monkeypatch.setattr("config.health.MigrationExecutor.__init__", fail)

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["error"]["code"] == "database_unavailable"
    assert "secret" not in response.content.decode()
