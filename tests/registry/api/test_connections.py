from __future__ import annotations

from typing import Any

import pytest

from audit.models import LogEntry
from registry.models import Connection, Provider
from tests.factories import make_connection, make_llm
from tests.registry.api.client import (
    CONNECTIONS,
    KEY,
    Api,
    code_of,
    fields_of,
)

BODY = {"provider": "openai", "label": "Main account", "kind": "account", "api_key": KEY}


def labels(answer: Any) -> list[str]:
    return [row["label"] for row in answer.json()["results"]]


def test_a_connection_is_created_without_showing_its_key(api: Api) -> None:
    answer = api.post(CONNECTIONS, BODY)

    shown = answer.json()
    assert answer.status_code == 201
    assert shown["state"] == "ready"
    assert shown["has_api_key"] is True
    assert shown["key_fingerprint"].startswith("key")
    assert shown["private_to"] is None
    assert "api_key" not in shown
    assert answer.headers["Location"] == f"{CONNECTIONS}/{shown['id']}"
    assert Connection.objects.get().open_key().reveal() == KEY


def test_a_host_without_a_key_needs_none(api: Api) -> None:
    body = {
        "provider": "ollama",
        "label": "GPU",
        "kind": "host",
        "api_url": "http://GPU.example:80/",
    }

    answer = api.post(CONNECTIONS, body)

    assert answer.json()["state"] == "keyless"
    assert answer.json()["api_url"] == "http://gpu.example"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"provider": "nobody"}, "provider"),
        ({"label": ""}, "label"),
        ({"label": 7}, "label"),
        ({"kind": "carrier pigeon"}, "kind"),
        ({"api_url": "ftp://x.example"}, "api_url"),
        ({"api_url": "http://169.254.169.254/"}, "api_url"),
        ({"api_url": "http://user:pass@x.example"}, "api_url"),
        ({"api_key": "sk-****cdef"}, "api_key"),
        ({"api_key": ["sk"]}, "api_key"),
        ({"owner": 1}, "owner"),
        ({"origin": "https://evil.example"}, "origin"),
    ],
)
def test_a_refusal_names_the_field(api: Api, change: dict[str, Any], field: str) -> None:
    answer = api.post(CONNECTIONS, BODY | change)

    assert answer.status_code == 400, answer.content
    assert fields_of(answer) == {field}
    assert not Connection.objects.exists()


def test_an_address_of_a_private_network_is_stored_and_blocked(api: Api) -> None:
    answer = api.post(
        CONNECTIONS,
        BODY | {"provider": "ollama", "kind": "host", "api_url": "http://10.0.0.5:11434"},
    )

    assert answer.status_code == 201
    assert answer.json()["state"] == "address_blocked"
    assert "REGISTRY_PRIVATE_HOSTS=10.0.0.5:11434" in answer.json()["warnings"][0]


def test_a_new_origin_drops_the_key(api: Api, openai: Provider) -> None:
    connection = make_connection(openai, api_url="https://one.example/v1")
    path = f"{CONNECTIONS}/{connection.pk}"

    same = api.patch(path, {"api_url": "https://one.example/v2"}).json()
    moved = api.patch(path, {"api_url": "https://two.example/v2"}).json()

    assert (same["has_api_key"], same["state"]) == (True, "ready")
    assert (moved["has_api_key"], moved["state"]) == (False, "needs_key")
    assert moved["warnings"] == ["There is no usable key. Enter the key."]


def test_what_was_read_can_be_put_back(api: Api, openai: Provider) -> None:
    path = f"{CONNECTIONS}/{make_connection(openai).pk}"
    shown = api.get(path).json()

    answer = api.put(path, shown)

    assert answer.status_code == 200
    assert answer.json()["revision"] == shown["revision"]
    assert api.get(path).json() == shown


