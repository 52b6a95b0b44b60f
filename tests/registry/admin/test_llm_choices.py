from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from registry.choices import LLMType
from registry.types import LLMChange, Secret
from tests.factories import API_KEY, make_connection, make_llm, make_provider, make_user
from tests.registry.admin.visits import LIST, Visitor

pytestmark = pytest.mark.django_db


def ask(what: str, visitor: Visitor | None = None, **query: Any) -> list[str]:
    answer = (visitor or Visitor()).open(f"{LIST}choices/{what}/", **query).answer.json()
    return [row["text"] for row in answer["results"]]


def test_connections_are_those_of_the_provider_and_name_their_state() -> None:
    acme, other = make_provider("acme"), make_provider("other")
    make_connection(acme, label="Acme account")
    make_connection(acme, label="Acme waits", api_key="")
    make_connection(other, label="Other account")

    assert ask("connections", provider=acme.pk) == [
        "Acme account · Ready",
        "Acme waits · Needs key",
    ]
    assert ask("connections", provider="acme", term="WAIT") == ["Acme waits · Needs key"]
    assert len(ask("connections")) == 3


def test_connections_of_one_model_or_person_are_not_offered() -> None:
    make_llm()
    make_connection(owner=make_user(), label="Mine")

    assert ask("connections") == []


def test_models_are_found_by_name_id_and_alias_within_their_type() -> None:
    change = LLMChange(api_key=Secret(API_KEY), aliases=["Aurum"])
    make_llm(name="Gold", model_id="au-79", change=change)
    make_llm(LLMType.EMBEDDING, name="Golden vectors", model_id="vec")

    assert ask("models", term="gold", type="generation") == ["Gold · au-79"]
    assert ask("models", term="AU-79") == ["Gold · au-79"]
    assert ask("models", term="aurum") == ["Gold · au-79"]
    assert len(ask("models")) == 2


def test_a_page_holds_twenty_and_says_whether_there_are_more() -> None:
    provider = make_provider()
    for number in range(25):
        make_connection(provider, label=f"Account {number:02}")
    visitor = Visitor()

    first = visitor.open(f"{LIST}choices/connections/").answer.json()
    second = visitor.open(f"{LIST}choices/connections/", page="2").answer.json()

    assert (len(first["results"]), first["pagination"]) == (20, {"more": True})
    assert (len(second["results"]), second["pagination"]) == (5, {"more": False})


@pytest.mark.parametrize("what", ["connections", "models", "fitting", "known"])
@pytest.mark.parametrize(
    "query",
    [
        {"term": "\0"},
        {"term": "%" * 5_000},
        {"page": "-1"},
        {"page": "9" * 500},
        {"provider": "9" * 5_000},
        {"provider": "\0"},
        {"type": "\0"},
        {"for": "\0"},
        {"for": "x"},
    ],
)
def test_no_question_breaks_the_answer(what: str, query: dict[str, str]) -> None:
    answer = Visitor().open(f"{LIST}choices/{what}/", **query).answer

    assert answer.status_code == 200
    assert isinstance(answer.json()["results"], list)


@pytest.mark.invariant("X4")
def test_the_answer_costs_the_same_however_many_there_are(figure: Callable[..., None]) -> None:
    visitor, provider = Visitor(), make_provider()
    counts = []
    for target in (5, 50):
        for number in range(target):
            make_connection(provider, label=f"{target} {number}")
        with CaptureQueriesContext(database) as queries:
            ask("connections", visitor, provider=provider.pk)
        counts.append(len(queries))

    assert counts[0] == counts[1]
    figure(rows=55, queries=counts[1])
