"""Only declared fields are writable; whatever else a body names is refused or listed."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import Model

from registry.api.connections import ConnectionSerializer
from registry.api.knowledge_bases import KnowledgeBaseSerializer
from registry.api.llm_serializers import ConfigSerializer, LLMSerializer
from registry.api.platforms import PlatformSerializer
from registry.api.prices import PriceSerializer
from registry.api.providers import ProviderSerializer
from registry.api.routes import RouteSerializer
from registry.models import Connection, KnowledgeBase, LLMModel, Platform, Price, Provider, Route
from tests.factories import (
    make_connection,
    make_knowledge_base,
    make_llm,
    make_platform,
    make_price,
    make_route,
    make_user,
)
from tests.registry.api.client import Api, body_of_generation, fields_of, with_token

ROOT = "/api/v1/admin"
PRICES = f"{ROOT}/prices"
# Names of other tables' columns that a careless serializer would take.
FOREIGN = {"is_staff", "is_superuser", "password", "verified_at", "price", "digest", "scopes"}
RESOURCES: dict[str, tuple[type[Model], Any, dict[str, Any]]] = {
    "models": (LLMModel, LLMSerializer, body_of_generation(model_id="new")),
    "connections": (Connection, ConnectionSerializer, {"provider": "openai", "label": "New"}),
    "providers": (Provider, ProviderSerializer, {"slug": "new", "name": "New"}),
    "platforms": (Platform, PlatformSerializer, {"slug": "new", "name": "New"}),
    "knowledge-bases": (KnowledgeBase, KnowledgeBaseSerializer, {"name": "New"}),
    "routes": (Route, RouteSerializer, {"model": "gpt", "platform": "edge"}),
}
# What the two mounts of the catalogue take is what the staff API takes.
PLACES = [(ROOT, name) for name in RESOURCES] + [
    (mount, name)
    for mount in ("/api/v1", "/api/registry")
    for name in ("models", "providers", "platforms", "routes")
]


def undeclared(model: type[Model], serializer: Any) -> set[str]:
    """Return the columns and links of a table that its resource does not let anyone write."""
    shape = serializer()
    writable = {name for name, field in shape.fields.items() if not field.read_only}
    if model is LLMModel:
        writable |= set(ConfigSerializer().fields)
    columns = {field.name for field in model._meta.get_fields()}
    columns |= {field.attname for field in model._meta.concrete_fields}
    return (columns | FOREIGN) - writable


def columns_of(row: Model) -> dict[str, Any]:
    row.refresh_from_db()
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def make_row(name: str, openai: Provider) -> tuple[Model, str]:
    if name == "models":
        llm = make_llm(provider=openai)
        return llm, str(llm.pk)
    if name == "connections":
        connection = make_connection(openai)
        return connection, str(connection.pk)
    if name == "providers":
        return openai, "openai"
    if name == "platforms":
        platform = Platform(slug="hub", name="Hub", revision=1)
        platform.save()
        return platform, "hub"
    if name == "routes":
        make_platform("edge")
        route = make_route(make_llm(provider=openai, slug="gpt"), make_platform("hub"))
        return route, "gpt@hub"
    return make_knowledge_base("Docs"), "docs"


def values() -> list[Any]:
    return [make_user().pk, True, str(uuid.uuid4()), {"a": 1}, None]


@pytest.mark.invariant("A4")
@pytest.mark.parametrize(("root", "name"), PLACES)
def test_an_undeclared_field_changes_nothing(
    api: Api, openai: Provider, root: str, name: str, figure: Callable[..., None]
) -> None:
    model, serializer, _body = RESOURCES[name]
    row, address = make_row(name, openai)
    before = columns_of(row)
    tried, guesses = 0, values()

    for column in sorted(undeclared(model, serializer)):
        for value in guesses:
            answer = api.patch(f"{root}/{name}/{address}", {column: value})
            tried += 1
            if answer.status_code == 200:
                assert column in answer.json()["warnings"][0].removeprefix("Ignored: ").split(", ")
            else:
                assert (answer.status_code, fields_of(answer)) == (400, {column})

    assert columns_of(row) == before
    figure(resource=f"{root}/{name}", writes=tried, changed=0)


@pytest.mark.invariant("A4")
@pytest.mark.parametrize("name", RESOURCES)
def test_an_undeclared_field_is_not_set_on_a_new_row(api: Api, openai: Provider, name: str) -> None:
    model, serializer, body = RESOURCES[name]
    make_row(name, openai)
    owner = User.objects.get(username="ada")

    for column in sorted(undeclared(model, serializer)):
        before = model._default_manager.count()
        answer = api.post(f"{ROOT}/{name}", body | {column: owner.pk})
        if answer.status_code == 201:
            assert column in answer.json()["warnings"][0]
            created = model._default_manager.latest("created_at")
            assert getattr(created, "owner_id", None) is None
            assert getattr(created, "revision", 1) == 1
            assert api.delete(answer.headers["Location"]).status_code == 204
        else:
            assert (answer.status_code, fields_of(answer)) == (400, {column})
        assert model._default_manager.count() == before


@pytest.mark.invariant("A4")
def test_an_undeclared_field_is_not_set_on_a_new_price(api: Api) -> None:
    llm = make_llm(slug="gpt")
    body = {"model": "gpt", "unit": "input", "usd": "2"}

    for column in sorted(undeclared(Price, PriceSerializer)):
        answer = api.post(PRICES, body | {column: "sync"})
        if answer.status_code == 201:
            assert column in answer.json()["warnings"][0]
        else:
            assert (answer.status_code, fields_of(answer)) == (400, {column})

    kept = Price.objects.order_by().values_list("source", "state", "llm").distinct()
    assert list(kept) == [("manual", "live", llm.pk)]


@pytest.mark.invariant("A4")
def test_no_field_of_a_price_is_ever_written(api: Api) -> None:
    price = make_price(make_llm(), "1")
    before = columns_of(price)

    for method in ("PUT", "PATCH", "DELETE"):
        for column in before:
            answer = api.call(method, f"{PRICES}/{price.pk}", {column: 1})
            assert answer.status_code == 405

    assert columns_of(price) == before


@pytest.mark.invariant("A4")
@pytest.mark.parametrize("name", RESOURCES)
def test_who_may_not_write_is_not_told_which_fields_there_are(openai: Provider, name: str) -> None:
    model, serializer, _body = RESOURCES[name]
    row, address = make_row(name, openai)
    before = columns_of(row)
    table = str(model._meta.model_name)
    reader = make_user(staff=True, permissions=[f"{table}.view"])

    for caller in (with_token(make_user()), with_token(reader)):
        for column in sorted(undeclared(model, serializer)):
            for method, path in (("PATCH", f"/{address}"), ("POST", "")):
                answer = caller.call(method, f"{ROOT}/{name}{path}", {column: 1})
                assert answer.status_code == 403

    assert columns_of(row) == before
