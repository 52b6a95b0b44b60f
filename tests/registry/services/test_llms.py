from __future__ import annotations

import pytest

from registry.choices import LLMStatus, LLMType
from registry.errors import (
    GoneError,
    InUseError,
    IsDefaultError,
    NotActiveError,
    StaleRevisionError,
)
from registry.models import Connection, LLMModel, Provider, Tag
from registry.services.llms import save_llm
from registry.services.reference_data import load
from registry.services.revision import current_revision
from registry.types import LLMChange, Secret
from tests.factories import (
    API_KEY,
    make_knowledge_base,
    make_llm,
    make_provider,
)
from tests.registry.services.drafts import draft, refusal
from tests.trail import changes, payload, written

pytestmark = pytest.mark.django_db


def test_a_model_is_created_with_its_key_and_lists() -> None:
    load()
    provider = make_provider()

    with written() as found:
        llm = save_llm(
            draft(provider=provider, context_window=8192),
            LLMChange(
                api_key=Secret(API_KEY),
                tags=["Fast", "cheap"],
                aliases=["quick"],
                capabilities={"vision": True},
            ),
        )

    stored = LLMModel.objects.with_links().get(pk=llm.pk)
    assert (stored.slug, stored.mode, stored.status) == ("fast-1", "chat", "active")
    assert stored.connection is not None
    assert stored.connection.open_key().reveal() == API_KEY
    assert [tag.name for tag in stored.tags.all()] == ["cheap", "Fast"]
    assert [alias.name for alias in stored.aliases.all()] == ["quick"]
    assert {row.capability.name: row.supported for row in stored.capabilities.all()} == {
        "vision": True
    }
    assert (stored.revision, found.names) == (1, ["model_created"])


@pytest.mark.parametrize(
    ("llm_type", "mode"),
    [("embedding", "embedding"), ("generation", "chat"), ("ner", "chat")],
)
def test_the_mode_follows_the_type_unless_it_is_named(llm_type: str, mode: str) -> None:
    assert make_llm(llm_type).mode == mode
    assert make_llm(llm_type, mode="responses").mode == "responses"


def test_an_update_tells_the_changed_fields_only() -> None:
    llm = make_llm(LLMType.EMBEDDING, name="A", batch_size=100)
    llm.name, llm.batch_size = "B", 50

    with written() as found:
        save_llm(llm, LLMChange(fields=frozenset({"name", "batch_size", "dimensions"})))

    assert found.only.event == "model_updated"
    assert changes(found.only) == {"name": ["A", "B"], "batch_size": [100, 50]}


def test_two_requests_that_name_other_fields_do_not_undo_each_other() -> None:
    llm = make_llm(name="A", description="old")
    mine, yours = LLMModel.objects.get(pk=llm.pk), LLMModel.objects.get(pk=llm.pk)
    mine.name, yours.description = "B", "new"

    save_llm(mine, LLMChange(fields=frozenset({"name"})))
    save_llm(yours, LLMChange(fields=frozenset({"description"})))

    llm.refresh_from_db()
    assert (llm.name, llm.description, llm.revision) == ("B", "new", 3)
    assert (yours.name, yours.revision) == ("B", 3)


def test_what_changes_nothing_leaves_no_trace() -> None:
    llm = make_llm(
        name="A", change=LLMChange(api_key=Secret(API_KEY), tags=["fast"], aliases=["quick"])
    )

    with written() as found:
        save_llm(llm, LLMChange(fields=frozenset({"name"}), tags=["FAST"], aliases=["Quick"]))

    llm.refresh_from_db()
    assert found == []
    assert llm.revision == 1


def test_the_catalogue_revision_moves_with_a_write() -> None:
    llm = make_llm()
    before = current_revision()
    llm.name = "B"

    save_llm(llm, LLMChange(fields=frozenset({"name"})))

    assert current_revision() == before + 1


def test_a_lost_race_is_refused() -> None:
    llm = make_llm(name="A")
    llm.name = "B"
    save_llm(llm, LLMChange(fields=frozenset({"name"}), expected_revision=1))
    llm.name = "C"

    with pytest.raises(StaleRevisionError) as refused:
        save_llm(llm, LLMChange(fields=frozenset({"name"}), expected_revision=1))

    assert refused.value.extra == {"revision": 2}
    assert LLMModel.objects.get().name == "B"


