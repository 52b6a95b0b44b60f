from __future__ import annotations

import pytest

from registry.choices import LLMStatus
from registry.models import LLMModel
from registry.services import known_models
from tests.cases import pages
from tests.factories import make_connection, make_llm, make_provider, reference_provider
from tests.registry.admin.visits import LIST, Visitor
from tests.trail import written

CATALOGUE = f"{LIST}catalogue/"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


def keys_of(provider: str) -> list[str]:
    return [known.key for known in known_models.find(provider=provider)]


def rows(visitor: Visitor) -> dict[str, bool]:
    """Return the listed models, and whether each can be ticked."""
    return {
        row.get("data-known"): not any("disabled" in box.attributes for box in row.find("input"))
        for row in visitor.page.having("data-known")
    }


def test_every_known_model_is_listed_with_its_day_and_source(visitor: Visitor) -> None:
    visitor.open(CATALOGUE)

    known = known_models.known_models()
    assert set(rows(visitor)) == {entry.key for entry in known}
    assert visitor.text.count("checked on") == len(known)
    assert next(iter(known[0].sources.values()))["source"] in visitor.text


def test_the_list_narrows_by_provider_type_and_words(visitor: Visitor) -> None:
    reference_provider("openai")
    query = {"provider": "openai", "type": "embedding", "q": "large"}

    assert set(rows(visitor.open(CATALOGUE, **query))) == {
        "embedding:openai:text-embedding-3-large"
    }


def test_what_is_in_the_list_already_cannot_be_ticked(visitor: Visitor) -> None:
    openai = reference_provider("openai")
    make_llm(provider=openai, model_id="gpt-4o")

    found = rows(visitor.open(CATALOGUE, provider="openai"))

    assert not found["generation:openai:gpt-4o"]
    assert found["generation:openai:gpt-4o-mini"]


def test_ticked_models_are_added_over_the_connection(visitor: Visitor) -> None:
    connection = make_connection(reference_provider("openai"))
    chosen = keys_of("openai")[:3]
    visitor.open(CATALOGUE, provider="openai", connection=str(connection.pk))
    form = pages.form_with(visitor.page, "keys")
    assert form is not None

    with written() as events:
        visitor.post(CATALOGUE, {**pages.values(form), "keys": chosen})

    assert set(events.names) == {"model_created"}
    assert len(events) == 3
    assert {llm.status for llm in LLMModel.objects.all()} == {LLMStatus.ACTIVE}
    assert {llm.connection for llm in LLMModel.objects.all()} == {connection}
    assert "3 models are in the list now" in visitor.text


def test_without_a_connection_they_wait_inactive(visitor: Visitor) -> None:
    reference_provider("openai")

    visitor.post(CATALOGUE, {"keys": keys_of("openai")[:1]})

    assert LLMModel.objects.get().status == LLMStatus.INACTIVE


def test_models_of_another_provider_come_without_the_connection(visitor: Visitor) -> None:
    connection = make_connection(reference_provider("openai"))
    reference_provider("cohere")

    visitor.post(CATALOGUE, {"keys": keys_of("cohere")[:1], "connection": str(connection.pk)})

    assert LLMModel.objects.get().connection is None


def test_adding_twice_makes_no_second_row(visitor: Visitor) -> None:
    reference_provider("openai")
    chosen = {"keys": keys_of("openai")[:2]}

    visitor.post(CATALOGUE, chosen)
    visitor.post(CATALOGUE, chosen)

    assert LLMModel.objects.count() == 2


def test_nothing_ticked_says_so(visitor: Visitor) -> None:
    assert "Tick the models" in visitor.post(CATALOGUE).text


@pytest.mark.parametrize("keys", [["generation:openai:no-such-model"], ["x"], ["\0"], [""]])
def test_an_unknown_key_adds_nothing(visitor: Visitor, keys: list[str]) -> None:
    reference_provider("openai")

    visitor.post(CATALOGUE, {"keys": keys, "connection": "no uuid"})

    assert visitor.status == 200
    assert not LLMModel.objects.exists()


def test_a_search_that_finds_nothing_says_so(visitor: Visitor) -> None:
    make_provider("acme")

    assert "No known model fits" in visitor.open(CATALOGUE, q="zzzz").text
