"""Lists cost the same number of queries however long they are."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import make_user
from tests.registry.api.client import Api, with_token
from tests.registry.api.many import fill
from tests.stopwatch import stopwatch

MOST_QUERIES = 12
ROOT = "/api/v1/admin"


@pytest.fixture
def reader(catalogue: None) -> Api:
    """An application with single rights: a superuser's would save the queries for them."""
    rights = [
        f"{table}.view"
        for table in ("llmmodel", "connection", "platform", "knowledgebase", "logentry")
    ]
    return with_token(make_user(staff=True, permissions=rights))


def cost(api: Api, path: str) -> tuple[int, float]:
    """Return how many queries a list costs, and how long it takes in seconds."""
    api.get(path)
    with CaptureQueriesContext(connection) as queries, stopwatch() as watch:
        answer = api.get(path)
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


@pytest.mark.invariant("X4")
@pytest.mark.parametrize("name", ["embedding", "generation", "ner", "available"])
def test_a_chooser_list_costs_the_same_at_1000_rows(reader: Api, name: str) -> None:
    fill(0, 100)
    few = cost(reader, f"/api/v1/models/{name}")[0]
    fill(100, 1000)

    assert cost(reader, f"/api/v1/models/{name}")[0] == few == 2


@pytest.mark.invariant("X4")
def test_every_order_of_the_list_is_answered(reader: Api) -> None:
    fill(0, 20)
    document = reader.get("/api/schema").json()
    operation = document["paths"][f"{ROOT}/models"]["get"]
    (ordering,) = (part for part in operation["parameters"] if part["name"] == "ordering")

    for order in ordering["schema"]["enum"]:
        queries, _seconds = cost(reader, f"{ROOT}/models?ordering={order}")
        assert queries <= MOST_QUERIES