def test_a_deleted_model_is_not_saved_again() -> None:
    llm = make_llm()
    LLMModel.objects.get().delete()

    with pytest.raises(GoneError):
        save_llm(llm, LLMChange(fields=frozenset({"name"})))

    assert not LLMModel.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"), [("type", LLMType.NER), ("provider", None)], ids=["type", "provider"]
)
def test_type_and_provider_of_a_stored_model_stay(field: str, value: object) -> None:
    llm = make_llm()
    setattr(llm, field, value or make_provider())

    assert field in refusal(llm, LLMChange(fields=frozenset({field})))


def test_all_wrong_fields_are_named_at_once() -> None:
    llm = draft(
        name=" ",
        model_id="two words",
        slug="Not A Slug",
        temperature=3,
        dimensions=5,
        status="asleep",
    )

    found = refusal(llm, LLMChange(api_endpoint="ftp://x"))

    assert set(found) == {
        "api_endpoint",
        "api_key",
        "dimensions",
        "model_id",
        "name",
        "slug",
        "status",
        "temperature",
    }
    assert not LLMModel.objects.exists()
    assert not Connection.objects.exists()


def test_a_refused_model_leaves_no_connection_tag_or_event() -> None:
    provider = make_provider()

    with written() as found:
        refusal(
            draft(provider=provider),
            LLMChange(api_key=Secret(API_KEY), tags=["fast"], aliases=["a\x00b"]),
        )

    assert found == []
    assert not Connection.objects.exists()
    assert not Tag.objects.exists()


def test_dimensions_under_a_knowledge_base_need_a_confirmation() -> None:
    llm = make_llm(LLMType.EMBEDDING, dimensions=1536, distance_metric="cosine")
    make_knowledge_base("Docs", embedding_model=llm)

    for field, value in (("dimensions", 768), ("distance_metric", "dot")):
        llm = LLMModel.objects.get(pk=llm.pk)
        setattr(llm, field, value)
        with pytest.raises(InUseError) as refused:
            save_llm(llm, LLMChange(fields=frozenset({field})))
        assert refused.value.extra == {"knowledge_bases": ["Docs"], "confirm": "dimensions"}

        save_llm(llm, LLMChange(fields=frozenset({field}), confirm_dimensions=True))

    llm.refresh_from_db()
    assert (llm.dimensions, llm.distance_metric) == (768, "dot")


def test_dimensions_that_nobody_uses_change_freely() -> None:
    llm = make_llm(LLMType.EMBEDDING, dimensions=1536)
    llm.dimensions = 768

    assert save_llm(llm, LLMChange(fields=frozenset({"dimensions"}))).dimensions == 768


@pytest.mark.parametrize("status", [LLMStatus.BETA, LLMStatus.INACTIVE, LLMStatus.DEPRECATED])
def test_a_default_stays_active(status: str) -> None:
    llm = make_llm(is_default=True)
    llm.status = status

    with pytest.raises(IsDefaultError):
        save_llm(llm, LLMChange(fields=frozenset({"status"})))

    llm.is_default = False
    save_llm(llm, LLMChange(fields=frozenset({"status", "is_default"})))
    assert LLMModel.objects.get().status == status


def test_only_an_active_model_starts_as_the_default() -> None:
    with pytest.raises(NotActiveError):
        make_llm(is_default=True, status=LLMStatus.BETA)

    assert not LLMModel.objects.exists()


def test_a_new_default_lets_the_old_one_step_down() -> None:
    old = make_llm(name="Old", is_default=True)

    with written() as found:
        new = make_llm(name="New", provider=old.provider, is_default=True)

    assert list(LLMModel.objects.filter(is_default=True)) == [new]
    assert found.names == ["model_created"]
    assert payload(found.only)["previous_default"] == "Old"


def test_making_the_default_by_an_update_is_told_as_such() -> None:
    llm = make_llm(name="A")
    llm.is_default = True
    with written() as found:
        save_llm(llm, LLMChange(fields=frozenset({"is_default"})))
    assert found.names == ["model_set_default"]

    llm.is_default, llm.name = True, "B"
    with written() as found:
        save_llm(llm, LLMChange(fields=frozenset({"is_default", "name"})))
    assert found.names == ["model_updated"]


def test_a_model_whose_provider_is_unknown_is_refused_by_name() -> None:
    llm = LLMModel(type="generation", name="Fast", model_id="fast", provider=Provider(slug="gone"))

    assert "provider" in refusal(llm)
