"""Lists cost the same number of queries however long they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import make_user
from tests.registry.api.client import Api, with_token
from tests.registry.api.many import fill, fill_clients
from tests.stopwatch import stopwatch

MOST_QUERIES = 14
MOST_QUERIES_OF_A_REGISTRATION = 30
ROOT = "/api/v1/admin"


@pytest.fixture
def reader(catalogue: None) -> Api:
    """An application with single rights: a superuser's would save the queries for them."""
    rights = [
        f"{table}.view"
        for table in (
            "llmmodel",
            "connection",
            "platform",
            "knowledgebase",
            "logentry",
            "connectiontest",
            "price",
        )
    ]
    return with_token(make_user(staff=True, permissions=rights))


def cost(api: Api, path: str, body: dict[str, Any] | None = None) -> tuple[int, float]:
    """Return how many queries a list or a question costs, and how long it takes in seconds."""
    verb = "GET" if body is None else "POST"
    api.call(verb, path, body)
    with CaptureQueriesContext(connection) as queries, stopwatch() as watch:
        answer = api.call(verb, path, body)
    assert answer.status_code == 200, answer.content
    return len(queries), watch.seconds


PATHS = [
    "models?page_size=100",
    "models?q=odel&page_size=100",
    "models?q=%25_%25_%25",
    "models?capability=vision&tag=tag&provider=openai&type=embedding&page_size=100",
    "models?platform=pm0&capability=vision&page_size=100",
    "models?ordering=-context_window&page_size=100",
    "connections?page_size=100",
    "platforms?page_size=100",
    "knowledge-bases?page_size=100",
    "audit?page_size=100",
    "models?health=unknown&page_size=100",
    "tests?page_size=100",
    "tests?provider=openai&state=queued&page_size=100",
    "models/m0/tests?page_size=100",
    "prices?page_size=100",
    "prices?unit=input&at=2026-11-26&page_size=100",
]

CATALOGUE = [
    "models?page_size=100",
    "models?provider_id=openai&capabilities=vision&tags=tag&min_context=1&sort=cost",
    "models?platform_id=pm0&max_input_cost=5&sort=-context&page_size=100",
    "models?q=odel&sort=-released&page_size=100",
    "models/m0",
    "models/m0/routes",
    "models/m0/alternatives",
    "models/m0/cheaper",
    "models/m0/availability",
    "models/m0/fallbacks",
    "routes?page_size=100",
    "routes?model_id=m0&status=active&page_size=100",
    "platforms?page_size=100",
    "providers",
    "providers/openai",
    "search?q=odel&page_size=100",
    "capabilities",
    "pricing?type=embedding&page_size=100",
    "pricing?type=embedding&models=m0&prompt_tokens=300000",
    "pricing?type=embedding&platforms=pm0,pm1",
]
QUESTIONS: list[tuple[str, dict[str, Any]]] = [
    ("recommend", {"type": "embedding", "requires": ["vision"], "limit": 100}),
    ("recommend", {"type": "embedding", "objective": "cheapest", "output_tokens": 0}),
    ("recommend", {"type": "embedding", "excluded": ["vision"], "optional": ["tools"]}),
    ("cost", {"model": "m0", "prompt_tokens": 5, "output_tokens": 0}),
    ("cost", {"route": "m0@pm0", "prompt_tokens": 5, "output_tokens": 0}),
]


CLIENTS = [
    "clients?page_size=100",
    "clients?provider=p1&model=m&q=c&ordering=-last_seen&page_size=100",
    "clients/c1",
    "clients/c1/models",
    "clients/c1/supports/m",
    "availability/m",
    "available",
    "available?format=gemini&provider=p1&status=1",
    "available/first?format=openai",
]
HOLDS = [{"id": f"new-{number}"} for number in range(50)]
REPORTS: list[tuple[str, str, dict[str, Any] | None]] = [
    ("PUT", "/models/m/quota", {"retry_after": 5}),
    ("DELETE", "/models/m/quota", None),
    ("PUT", "/models/m/suspension", {"reason": "broken"}),
    ("DELETE", "/models/m/suspension", None),
    ("POST", "/seen", None),
    ("PUT", "", {"provider": "p", "models": [*HOLDS, {"id": "m"}, {"id": "m-c1"}]}),
    ("PUT", "", {"provider": "p1", "models": [{"id": "m-c1"}, {"id": "m"}]}),
]


