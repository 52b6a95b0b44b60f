from __future__ import annotations

import pytest

from registry.choices import KnowledgeBaseStatus, LLMType
from registry.models import KnowledgeBase, LLMModel
from registry.services.defaults import set_default
from tests.cases import pages
from tests.factories import make_knowledge_base, make_llm
from tests.registry.admin.visits import LIST, Visitor, of
from tests.trail import payload, written

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


def embedding(name: str, dimensions: int = 1536) -> LLMModel:
    return make_llm(LLMType.EMBEDDING, name=name, dimensions=dimensions)


def test_an_unused_model_is_deleted_after_one_question(visitor: Visitor) -> None:
    llm = make_llm(name="Free")

    visitor.open(of(llm, "delete"))
    assert LLMModel.objects.exists()
    form = pages.form_with(visitor.page, "post")
    assert form is not None
    with written() as events:
        visitor.post(of(llm, "delete"), pages.values(form))

    assert not LLMModel.objects.exists()
    assert events.names == ["model_deleted"]
    assert "Free" in visitor.text
    assert visitor.answer.request["PATH_INFO"] == LIST


def test_a_used_model_names_its_users_and_has_no_button(visitor: Visitor) -> None:
    llm = embedding("Used")
    make_knowledge_base("Docs", embedding_model=llm)
    make_knowledge_base("Old", embedding_model=llm, status=KnowledgeBaseStatus.ARCHIVED)
    embedding("Fits")

    visitor.open(of(llm, "delete"))

    assert "Docs" in visitor.text
    assert "Old" in visitor.text
    assert visitor.confirm_buttons() == []
    assert not pages.form_with(visitor.page, "post")


def test_a_default_names_that_and_has_no_button(visitor: Visitor) -> None:
    llm = make_llm()
    set_default(llm)

    visitor.open(of(llm, "delete"))

    assert "It is the default of its type" in visitor.text
    assert visitor.confirm_buttons() == []


def test_a_forged_confirmation_is_refused_and_stays_on_the_trail(visitor: Visitor) -> None:
    llm = embedding("Used")
    make_knowledge_base("Docs", embedding_model=llm)

    with written() as events:
        visitor.post(of(llm, "delete"), {"post": "yes"})

    assert visitor.status == 409
    assert "Docs" in visitor.text
    assert LLMModel.objects.exists()
    assert events.names == ["model_delete_blocked"]
    assert payload(events.only)["knowledge_bases"] == ["Docs"]


def test_a_chosen_target_is_told_before_it_takes_over(visitor: Visitor) -> None:
    llm, other = embedding("Used"), embedding("Other")
    base = make_knowledge_base("Docs", embedding_model=llm)
    set_default(llm)

    visitor.open(of(llm, "delete"), reassign_to=str(other.pk))
    assert "All of this moves to Other" in visitor.text
    assert len(visitor.confirm_buttons()) == 1
    form = pages.form_with(visitor.page, "post")
    assert form is not None
    visitor.post(of(llm, "delete"), pages.values(form))

    assert KnowledgeBase.objects.get(pk=base.pk).embedding_model == other
    assert LLMModel.objects.get().is_default
    assert LLMModel.objects.get() == other


@pytest.mark.parametrize("kind", ["other dimensions", "inactive", "other type", "itself", "none"])
def test_a_target_that_does_not_fit_gets_no_button(visitor: Visitor, kind: str) -> None:
    llm = embedding("Used")
    make_knowledge_base("Docs", embedding_model=llm)
    targets = {
        "other dimensions": str(embedding("Wide", 3072).pk),
        "inactive": str(make_llm(LLMType.EMBEDDING, name="Off", status="inactive").pk),
        "other type": str(make_llm(name="Talker").pk),
        "itself": str(llm.pk),
        "none": "no uuid at all",
    }

    visitor.open(of(llm, "delete"), reassign_to=targets[kind])
    assert visitor.confirm_buttons() == []
    visitor.post(of(llm, "delete"), {"post": "yes", "reassign_to": targets[kind]})

    assert visitor.status == 409
    assert LLMModel.objects.filter(pk=llm.pk).exists()


def test_only_fitting_models_are_offered(visitor: Visitor) -> None:
    llm = embedding("Used")
    make_knowledge_base("Docs", embedding_model=llm)
    embedding("Fits")
    embedding("Wide", 3072)
    make_llm(name="Talker")

    answer = visitor.open(f"{LIST}choices/fitting/", **{"for": str(llm.pk)}).answer.json()

    assert [row["text"].partition(" ")[0] for row in answer["results"]] == ["Fits"]


def test_without_a_fitting_model_the_page_says_what_to_do(visitor: Visitor) -> None:
    llm = embedding("Used")
    make_knowledge_base("Docs", embedding_model=llm)

    assert "No other model fits" in visitor.open(of(llm, "delete")).text
