from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from registry.choices import KnowledgeBaseStatus, LLMStatus, LLMType
from registry.errors import DoesNotFitError, GoneError, InUseError, StaleRevisionError
from registry.models import KnowledgeBase, LLMModel, Price, Route, Tag
from registry.services.deletion import delete_llm, fitting_replacements
from registry.services.dependents import dependents_of
from registry.services.llms import save_llm
from registry.types import Change, LLMChange, Secret
from tests.factories import (
    API_KEY,
    make_knowledge_base,
    make_llm,
    make_platform,
    make_price,
    make_route,
    make_user,
)
from tests.trail import changes, payload, written

pytestmark = pytest.mark.django_db


def embedding(**columns: Any) -> LLMModel:
    return make_llm(LLMType.EMBEDDING, **columns)


def test_a_model_that_nobody_uses_is_deleted() -> None:
    llm = make_llm(
        name="Fast", change=LLMChange(api_key=Secret(API_KEY), tags=["fast"], aliases=["quick"])
    )
    pk = llm.pk

    with written() as found:
        delete_llm(llm)

    assert not LLMModel.objects.exists()
    assert Tag.objects.exists()
    assert found.names == ["model_deleted"]
    assert (found.only.object_pk, found.only.object_repr) == (str(pk), "Fast")
    assert API_KEY not in str(found.only.changes)


@pytest.mark.parametrize("status", KnowledgeBaseStatus.values)
@pytest.mark.parametrize(
    ("llm_type", "field"),
    [(LLMType.EMBEDDING, "embedding_model"), (LLMType.GENERATION, "generation_model")],
)
def test_knowledge_bases_block_by_name(llm_type: str, field: str, status: str) -> None:
    llm = make_llm(llm_type, name="Fast")
    make_knowledge_base("Legal", status=status, **{field: llm})
    make_knowledge_base("Docs", status=status, **{field: llm})
    facts = {"knowledge_bases": ["Docs", "Legal"], "is_default": False, "roles": []}

    with written() as found:
        with pytest.raises(InUseError) as refused:
            delete_llm(llm)

    assert refused.value.extra == facts
    assert found.only.event == "model_delete_blocked"
    assert payload(found.only) == facts
    assert LLMModel.objects.get() == llm


def test_being_the_default_blocks() -> None:
    llm = make_llm(is_default=True)

    with pytest.raises(InUseError) as refused:
        delete_llm(llm)

    assert refused.value.extra == {"knowledge_bases": [], "is_default": True, "roles": []}


def test_who_depends_is_told_beforehand() -> None:
    llm = embedding(is_default=True)
    make_knowledge_base("Docs", embedding_model=llm)

    found = dependents_of(llm)

    assert (found.knowledge_bases, found.is_default, found.blocks) == (["Docs"], True, True)
    assert not dependents_of(make_llm()).blocks


def test_dependants_move_to_another_model() -> None:
    llm = embedding(name="Old", is_default=True)
    target = embedding(name="New")
    writer = make_llm()
    for name in ("Docs", "Legal"):
        make_knowledge_base(name, embedding_model=llm, generation_model=writer)

    with written() as found:
        delete_llm(llm, reassign_to=target)

    bases = KnowledgeBase.objects.all()
    assert {base.embedding_model for base in bases} == {target}
    assert {base.generation_model for base in bases} == {writer}
    assert [base.revision for base in bases] == [2, 2]
    assert LLMModel.objects.get(pk=target.pk).is_default
    deleted = found.named("model_deleted")
    assert payload(deleted)["reassigned_to"] == "New"
    assert {entry.object_repr for entry in found} >= {"Docs", "Legal", "Old"}
    moved = [entry for entry in found if entry.event == "knowledge_base_updated"]
    assert [changes(entry) for entry in moved] == [{"embedding_model": ["Old", "New"]}] * 2


def test_knowledge_bases_that_answer_with_it_move_too() -> None:
    llm, target, vectors = make_llm(), make_llm(), embedding()
    make_knowledge_base("Docs", embedding_model=vectors, generation_model=llm)

    delete_llm(llm, reassign_to=target)

    base = KnowledgeBase.objects.get()
    assert (base.embedding_model, base.generation_model) == (vectors, target)


def test_the_new_default_is_on_the_trail() -> None:
    llm, target = make_llm(name="Old", is_default=True), make_llm(name="New")

    with written() as found:
        delete_llm(llm, reassign_to=target)

    (entry,) = (entry for entry in found if entry.object_repr == "New")
    assert changes(entry) == {"is_default": [False, True]}
    assert payload(found.named("model_deleted"))["previous_default"] == "Old"


