"""Ids of clients and models with slashes: which part of an address is which."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from django.urls import resolve

from tests.factories import make_client
from tests.registry.api.client import Api, code_of, fields_of

CLIENTS = "/api/v1/clients"


@pytest.mark.parametrize(
    ("rest", "name", "client", "model"),
    [
        ("c1", "client", "c1", None),
        ("host/c1", "client", "host/c1", None),
        ("c1/models", "client-models", "c1", None),
        ("host/c1/models", "client-models", "host/c1", None),
        ("c1/seen", "client-seen", "c1", None),
        ("c1/models/m/quota", "client-quota", "c1", "m"),
        ("c1/models/models/gem-x/quota", "client-quota", "c1", "models/gem-x"),
        ("a/b/models/models/gem-x/suspension", "client-suspension", "a/b", "models/gem-x"),
        ("c1/models/x/quota/quota", "client-quota", "c1", "x/quota"),
        ("c1/models/x/suspension/quota", "client-quota", "c1", "x/suspension"),
        ("c1/supports/models/gem-x", "client-supports", "c1", "models/gem-x"),
        ("c1/supports/models", "client-supports", "c1", "models"),
        ("c1/supports/seen", "client-supports", "c1", "seen"),
        ("c1/models/seen/quota", "client-quota", "c1", "seen"),
        ("modelsx/seenx", "client", "modelsx/seenx", None),
        ("a//b/models", "client-models", "a//b", None),
    ],
)
def test_an_address_is_read_as_the_client_and_the_model_it_names(
    rest: str, name: str, client: str, model: str | None
) -> None:
    found = resolve(f"{CLIENTS}/{rest}")

    assert (found.url_name, found.kwargs["client"]) == (name, client)
    assert found.kwargs.get("model") == model


@pytest.mark.django_db
@pytest.mark.parametrize(("client", "model"), [("c1", "models/gem-x"), ("eu/host-1", "a/b:c@d?e")])
def test_ids_with_slashes_go_all_the_way(reporter: Api, client: str, model: str) -> None:
    at = f"{CLIENTS}/{quote(client)}"

    answers = [
        reporter.put(at, {"models": [{"id": model}]}),
        reporter.put(f"{at}/models/{quote(model)}/quota", {}),
        reporter.get(f"{at}/supports/{quote(model)}"),
        reporter.get(f"/api/v1/availability/{quote(model)}"),
        reporter.delete(f"{at}/models/{quote(model)}/quota"),
        reporter.put(f"{at}/models/{quote(model)}/suspension", {"reason": "x"}),
        reporter.delete(f"{at}/models/{quote(model)}/suspension"),
        reporter.post(f"{at}/seen"),
        reporter.delete(at),
    ]

    assert [answer.status_code for answer in answers] == [
        201,
        200,
        200,
        200,
        204,
        200,
        204,
        204,
        204,
    ]
    assert (answers[1].json()["client"], answers[1].json()["id"]) == (client, model)
    assert answers[2].json()["supports"] is True
    assert answers[3].json()["clients"][0]["state"] == "cooling"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "client", ["models", "seen", "a/seen/b", "%20", "a%00b", "a%09b", "a" * 201, "c1/"]
)
def test_an_id_that_no_address_can_name_is_refused(reporter: Api, client: str) -> None:
    answer = reporter.put(f"{CLIENTS}/{client}", {"models": [{"id": "m1"}]})

    assert (answer.status_code, fields_of(answer)) == (400, {"client"})


@pytest.mark.django_db
@pytest.mark.parametrize("model", ["m%00", "m" * 10_000, "%F0%9F%92%A9"])
def test_an_odd_model_is_not_registered(reporter: Api, model: str) -> None:
    make_client("c1", "m1")

    for answer in (
        reporter.put(f"{CLIENTS}/c1/models/{model}/quota", {}),
        reporter.delete(f"{CLIENTS}/c1/models/{model}/suspension"),
    ):
        assert (answer.status_code, code_of(answer)) == (404, "not_registered")
