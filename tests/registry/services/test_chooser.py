"""The lists that applications choose from: what is in them, and that they are never stale."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from registry.choices import LLMStatus, LLMType
from registry.models import Capability, LLMModel
from registry.services import bulk, chooser
from registry.services.defaults import set_default
from registry.services.deletion import delete_llm
from registry.services.llms import save_llm
from registry.services.providers import save_provider
from registry.services.statuses import set_status
from registry.types import Change, LLMChange, Secret
from tests.factories import API_KEY, make_llm, make_provider, make_user

pytestmark = pytest.mark.django_db


def listed(llm_type: str = LLMType.GENERATION, **page: Any) -> dict[str, Any]:
    """Return the answer of a chooser list, read back from its bytes."""
    _revision, body = chooser.chooser_list(llm_type, **page)
    answer: dict[str, Any] = json.loads(body)
    return answer


def names(llm_type: str = LLMType.GENERATION, **page: Any) -> list[str]:
    return [row["name"] for row in listed(llm_type, **page)["results"]]


def test_an_empty_catalogue_has_empty_lists() -> None:
    assert listed() == {"count": 0, "results": []}


def test_the_default_comes_first_then_names_in_any_case() -> None:
    provider = make_provider()
    for name in ("delta", "Alpha", "charlie", "Bravo"):
        make_llm(provider=provider, name=name, is_default=name == "charlie")

    assert names() == ["charlie", "Alpha", "Bravo", "delta"]


def test_only_active_shared_models_of_the_type_are_listed() -> None:
    provider = make_provider()
    for status in LLMStatus.values:
        make_llm(provider=provider, name=status, status=status)
    make_llm(provider=provider, name="own", owner=make_user())
    make_llm(LLMType.EMBEDDING, provider=provider, name="vectors")
    make_llm(LLMType.NER, provider=provider, name="names")

    assert names() == ["active"]
    assert names(LLMType.EMBEDDING) == ["vectors"]
    assert names(LLMType.NER) == ["names"]


def test_a_row_has_what_a_chooser_needs_and_nothing_of_the_access() -> None:
    Capability.objects.create(name="vision", label="Vision")
    provider = make_provider("maker")
    llm = make_llm(
        provider=provider,
        name="Größe",
        model_id="fast-1",
        context_window=8192,
        temperature=0,
        change=LLMChange(
            api_key=Secret(API_KEY),
            api_endpoint="https://own.example",
            tags=["fast"],
            capabilities={"vision": False},
        ),
    )

    (row,) = listed()["results"]

    assert row == {
        "id": str(llm.pk),
        "slug": "fast-1",
        "type": "generation",
        "name": "Größe",
        "provider": "maker",
        "model_id": "fast-1",
        "description": "",
        "is_default": False,
        "config": {
            "context_window": 8192,
            "max_output_tokens": None,
            "temperature": 0.0,
            "top_p": None,
            "top_k": None,
        },
        "capabilities": {"vision": False},
        "tags": ["fast"],
    }


def test_pages_are_cut_from_the_whole() -> None:
    provider = make_provider()
    for number in range(5):
        make_llm(provider=provider, name=f"m{number}")

    assert names() == ["m0", "m1", "m2", "m3", "m4"]
    assert [names(page=page, page_size=2) for page in (1, 2, 3, 4)] == [
        ["m0", "m1"],
        ["m2", "m3"],
        ["m4"],
        [],
    ]
    assert listed(page=2, page_size=2)["count"] == 5


def test_the_three_lists_in_one_answer() -> None:
    for llm_type in LLMType.values:
        make_llm(llm_type, name=llm_type)

    answer = json.loads(chooser.available()[1])

    assert {name: len(rows) for name, rows in answer.items() if name != "count"} == {
        "embedding_models": 1,
        "generation_models": 1,
        "ner_models": 1,
    }
    assert answer["count"] == 3


CHANGES: dict[str, Callable[[LLMModel, LLMModel], object]] = {
    "a new model": lambda llm, other: make_llm(provider=llm.provider),
    "another name": lambda llm, other: renamed(llm, "Renamed"),
    "another default": lambda llm, other: set_default(other),
    "a status": lambda llm, other: set_status(llm, LLMStatus.BETA),
    "a deletion": lambda llm, other: delete_llm(llm),
    "a tag": lambda llm, other: bulk.tag([llm], "new"),
    "a capability": lambda llm, other: save_llm(
        llm, LLMChange(fields=frozenset(), capabilities={"vision": True})
    ),
    "a provider's slug": lambda llm, other: reslugged(llm),
}


def renamed(llm: LLMModel, name: str) -> None:
    llm.name = name
    save_llm(llm, LLMChange(fields=frozenset({"name"})))


def reslugged(llm: LLMModel) -> None:
    llm.provider.slug = "renamed"
    save_provider(llm.provider, Change(frozenset({"slug"})))


@pytest.mark.parametrize("what", CHANGES)
def test_every_change_shows_at_the_next_call(what: str) -> None:
    Capability.objects.create(name="vision", label="Vision")
    llm, other = make_llm(name="A"), make_llm(name="B")
    revision, before = chooser.chooser_list(LLMType.GENERATION)
    everything = chooser.available()
    assert chooser.chooser_list(LLMType.GENERATION) == (revision, before)

    CHANGES[what](llm, other)

    later, after = chooser.chooser_list(LLMType.GENERATION)
    assert later > revision
    assert after != before
    assert chooser.available() != everything


def test_a_write_that_failed_changes_no_answer() -> None:
    llm = make_llm(name="A")
    before = chooser.chooser_list(LLMType.GENERATION)
    llm.name = ""

    with pytest.raises(Exception, match="blank"):
        save_llm(llm, LLMChange(fields=frozenset({"name"})))

    assert chooser.chooser_list(LLMType.GENERATION) == before


@pytest.mark.parametrize("number", [1, 30])
def test_a_warm_answer_is_one_query_and_a_cold_one_a_constant_number(
    number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    provider = make_provider()
    Capability.objects.create(name="vision", label="Vision")
    said = LLMChange(needs_connection=False, tags=["fast"], capabilities={"vision": True})
    for _ in range(number):
        make_llm(provider=provider, change=said)

    with django_assert_num_queries(5):
        chooser.chooser_list(LLMType.GENERATION)
    with django_assert_num_queries(1):
        chooser.chooser_list(LLMType.GENERATION)


def test_the_memory_of_answers_is_bounded() -> None:
    make_llm()

    for size in range(1, 400):
        chooser.chooser_list(LLMType.GENERATION, page_size=size)

    assert len(chooser._prepared) <= 256
    assert names(page_size=1) != []
