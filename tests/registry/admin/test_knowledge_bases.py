"""Knowledge bases, providers, platforms, tags and capabilities."""

from __future__ import annotations

import pytest

from registry.choices import LLMType
from registry.models import KnowledgeBase
from registry.services.defaults import set_default
from tests.factories import (
    make_knowledge_base,
    make_llm,
)
from tests.registry.admin.visitor import Visitor, errors
from tests.trail import changes, written

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


def test_a_knowledge_base_begins_with_the_defaults(visitor: Visitor) -> None:
    embedding = make_llm(LLMType.EMBEDDING)
    set_default(embedding)

    form = visitor.form("registry_knowledgebase_add")

    assert form["embedding_model"] == [str(embedding.pk)]
    assert form["generation_model"] == [""]


def test_a_knowledge_base_is_added_without_a_slug(visitor: Visitor) -> None:
    llm = make_llm(LLMType.EMBEDDING)

    with written() as events:
        visitor.submit("registry_knowledgebase_add", name="All Docs", embedding_model=str(llm.pk))

    base = KnowledgeBase.objects.get()
    assert (base.slug, base.embedding_model) == ("all-docs", llm)
    assert events.names == ["knowledge_base_created"]


def test_a_knowledge_base_takes_only_active_models_of_the_right_type(visitor: Visitor) -> None:
    generation = make_llm(LLMType.GENERATION)
    sleeping = make_llm(LLMType.GENERATION, status="inactive")

    answer = visitor.submit(
        "registry_knowledgebase_add",
        name="Docs",
        embedding_model=str(generation.pk),
        generation_model=str(sleeping.pk),
    )

    assert set(errors(answer)) == {"embedding_model", "generation_model"}
    assert not KnowledgeBase.objects.exists()


def test_the_model_field_asks_for_its_own_type(visitor: Visitor) -> None:
    page = visitor.node("registry_knowledgebase_add")

    asked = {node.get("name"): node.get("data-url") for node in page.having("data-url")}

    assert "type=embedding" in asked["embedding_model"]
    assert "type=generation" in asked["generation_model"]


def test_a_change_is_told_by_its_fields(visitor: Visitor) -> None:
    base = make_knowledge_base("Docs")

    with written() as events:
        visitor.submit("registry_knowledgebase_change", base.pk, name="Papers", status="archived")

    assert changes(events.only) == {"name": ["Docs", "Papers"], "status": ["active", "archived"]}


@pytest.mark.invariant("C7")
def test_a_lost_race_keeps_what_was_typed(visitor: Visitor) -> None:
    base = make_knowledge_base("Docs")
    form = visitor.form("registry_knowledgebase_change", base.pk)
    visitor.submit("registry_knowledgebase_change", base.pk, name="Theirs")

    answer = visitor.post("registry_knowledgebase_change", base.pk, **form | {"name": "Mine"})

    base.refresh_from_db()
    assert base.name == "Theirs"
    assert 'value="Mine"' in answer.content.decode()
