"""Two people edit one model: nobody's input is lost, nobody's change is undone unseen."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from registry.models import LLMModel
from registry.services.llms import save_llm
from registry.types import LLMChange, Secret
from tests.factories import API_KEY, make_llm, make_user
from tests.registry.admin.visits import Visitor, of
from tests.trail import written

pytestmark = [pytest.mark.django_db, pytest.mark.invariant("C7")]


def pair(llm: LLMModel) -> tuple[Visitor, Visitor]:
    """Return two people who both have the form open."""
    anna = Visitor(make_user("anna", superuser=True))
    ben = Visitor(make_user("ben", superuser=True))
    return anna.open(of(llm)), ben.open(of(llm))


def test_the_second_one_gets_a_conflict_and_writes_nothing(figure: Callable[..., None]) -> None:
    conflicts = 0
    for number in range(10):
        llm = make_llm(name=f"Model {number}")
        first, second = (Visitor().open(of(llm)) for _person in range(2))
        first.send(name=f"First {number}")
        with written() as events:
            second.send(name=f"Second {number}")
        conflicts += "Someone else has changed this" in second.text
        assert events == []
        assert LLMModel.objects.get(pk=llm.pk).name == f"First {number}"

    assert conflicts == 10
    figure(races=10, conflicts=conflicts)


def test_the_page_says_who_changed_what_and_where_to_look() -> None:
    llm = make_llm(name="Before")
    first, second = pair(llm)

    first.send(family="birds")
    second.send(name="Mine")

    (note,) = [node for node in second.page.walk() if "Someone else" in "".join(node.words)]
    assert "anna" in note.text()
    assert "birds" in note.text()
    assert of(llm, "history") in {node.get("href") for node in note.find("a")}


def test_the_input_stays_and_saving_again_adds_it_to_the_others() -> None:
    llm = make_llm(name="Before", description="Before.", version="1")
    first, second = pair(llm)

    first.send(description="By Anna.")
    second.send(name="By Ben", version="2")

    assert (second.value("name"), second.value("version")) == ("By Ben", "2")
    assert second.value("description") == "By Anna."  # he had not touched it
    second.send()
    stored = LLMModel.objects.get()
    assert (stored.name, stored.description, stored.version) == ("By Ben", "By Anna.", "2")


def test_where_both_changed_one_field_the_stored_value_is_told() -> None:
    llm = make_llm(name="Before")
    first, second = pair(llm)

    first.send(name="By Anna")
    second.send(name="By Ben")

    assert second.wrong() == {"name"}
    assert "Stored now: By Anna" in second.text
    assert second.value("name") == "By Ben"
    second.send()
    assert LLMModel.objects.get().name == "By Ben"


def test_a_third_change_in_between_is_a_conflict_again() -> None:
    llm = make_llm(name="Before")
    first, second = pair(llm)
    first.send(name="By Anna")
    second.send(name="By Ben")

    llm = LLMModel.objects.get()
    llm.family = "late"
    save_llm(llm, LLMChange(fields=frozenset({"family"})))
    second.send()

    assert "Someone else has changed this" in second.text
    assert LLMModel.objects.get().name == "By Anna"


def test_names_and_capabilities_of_the_other_stay_as_well(capabilities: None) -> None:
    llm = make_llm(change=LLMChange(api_key=Secret(API_KEY), tags=["old"]))
    first, second = pair(llm)

    first.send(tags="old, anna", capability_tools="true")
    second.send(name="By Ben", capability_vision="false")
    second.send()

    stored = LLMModel.objects.get()
    assert {tag.name for tag in stored.tags.all()} == {"old", "anna"}
    found = dict(stored.capabilities.values_list("capability__name", "supported"))
    assert found == {"tools": True, "vision": False}


def test_a_typed_key_has_to_be_typed_again() -> None:
    first, second = pair(make_llm(name="Before"))
    first.send(name="By Anna")

    second.send(api_key="sk-Typed0000000000000000000000by-Ben")

    assert "Enter the key once more" in second.text
    assert "Typed0000" not in second.html


def test_a_model_deleted_in_between_is_told() -> None:
    llm = make_llm(name="Before")
    first, second = pair(llm)

    first.post(of(llm, "delete"), {"post": "yes"})
    second.send(name="By Ben")

    assert "Perhaps it was deleted?" in second.text
    assert not LLMModel.objects.exists()


def test_deleting_what_has_changed_in_between_is_refused() -> None:
    llm = make_llm(name="Before")
    first, second = pair(llm)
    first.send(name="By Anna")

    second.post(of(llm, "delete"), {"post": "yes", "revision": str(llm.revision)})

    assert second.status == 409
    assert LLMModel.objects.exists()
