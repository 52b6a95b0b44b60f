from __future__ import annotations

import pytest

from audit.models import LogEntry
from audit.operations import operation
from audit.stories import Action
from registry.models import Capability, LLMModel, Tag
from registry.types import LLMChange, Secret
from tests.factories import API_KEY, make_llm, make_provider, make_user
from tests.trail import changes, payload, written

pytestmark = pytest.mark.django_db


def new_tag(name: str) -> Tag:
    return Tag.objects.create(name=name, folded=name)


def test_a_row_changed_outside_any_operation_writes_its_own_event() -> None:
    with written() as found:
        tag = new_tag("fast")
        tag.name = "Fast"
        tag.save()
        tag.delete()

    assert found.names == ["tag_created", "tag_updated", "tag_deleted"]
    assert [entry.action for entry in found] == [Action.CREATE, Action.UPDATE, Action.DELETE]
    assert changes(found[0]) == {"id": [None, found[0].object_id], "name": [None, "fast"]}
    assert changes(found[1]) == {"name": ["fast", "Fast"]}
    assert changes(found[2])["name"] == ["Fast", None]


def test_an_operation_writes_one_event_per_subject() -> None:
    first, second = new_tag("one"), new_tag("two")

    with written() as found, operation("tags_tidied", first):
        first.name = "One"
        first.save()
        second.name = "Two"
        second.save()
        first.name = "ONE"
        first.save()

    assert sorted(found.names) == ["tag_updated", "tags_tidied"]
    assert changes(found.named("tags_tidied")) == {"name": ["one", "ONE"]}
    assert changes(found.named("tag_updated")) == {"name": ["two", "Two"]}


def test_nothing_changed_writes_nothing() -> None:
    tag = new_tag("fast")

    with written() as found:
        tag.save()
        with operation("tag_updated", tag):
            tag.save()
        with operation("tag_updated", tag):
            tag.name = "slow"
            tag.save()
            tag.name = "fast"
            tag.save()

    assert found == []


def test_an_operation_may_insist_on_its_event() -> None:
    tag = new_tag("fast")

    with written() as found, operation("tag_checked", tag, always=True, result="ok"):
        pass

    assert found.only.event == "tag_checked"
    assert (changes(found.only), payload(found.only)) == ({}, {"result": "ok"})


def test_created_and_then_changed_is_created() -> None:
    with written() as found, operation("tag_created"):
        tag = new_tag("fast")
        tag.name = "Fast"
        tag.save()

    assert (found.only.event, found.only.action) == ("tag_created", Action.CREATE)
    assert changes(found.only)["name"] == [None, "Fast"]
    assert found.only.object_repr == "Fast"


def test_what_came_and_went_in_one_operation_is_not_told() -> None:
    with written() as found, operation("tags_tidied"):
        new_tag("fast").delete()

    assert found == []


def test_an_inner_operation_joins_the_outer_one() -> None:
    tag = new_tag("fast")

    with written() as found, operation("tag_moved", tag, why="tidy") as outer:
        with operation("tag_updated", tag, how="inner") as inner:
            assert inner is outer
            tag.name = "slow"
            tag.save()
        tag.name = "slower"
        tag.save()

    assert found.only.event == "tag_moved"
    assert changes(found.only) == {"name": ["fast", "slower"]}
    assert payload(found.only) == {"why": "tidy", "how": "inner"}


def test_an_absorbed_row_has_no_event_of_its_own() -> None:
    tag, other = new_tag("fast"), new_tag("slow")

    with written() as found, operation("tag_updated", tag) as running:
        running.absorb(other)
        running.tell(stepped_down=other.name)
        other.name = "slowest"
        other.save()
        tag.name = "fastest"
        tag.save()

    assert found.only.object_repr == "fastest"
    assert payload(found.only) == {"stepped_down": "slow"}


def test_the_subject_itself_cannot_be_absorbed() -> None:
    tag = new_tag("fast")

    with written() as found, operation("tag_updated", tag) as running:
        running.absorb(tag)
        tag.name = "slow"
        tag.save()

    assert found.names == ["tag_updated"]


def test_an_operation_can_be_renamed_once_it_is_known_what_it_did() -> None:
    tag = new_tag("fast")

    with written() as found, operation("tag_updated", tag) as running:
        tag.name = "slow"
        tag.save()
        running.rename("tag_slowed")

    assert found.names == ["tag_slowed"]


def test_a_failed_operation_leaves_neither_change_nor_event() -> None:
    tag = new_tag("fast")
    before = LogEntry.objects.count()

    def fail() -> None:
        with operation("tag_updated", tag):
            tag.name = "slow"
            tag.save()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert Tag.objects.get().name == "fast"
    assert LogEntry.objects.count() == before


def test_the_next_operation_starts_anew_after_a_failed_one() -> None:
    tag = new_tag("fast")
    with pytest.raises(ZeroDivisionError), operation("tag_broken", tag):
        raise ZeroDivisionError

    with written() as found, operation("tag_updated", tag):
        tag.name = "slow"
        tag.save()

    assert found.names == ["tag_updated"]


def test_a_part_is_told_in_its_subjects_words() -> None:
    provider = make_provider()
    Capability.objects.create(name="vision", label="Vision")

    with written() as found:
        llm = make_llm(
            provider=provider,
            change=LLMChange(
                api_key=Secret(API_KEY),
                api_endpoint="https://own.example/v1",
                aliases=["quick"],
                tags=["fast"],
                capabilities={"vision": True},
            ),
        )

    told = changes(found.only)
    assert (found.only.event, found.only.object_pk) == ("model_created", str(llm.pk))
    assert told["api_key"] == "changed"
    assert told["api_endpoint"] == [None, "https://own.example/v1"]
    assert told["aliases"] == [[], ["quick"]]
    assert told["tags"] == [[], ["fast"]]
    assert told["capabilities.vision"] == [None, True]
    assert not {"key_fingerprint", "origin", "label", "state"} & set(told)


def test_deleting_a_subject_tells_one_event_with_its_parts() -> None:
    Capability.objects.create(name="vision", label="Vision")
    llm = make_llm(
        name="Doomed",
        change=LLMChange(
            api_key=Secret(API_KEY), aliases=["quick"], tags=["fast"], capabilities={"vision": True}
        ),
    )
    pk = llm.pk

    with written() as found, operation("model_deleted", llm):
        llm.delete()

    assert found.names == ["model_deleted"]
    assert (found.only.object_pk, found.only.object_repr) == (str(pk), "Doomed")
    assert not LLMModel.objects.exists()


def test_a_part_outlived_by_nobody_can_be_told_alone() -> None:
    user = make_user()
    llm = make_llm(owner=user)

    with written() as found:
        user.delete()

    assert set(found.names) >= {"user_deleted", "model_deleted"}
    assert not LLMModel.objects.filter(pk=llm.pk).exists()


def test_related_rows_outside_an_operation_have_their_event() -> None:
    llm = make_llm()
    tag = new_tag("fast")

    with written() as found:
        llm.tags.add(tag)
        llm.tags.add(tag)
        llm.tags.remove(tag)

    assert found.names == ["model_updated", "model_updated"]
    assert [changes(entry) for entry in found] == [
        {"tags": [[], ["fast"]]},
        {"tags": [["fast"], []]},
    ]


def test_related_rows_that_came_and_went_are_no_change() -> None:
    llm = make_llm()
    tag = new_tag("fast")

    with written() as found, operation("model_updated", llm):
        llm.tags.add(tag)
        llm.tags.remove(tag)

    assert found == []