def test_the_key_is_removed_by_its_own_address(api: Api, openai: Provider) -> None:
    connection = make_connection(openai)

    answer = api.delete(f"{CONNECTIONS}/{connection.pk}/key")

    connection.refresh_from_db()
    assert answer.status_code == 200
    assert answer.json()["has_api_key"] is False
    assert not connection.has_key
    assert LogEntry.objects.filter(event="connection_key_removed").exists()


@pytest.mark.parametrize("blank", ["", None])
def test_a_blank_key_keeps_the_stored_one(api: Api, openai: Provider, blank: str | None) -> None:
    connection = make_connection(openai, api_key=KEY)

    api.put(f"{CONNECTIONS}/{connection.pk}", {"label": "Renamed", "api_key": blank})

    connection.refresh_from_db()
    assert connection.label == "Renamed"
    assert connection.open_key().reveal() == KEY


def test_a_connection_in_use_stays_and_names_its_users(api: Api, openai: Provider) -> None:
    connection = make_connection(openai)
    body = {
        "type": "generation",
        "provider": "openai",
        "name": "User",
        "model_id": "x",
        "connection": str(connection.pk),
    }
    assert api.post("/api/v1/admin/models", body).status_code == 201

    answer = api.delete(f"{CONNECTIONS}/{connection.pk}")

    assert (answer.status_code, code_of(answer)) == (409, "in_use")
    assert answer.json()["error"]["models"] == ["User"]
    assert Connection.objects.filter(pk=connection.pk).exists()


def test_a_connection_that_nobody_uses_is_deleted(api: Api, openai: Provider) -> None:
    connection = make_connection(openai)

    assert api.delete(f"{CONNECTIONS}/{connection.pk}").status_code == 204
    assert not Connection.objects.exists()


def test_a_models_own_connection_is_not_listed_and_changes_with_its_model(
    api: Api, openai: Provider
) -> None:
    llm = make_llm(provider=openai)
    shared = make_connection(openai, label="Shared")
    path = f"{CONNECTIONS}/{llm.connection_id}"

    change = api.patch(path, {"label": "Mine"})
    deletion = api.delete(path)

    assert labels(api.get(CONNECTIONS)) == [shared.label]
    assert api.get(path).json()["private_to"] == str(llm.pk)
    assert (change.status_code, code_of(change)) == (409, "private_connection")
    assert change.json()["error"]["model"] == str(llm.pk)
    assert (deletion.status_code, code_of(deletion)) == (409, "in_use")


def test_a_models_own_key_can_be_removed(api: Api, openai: Provider) -> None:
    llm = make_llm(provider=openai)

    answer = api.delete(f"{CONNECTIONS}/{llm.connection_id}/key")

    assert answer.status_code == 200
    assert api.get(f"/api/v1/admin/models/{llm.pk}").json()["has_api_key"] is False


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Blocked", "Gpu", "Main"]),
        ("provider=ollama", ["Blocked", "Gpu"]),
        ("kind=account", ["Main"]),
        ("state=address_blocked", ["Blocked"]),
        ("q=gp", ["Gpu"]),
        ("q=10.0.0", ["Blocked"]),
        ("ordering=-label", ["Main", "Gpu", "Blocked"]),
    ],
)
def test_connections_are_found(api: Api, openai: Provider, query: str, expected: list[str]) -> None:
    ollama = Provider.objects.get(slug="ollama")
    make_connection(openai, label="Main")
    make_connection(ollama, label="Gpu", kind="host", api_url="http://gpu.example", api_key="")
    make_connection(ollama, label="Blocked", kind="host", api_url="http://10.0.0.5", api_key="")

    assert labels(api.get(f"{CONNECTIONS}?{query}")) == expected


@pytest.mark.parametrize("name", ["5", "nobody", "00000000-0000-0000-0000-000000000000"])
def test_an_unknown_connection_is_404(api: Api, name: str) -> None:
    assert api.get(f"{CONNECTIONS}/{name}").status_code == 404
    assert api.delete(f"{CONNECTIONS}/{name}/key").status_code == 404
