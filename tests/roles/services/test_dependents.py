from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from audit import context
from registry.errors import InUseError
from registry.models import LLMModel
from registry.services.deletion import delete_llm, fitting_replacements
from registry.services.dependents import dependents_of
from registry.services.revision import current_revision
from registry.types import SlotUse
from roles.choices import Builtin, Slot, Source
from roles.models import RoleSlot
from roles.services import dependents
from roles.services.prepared import prepared_resolution
from roles.services.resolution import resolve
from tests.factories import make_knowledge_base, make_llm, make_user
from tests.roles.factories import fill, make_local, make_person
from tests.trail import changes, payload, written

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna() -> User:
    return make_person("anna")


@pytest.fixture
def llm() -> LLMModel:
    return make_llm(name="Old")


def places(llm: LLMModel, viewer: User | None = None) -> list[str]:
    return [str(slot) for slot in dependents_of(llm, viewer).roles]


def test_slots_are_named_the_organisations_first(llm: LLMModel, anna: User) -> None:
    fill(anna, llm, role="coder")
    fill(None, llm, role="research", slot=Slot.BACKUP_1)
    fill(None, llm, role="chat")
    fill(None, Builtin.CLAUDE_CLI, role="distill")
    fill(anna, make_llm(), role="chat")

    found = dependents_of(llm)

    assert [slot.facts() for slot in found.roles] == [
        {"role": "chat", "slot": "primary", "owner": None},
        {"role": "research", "slot": "backup_1", "owner": None},
        {"role": "coder", "slot": "primary", "owner": "anna"},
    ]
    assert found.role_count == 3
    assert not found.blocks


def test_whose_a_slot_is_is_told_to_who_may_see_people(llm: LLMModel, anna: User) -> None:
    fill(anna, llm)
    chief = make_user(staff=True, permissions=["user.view"])
    reader = make_user(staff=True, permissions=["llmmodel.view"])

    assert places(llm) == places(llm, chief) == places(llm, anna) == ["chat.primary (anna)"]
    assert places(llm, reader) == ["chat.primary"]
    assert [slot.facts()["owner"] for slot in dependents_of(llm, reader).roles] == [""]


def test_of_many_slots_some_are_named_and_all_are_counted(
    llm: LLMModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dependents, "SHOWN", 2)
    for slot in Slot:
        fill(None, llm, slot=slot)

    found = dependents_of(llm)

    assert (len(found.roles), found.role_count) == (2, 5)


def test_deleting_a_model_empties_its_slots_each_on_the_trail(llm: LLMModel, anna: User) -> None:
    fill(anna, llm)
    fill(None, llm, role="coder")
    kept = fill(anna, make_llm(), slot=Slot.BACKUP_1)
    before = current_revision()

    with written() as events:
        delete_llm(llm)

    assert list(RoleSlot.objects.all()) == [kept]
    assert sorted(events.names) == ["model_deleted", "role_slot_deleted", "role_slot_deleted"]
    told = {"knowledge_bases": [], "roles": ["coder.primary", "chat.primary (anna)"]}
    assert payload(events.named("model_deleted")) == told
    assert len({(entry.content_type_id, entry.object_pk) for entry in events}) == 3
    assert current_revision() > before


def test_prepared_answers_follow_at_once(llm: LLMModel, anna: User) -> None:
    fill(anna, llm)
    assert str(llm.pk).encode() in prepared_resolution(anna, "chat")

    delete_llm(llm)

    assert str(llm.pk).encode() not in prepared_resolution(anna, "chat")
    assert resolve(anna, "chat").source == Source.LAST_RESORT


def test_slots_move_to_the_model_that_takes_over(llm: LLMModel, anna: User) -> None:
    target = make_llm(name="New")
    slots = [fill(anna, llm), fill(None, llm, slot=Slot.BACKUP_2)]

    with written() as events:
        delete_llm(llm, reassign_to=target)

    assert {row.pk: row.llm for row in RoleSlot.objects.all()} == {
        slot.pk: target for slot in slots
    }
    moved = [changes(entry) for entry in events if entry.event == "role_slot_updated"]
    assert moved == [{"llm": ["Old", "New"]}] * 2
    assert payload(events.named("model_deleted"))["reassigned_to"] == "New"
    assert resolve(anna, "chat").source == Source.USER


def test_the_slots_of_an_own_model_move_to_another_own_one(anna: User) -> None:
    llm, target = make_local(anna), make_local(anna)
    slot = fill(anna, llm)
    assert target in fitting_replacements(llm)

    delete_llm(llm, reassign_to=target)

    slot.refresh_from_db()
    assert slot.llm == target


def test_a_slot_whose_owner_may_not_use_the_other_model_is_emptied(anna: User) -> None:
    """No service fills such a slot; a model that changed hands leaves one behind."""
    llm, target = make_local(anna), make_local(anna)
    foreign = RoleSlot.objects.create(owner=make_person(), role="chat", slot="primary", llm=llm)

    delete_llm(llm, reassign_to=target)

    assert not RoleSlot.objects.filter(pk=foreign.pk).exists()


def test_what_blocks_a_model_names_its_slots_too_and_leaves_them(llm: LLMModel, anna: User) -> None:
    make_knowledge_base("Docs", generation_model=llm)
    slot = fill(anna, llm)
    reader = make_user(staff=True)

    with written() as events, context.use(source="api", actor=reader):
        with pytest.raises(InUseError) as refused:
            delete_llm(llm)

    assert refused.value.extra == {
        "knowledge_bases": ["Docs"],
        "is_default": False,
        "roles": [{"role": "chat", "slot": "primary", "owner": ""}],
    }
    assert payload(events.only)["roles"] == ["chat.primary (anna)"]
    assert RoleSlot.objects.get() == slot


def test_a_place_is_written_with_its_owner_if_known() -> None:
    assert str(SlotUse("chat", "primary")) == "chat.primary"
    assert str(SlotUse("chat", "primary", "anna", 7)) == "chat.primary (anna)"
    assert str(SlotUse("chat", "primary", "", 7)) == "chat.primary"
