"""Lists cost the same number of queries however long they are."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.tracking import unaudited
from registry.models import (
    Capability,
    Connection,
    KnowledgeBase,
    LLMAlias,
    LLMModel,
    ModelCapability,
    Platform,
    Provider,
    Tag,
)
from tests.factories import make_connection, make_user
from tests.registry.api.client import Api, with_token
from tests.stopwatch import stopwatch

MOST_QUERIES = 12
ROOT = "/api/v1/admin"


def fill(first: int, last: int) -> None:
    """Add the models of these numbers, each with everything a row of the list shows."""
    provider = Provider.objects.get(slug="openai")
    shared = Connection.objects.get(label="Shared")
    vision, tag = Capability.objects.get(name="vision"), Tag.objects.get()
    llms = [
        LLMModel(
            id=uuid4(),
            slug=f"m{number}",
            type="embedding",
            provider=provider,
            connection=shared,
            name=f"Model {number:05d}",
            model_id=f"m{number}",
            dimensions=8,
        )
        for number in range(first, last)
    ]
    unaudited(LLMModel.objects.all()).bulk_create(llms)
    unaudited(LLMAlias.objects.all()).bulk_create(
        [LLMAlias(llm=llm, name=f"a {llm.slug}", folded=f"a {llm.slug}") for llm in llms]
    )
    unaudited(ModelCapability.objects.all()).bulk_create(
        [ModelCapability(llm=llm, capability=vision, supported=True) for llm in llms]
    )
    unaudited(KnowledgeBase.objects.all()).bulk_create(
        [KnowledgeBase(slug=llm.slug, name=llm.slug, embedding_model=llm) for llm in llms]
    )
    links = LLMModel.tags.through
    links.objects.bulk_create([links(llmmodel_id=llm.pk, tag_id=tag.pk) for llm in llms])
    unaudited(Platform.objects.all()).bulk_create(
        [Platform(slug=f"p{llm.slug}", name=llm.slug) for llm in llms]
    )
    unaudited(Connection.objects.all()).bulk_create(
        [Connection(provider=provider, label=f"c {llm.slug}") for llm in llms]
    )


@pytest.fixture
def reader(catalogue: None) -> Api:
    """An application with single rights: a superuser's would save the queries for them."""
    make_connection(Provider.objects.get(slug="openai"), label="Shared")
    Tag(name="tag", folded="tag").save()
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
