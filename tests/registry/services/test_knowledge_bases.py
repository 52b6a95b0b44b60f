from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from registry.choices import LLMStatus, LLMType
from registry.errors import GoneError, StaleRevisionError
from registry.models import KnowledgeBase, LLMModel
from registry.services.defaults import set_default
from registry.services.knowledge_bases import delete_knowledge_base, save_knowledge_base
from registry.services.statuses import set_status
from registry.types import Change
from tests.factories import make_knowledge_base, make_llm, make_user
from tests.trail import changes, written

pytestmark = pytest.mark.django_db

NOTHING_NAMED = Change(frozenset())


def test_a_knowledge_base_is_created_on_the_trail() -> None:
    llm = make_llm(LLMType.EMBEDDING, name="Vectors")

    with written() as found:
        base = make_knowledge_base("Our Docs", embedding_model=llm, document_count=12)

    assert (base.slug, base.revision) == ("our-docs", 1)
    assert found.only.event == "knowledge_base_created"
    assert changes(found.only)["embedding_model"] == [None, "Vectors"]
    assert changes(found.only)["document_count"] == [None, 12]


def test_equal_names_get_slugs_of_their_own() -> None:
    assert [make_knowledge_base("Docs").slug for _ in range(3)] == ["docs", "docs-2", "docs-3"]


def test_a_new_one_takes_the_defaults_of_the_moment_and_keeps_them() -> None:
    first = make_llm(LLMType.EMBEDDING, is_default=True)
    base = save_knowledge_base(KnowledgeBase(name="Docs"), NOTHING_NAMED)
    assert (base.embedding_model, base.generation_model) == (first, None)

    set_default(make_llm(LLMType.EMBEDDING))
    base.name = "Our docs"
    save_knowledge_base(base, Change(frozenset({"name"})))

    assert KnowledgeBase.objects.get().embedding_model == first


def test_who_says_none_gets_none() -> None:
    make_llm(LLMType.EMBEDDING, is_default=True)

    base = save_knowledge_base(KnowledgeBase(name="Docs"), Change(frozenset({"embedding_model"})))

    assert base.embedding_model is None


@pytest.mark.parametrize("field", ["embedding_model", "generation_model"])
def test_only_an_active_shared_model_of_the_type_is_taken(field: str) -> None:
    right, wrong = LLMType.EMBEDDING, LLMType.GENERATION
    if field == "generation_model":
        right, wrong = wrong, right
    gone = make_llm(right)
    LLMModel.objects.get(pk=gone.pk).delete()

    for llm in (
        make_llm(wrong),
        make_llm(LLMType.NER),
        make_llm(right, status=LLMStatus.INACTIVE),
        make_llm(right, status=LLMStatus.BETA),
        make_llm(right, owner=make_user()),
        gone,
    ):
        with pytest.raises(ValidationError) as refused:
            make_knowledge_base("Docs", **{field: llm})
        assert set(refused.value.message_dict) == {field}
    assert not KnowledgeBase.objects.exists()


def test_the_row_of_the_model_counts_and_not_what_the_caller_holds() -> None:
    llm = make_llm(status=LLMStatus.INACTIVE)
    llm.status = LLMStatus.ACTIVE

    with pytest.raises(ValidationError):
        make_knowledge_base("Docs", generation_model=llm)


def test_a_model_that_is_deactivated_later_stays() -> None:
    llm = make_llm()
    base = make_knowledge_base("Docs", generation_model=llm)
    set_status(llm, LLMStatus.DEPRECATED)
    base.refresh_from_db()
    base.description = "new"

    save_knowledge_base(base, Change(frozenset({"description"})))

    assert KnowledgeBase.objects.get().generation_model == llm


def test_an_update_tells_what_it_changed() -> None:
    base = make_knowledge_base("Docs", description="old")
    base.description, base.name = "new", "ignored"

    with written() as found:
        save_knowledge_base(base, Change(frozenset({"description"})))

    assert changes(found.only) == {"description": ["old", "new"]}
    assert KnowledgeBase.objects.get().name == "Docs"


def test_all_wrong_fields_are_named_at_once() -> None:
    with pytest.raises(ValidationError) as refused:
        make_knowledge_base(" ", slug="No Slug", status="asleep", document_count=-1)

    assert set(refused.value.message_dict) == {"document_count", "name", "slug", "status"}


def test_a_slug_is_taken_once() -> None:
    make_knowledge_base("Docs", slug="docs")

    with pytest.raises(ValidationError) as refused:
        make_knowledge_base("Other", slug="docs")

    assert refused.value.message_dict == {"slug": ["A knowledge base with this slug exists."]}


def test_deleting_one_leaves_its_models() -> None:
    llm = make_llm()
    base = make_knowledge_base("Docs", generation_model=llm)

    with written() as found:
        delete_knowledge_base(base)

    assert found.names == ["knowledge_base_deleted"]
    assert LLMModel.objects.get() == llm


def test_a_lost_race_is_refused_and_a_gone_one_is_gone() -> None:
    base = make_knowledge_base("Docs")
    stale = Change(frozenset({"name"}), expected_revision=9)

    with pytest.raises(StaleRevisionError):
        save_knowledge_base(base, stale)
    with pytest.raises(StaleRevisionError):
        delete_knowledge_base(base, stale)

    delete_knowledge_base(KnowledgeBase.objects.get())
    with pytest.raises(GoneError):
        save_knowledge_base(base, Change(frozenset({"name"})))