@pytest.mark.invariant("X4")
def test_queries_are_as_many_at_1000_rows_as_at_100(
    reader: Api, figure: Callable[..., None]
) -> None:
    fill(0, 100)
    few = {path: cost(reader, f"{ROOT}/{path}")[0] for path in PATHS}
    fill(100, 1000)
    costs = {path: cost(reader, f"{ROOT}/{path}") for path in PATHS}

    many = {path: queries for path, (queries, _seconds) in costs.items()}
    assert many == few
    assert max(many.values()) <= MOST_QUERIES
    slowest = max(seconds for _queries, seconds in costs.values())
    figure(rows=1000, lists=len(PATHS), most=max(many.values()), slowest_s=round(slowest, 2))


def costs_of_the_catalogue(api: Api, mount: str) -> dict[str, tuple[int, float]]:
    """Return what each read and each question costs."""
    found = {path: cost(api, f"{mount}/{path}") for path in CATALOGUE}
    for name, body in QUESTIONS:
        found[f"{name} {body}"] = cost(api, f"{mount}/{name}", body)
    return found


@pytest.mark.invariant("X4")
@pytest.mark.parametrize("mount", ["/api/v1", "/api/registry"])
def test_the_catalogue_costs_the_same_at_1000_rows(
    reader: Api, mount: str, figure: Callable[..., None]
) -> None:
    fill(0, 100)
    few = costs_of_the_catalogue(reader, mount)
    fill(100, 1000)
    costs = costs_of_the_catalogue(reader, mount)

    many = {path: queries for path, (queries, _seconds) in costs.items()}
    assert many == {path: queries for path, (queries, _seconds) in few.items()}
    assert max(many.values()) <= MOST_QUERIES
    slowest = max(seconds for _queries, seconds in costs.values())
    figure(rows=1000, reads=len(costs), most=max(many.values()), slowest_s=round(slowest, 2))


@pytest.mark.invariant("X4")
@pytest.mark.parametrize("name", ["embedding", "generation", "ner", "available"])
def test_a_chooser_list_costs_the_same_at_1000_rows(reader: Api, name: str) -> None:
    fill(0, 100)
    few = cost(reader, f"/api/v1/models/{name}")[0]
    fill(100, 1000)

    assert cost(reader, f"/api/v1/models/{name}")[0] == few == 2


@pytest.mark.invariant("X4")
def test_clients_cost_the_same_at_1000_as_at_100(db: None, figure: Callable[..., None]) -> None:
    reporter = with_token(make_user(groups=["reporters"]), "availability:report")
    fill_clients(0, 100)
    costs_of_clients(reporter)  # the first write of all makes the row that writers lock
    few = costs_of_clients(reporter)
    fill_clients(100, 1000)
    costs = costs_of_clients(reporter)

    many = {name: queries for name, (queries, _seconds) in costs.items()}
    assert many == {name: queries for name, (queries, _seconds) in few.items()}
    assert max(many.values()) <= MOST_QUERIES_OF_A_REGISTRATION
    assert max(many[path] for path in CLIENTS) <= MOST_QUERIES
    slowest = max(seconds for _queries, seconds in costs.values())
    figure(clients=1000, calls=len(costs), most=max(many.values()), slowest_s=round(slowest, 2))


def costs_of_clients(reporter: Api) -> dict[str, tuple[int, float]]:
    """Return what each read costs, and each report."""
    found = {path: cost(reporter, f"/api/v1/{path}") for path in CLIENTS}
    for verb, path, body in REPORTS:
        with CaptureQueriesContext(connection) as queries, stopwatch() as watch:
            answer = reporter.call(verb, f"/api/v1/clients/c1{path}", body)
        assert answer.status_code in (200, 204), answer.content
        found[f"{verb} {path}"] = (len(queries), watch.seconds)
    return found


@pytest.mark.invariant("X4")
def test_every_order_of_the_list_is_answered(reader: Api) -> None:
    fill(0, 20)
    document = reader.get("/api/schema").json()
    operation = document["paths"][f"{ROOT}/models"]["get"]
    (ordering,) = (part for part in operation["parameters"] if part["name"] == "ordering")

    for order in ordering["schema"]["enum"]:
        queries, _seconds = cost(reader, f"{ROOT}/models?ordering={order}")
        assert queries <= MOST_QUERIES
