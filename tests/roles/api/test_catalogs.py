"""/api/v1/my/catalog/{provider} and /my/registry"""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.factories import API_KEY, make_user
from tests.registry.api.client import Api, fields_of, with_token
from tests.roles.api.callers import MY, OWN, own_api
from tests.roles.factories import fill, make_account, make_local, provider_of

pytestmark = pytest.mark.django_db
GOOGLE = f"{MY}/catalog/google"


@pytest.fixture
def person(db: None) -> User:
    for slug in ("gemini", "anthropic", "openai-compatible"):
        provider_of(slug)
    return make_user("bo")


@pytest.fixture
def api(person: User) -> Api:
    return own_api(person)


def ids(api: Api, path: str = GOOGLE) -> list[str]:
    return [one["id"] for one in api.get(path).json()["results"]]


def test_the_servers_list_is_there_and_of_an_unknown_provider_nothing(api: Api) -> None:
    assert len(ids(api)) == 6
    assert len(ids(api, f"{MY}/catalog/anthropic")) == 3
    assert api.get(f"{MY}/catalog/nobody").json() == {"count": 0, "results": []}


def test_additions_are_ones_own(api: Api) -> None:
    answer = api.post(GOOGLE, {"id": "models/mine", "label": "Mine", "context_k": 32})

    assert answer.status_code == 201, answer.content
    assert answer.json()["is_own"] is True
    assert ids(api)[-1] == "models/mine"
    assert "models/mine" not in ids(own_api(make_user("cy")))
    assert api.post(GOOGLE, {"id": "models/mine", "label": "Again"}).json()["label"] == "Again"
    assert len(ids(api)) == 7


def test_an_addition_goes_and_the_servers_entries_stay(api: Api) -> None:
    api.post(GOOGLE, {"id": "models/mine"})

    assert api.delete(f"{GOOGLE}?model=models/mine").status_code == 204
    assert api.delete(f"{GOOGLE}?model=models/mine").status_code == 404
    assert api.delete(f"{GOOGLE}?model=gemini-2.5-pro").status_code == 404
    assert fields_of(api.delete(GOOGLE)) == {"model"}
    assert len(ids(api)) == 6


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "id"),
        ({"id": " "}, "id"),
        ({"id": "x", "context_k": "8"}, "context_k"),
        ({"id": "x", "context_k": -1}, "context_k"),
        ({"id": "x", "owner": 1}, "owner"),
    ],
)
def test_what_is_wrong_is_told_by_field(api: Api, body: dict[str, Any], field: str) -> None:
    answer = api.post(GOOGLE, body)

    assert (answer.status_code, fields_of(answer)) == (400, {field})


def test_too_long_an_id_is_refused(api: Api) -> None:
    answer = api.post(GOOGLE, {"id": "x" * 10_000})

    assert (answer.status_code, fields_of(answer)) == (400, {"id", "label"})


def test_an_unknown_provider_takes_no_additions(api: Api) -> None:
    for word in ("nobody", "%00", "x" * 5000):
        assert api.post(f"{MY}/catalog/{word}", {"id": "x"}).status_code == 404


def test_the_whole_registry_is_one_document_without_keys(api: Api, person: User) -> None:
    account, llm = make_account(person), make_local(person)
    fill(person, llm)
    make_local(make_user("cy"))

    found = api.get(f"{MY}/registry").json()

    assert found["version"] == 2
    assert [one["id"] for one in found["models"]] == [llm.slug]
    assert [one["id"] for one in found["providers"]["google"]["accounts"]] == [account.slug]
    assert found["roles"] == {"chat": {"primary": llm.slug}}
    assert API_KEY not in json.dumps(found)


def test_nobody_without_login_or_scope(person: User) -> None:
    reads = with_token(person, OWN[0])

    for path in (GOOGLE, f"{MY}/registry"):
        assert Api().get(path).status_code == 401
        assert with_token(person, "catalogue:read").get(path).status_code == 403
        assert reads.get(path).status_code == 200
    assert reads.post(GOOGLE, {"id": "x"}).status_code == 403