@pytest.mark.parametrize(
    "columns", [{"dimensions": 768}, {"distance_metric": "dot"}], ids=["dimensions", "metric"]
)
def test_vectors_do_not_move_where_they_do_not_fit(columns: dict[str, Any]) -> None:
    llm = embedding(distance_metric="cosine")
    make_knowledge_base("Docs", embedding_model=llm)
    target = embedding(**{"distance_metric": "cosine"} | columns)

    with written() as found:
        with pytest.raises(DoesNotFitError):
            delete_llm(llm, reassign_to=target)

    assert found == []
    assert KnowledgeBase.objects.get().embedding_model == llm
    assert target not in fitting_replacements(llm)


def test_without_vectors_anything_of_the_type_fits() -> None:
    llm, target = embedding(is_default=True), embedding(dimensions=768)

    delete_llm(llm, reassign_to=target)

    assert LLMModel.objects.get().is_default


def unfit() -> dict[str, LLMModel]:
    llm = make_llm(is_default=True)
    gone = make_llm()
    LLMModel.objects.get(pk=gone.pk).delete()
    return {
        "itself": llm,
        "another type": embedding(),
        "inactive": make_llm(status=LLMStatus.INACTIVE),
        "a user's": make_llm(owner=make_user()),
        "gone": gone,
    }


@pytest.mark.parametrize("why", ["itself", "another type", "inactive", "a user's", "gone"])
def test_dependants_move_only_to_an_active_shared_model_of_the_type(why: str) -> None:
    models = unfit()

    with pytest.raises(ValidationError) as refused:
        delete_llm(models["itself"], reassign_to=models[why])

    assert set(refused.value.message_dict) == {"reassign_to"}
    assert LLMModel.objects.filter(pk=models["itself"].pk).exists()
    assert models[why] not in fitting_replacements(models["itself"])


def test_the_offered_replacements_fit() -> None:
    llm = embedding(distance_metric="dot", name="Z")
    fits, other = embedding(distance_metric="dot", name="A"), embedding(name="B")
    assert list(fitting_replacements(llm)) == [fits, other]

    make_knowledge_base("Docs", embedding_model=llm)

    assert list(fitting_replacements(llm)) == [fits]
    delete_llm(llm, reassign_to=fits)


def test_who_named_it_as_replacement_names_nobody() -> None:
    llm = make_llm(name="New")
    old = make_llm(name="Old", replacement=llm, status=LLMStatus.DEPRECATED)

    with written() as found:
        delete_llm(llm)

    old.refresh_from_db()
    assert (old.replacement, old.revision) == (None, 2)
    assert changes(found.named("model_updated")) == {"replacement": ["New", None]}


@pytest.mark.parametrize("reassigned", [False, True], ids=["alone", "reassigned"])
def test_its_routes_go_with_it_each_on_the_trail(reassigned: bool) -> None:
    llm, target = make_llm(slug="old", is_default=reassigned), make_llm()
    for slug in ("b", "a"):
        make_price(llm, "2", route=make_route(llm, make_platform(slug)))
    kept = make_route(target)
    told = dependents_of(llm).routes

    with written() as found:
        delete_llm(llm, reassign_to=target if reassigned else None)

    gone = [entry.object_repr for entry in found if entry.event == "route_deleted"]
    assert sorted(gone) == told == ["old@a", "old@b"]
    assert found.named("model_deleted").object_repr == llm.name
    assert list(Route.objects.all()) == [kept]
    assert not Price.objects.exists()


def test_routes_alone_do_not_block() -> None:
    llm = make_llm()
    make_route(llm)

    assert not dependents_of(llm).blocks
    delete_llm(llm)
    assert not Route.objects.exists()


def test_what_blocks_keeps_the_routes_too() -> None:
    llm = make_llm(is_default=True)
    route = make_route(llm)

    with pytest.raises(InUseError):
        delete_llm(llm)

    assert Route.objects.get() == route


def test_a_lost_race_is_refused_and_a_gone_model_is_gone() -> None:
    llm = make_llm()
    save_llm(llm, LLMChange(fields=frozenset(), tags=["fast"]))

    with pytest.raises(StaleRevisionError):
        delete_llm(llm, change=Change(frozenset(), expected_revision=1))

    twin = LLMModel.objects.get()
    delete_llm(llm)
    with pytest.raises(GoneError):
        delete_llm(twin)
