from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from registry.choices import LLMStatus, LLMType
from registry.errors import StaleRevisionError
from registry.services.deletion import delete_llm
from registry.services.revision import current_revision
from registry.types import Change
from roles.choices import Builtin, Slot
from roles.models import RoleSlot
from roles.services.slots import find_target, name_of, revision_of, set_slot, slots_of
from tests.factories import make_llm
from tests.roles.factories import fill, make_claude, make_local, make_person
from tests.trail import changes, payload, written

pytestmark = pytest.mark.django_db


def refused(owner: object, role: str, slot: str, target: object) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as caught:
        set_slot(owner, role, slot, target)  # type: ignore[arg-type]
    return caught.value.message_dict


def names(owner: object, role: str = "chat") -> dict[str, str]:
    slots = slots_of(owner).get(role, {})  # type: ignore[arg-type]
    return {slot: name_of(row) for slot, row in slots.items()}


def test_a_model_may_stand_in_all_five_slots() -> None:
    user = make_person()
    llm = make_local(user)

    for slot in Slot.values:
        set_slot(user, "chat", slot, llm)

    assert names(user) == dict.fromkeys(Slot.values, llm.slug)


def test_slots_are_told_in_their_order_whatever_the_order_of_filling() -> None:
    user = make_person()
    for slot in ("backup_4", "primary", "backup_2"):
        set_slot(user, "chat", slot, Builtin.CLAUDE_CLI)

    assert list(slots_of(user)["chat"]) == ["primary", "backup_2", "backup_4"]


def test_what_stands_in_a_slot_is_replaced_and_told() -> None:
    user = make_person()
    llm = make_local(user, name="Llama")
    first = fill(user, Builtin.GEMINI_API)

    with written() as trail:
        second = set_slot(user, "chat", "primary", llm)

    assert second is not None
    assert second.pk == first.pk
    assert names(user) == {"primary": llm.slug}
    entry = trail.only
    assert entry.event == "role_slot_set"
    assert entry.object_repr == "chat.primary"
    assert payload(entry)["model"] == "Llama"
    assert set(changes(entry)) == {"llm", "builtin"}


def test_none_empties_a_slot_and_is_told() -> None:
    user = make_person()
    llm = make_local(user, name="Llama")
    fill(user, llm)

    with written() as trail:
        assert set_slot(user, "chat", "primary", None) is None

    assert names(user) == {}
    assert trail.names == ["role_slot_emptied"]
    assert payload(trail.only)["model"] == "Llama"


def test_emptying_an_empty_slot_is_no_event() -> None:
    with written() as trail:
        set_slot(make_person(), "chat", "primary", None)

    assert "role_slot_emptied" not in trail.names


def test_setting_the_same_twice_is_done_once() -> None:
    user = make_person()
    llm = make_local(user)
    first = fill(user, llm)

    with written() as trail:
        again = fill(user, llm)

    assert trail.names == []
    assert (again.pk, again.updated_at) == (first.pk, first.updated_at)
    assert RoleSlot.objects.count() == 1


def test_every_change_of_a_slot_moves_the_revision() -> None:
    user = make_person()
    before = current_revision()
    fill(user, Builtin.CLAUDE_CLI)
    between = current_revision()
    set_slot(user, "chat", "primary", None)

    assert before < between < current_revision()


def test_a_role_that_was_not_there_is_created_by_its_first_slot() -> None:
    user = make_person()

    fill(user, Builtin.GEMINI_CLI, role="poet", slot="backup_2")

    assert names(user, "poet") == {"backup_2": "gemini_cli"}


@pytest.mark.parametrize("role", ["embedding", "0f8fad5b-d9cb-469f-a165-70867728950e", "x" * 64])
def test_a_role_may_have_a_name_that_no_model_may_have(role: str) -> None:
    user = make_person()

    fill(user, Builtin.GEMINI_CLI, role=role)

    assert names(user, role) == {"primary": "gemini_cli"}


@pytest.mark.parametrize(
    "role",
    [
        *("", " ", "my role", "Chat", "-x", "ä", "チャット", "a/b", "nul\0nul"),
        *("x" * 65, "x" * 10_000, "'; drop table", "..%2f"),
    ],
)
def test_what_cannot_be_a_roles_name_is_refused_on_role(role: str) -> None:
    found = refused(make_person(), role, "primary", Builtin.CLAUDE_CLI)

    assert list(found) == ["role"]
    assert len(str(found)) < 200
    assert RoleSlot.objects.count() == 0


@pytest.mark.parametrize("slot", ["", "backup_0", "backup_5", "PRIMARY", "x" * 10_000])
def test_a_slot_that_does_not_exist_is_refused_on_slot(slot: str) -> None:
    found = refused(make_person(), "chat", slot, Builtin.CLAUDE_CLI)

    assert list(found) == ["slot"]
    assert "backup_4" in found["slot"][0]


def test_all_that_is_wrong_with_the_names_is_said_at_once() -> None:
    assert set(refused(None, "no role", "no slot", None)) == {"role", "slot"}


def test_another_users_model_is_refused_as_one_that_does_not_exist() -> None:
    user, other = make_person(), make_person()
    foreign, gone = make_local(other), make_claude(user)
    pk = gone.pk
    delete_llm(gone)
    gone.pk = pk

    assert refused(user, "chat", "primary", foreign) == refused(user, "chat", "primary", gone)
    assert RoleSlot.objects.count() == 0


def test_the_organisations_slots_name_shared_models_only() -> None:
    user = make_person()
    shared, own = make_llm(), make_local(user)

    fill(None, shared)

    assert list(refused(None, "chat", "primary", own)) == ["model"]
    assert names(None) == {"primary": shared.slug}


def test_a_users_slot_may_name_a_shared_model_of_any_type_and_status() -> None:
    user = make_person()
    shared = make_llm(LLMType.EMBEDDING, status=LLMStatus.INACTIVE)

    fill(user, shared)

    assert names(user) == {"primary": shared.slug}


def test_the_slots_of_two_users_and_of_the_organisation_are_apart() -> None:
    first, second = make_person(), make_person()
    fill(first, Builtin.CLAUDE_CLI)
    fill(second, Builtin.GEMINI_CLI)
    fill(None, Builtin.GEMINI_API)

    set_slot(first, "chat", "primary", None)

    assert names(first) == {}
    assert names(second) == {"primary": "gemini_cli"}
    assert names(None) == {"primary": "gemini_api"}


def test_a_slot_that_somebody_changed_meanwhile_is_not_overwritten() -> None:
    user = make_person()
    seen = revision_of(fill(user, Builtin.CLAUDE_CLI))
    RoleSlot.objects.get().save()
    now = revision_of(RoleSlot.objects.get())

    with pytest.raises(StaleRevisionError):
        set_slot(user, "chat", "primary", None, change=Change(frozenset(), seen))
    set_slot(user, "chat", "primary", None, change=Change(frozenset(), now))

    assert names(user) == {}


def test_an_empty_slot_is_of_revision_0() -> None:
    user = make_person()

    with pytest.raises(StaleRevisionError):
        set_slot(user, "chat", "primary", Builtin.CLAUDE_CLI, change=Change(frozenset(), 1))
    row = set_slot(user, "chat", "primary", Builtin.CLAUDE_CLI, change=Change(frozenset(), 0))

    assert row is not None
    assert revision_of(row) == revision_of(RoleSlot.objects.get())
    assert row.created_at > timezone.now() - timedelta(minutes=5)


def test_a_slot_goes_with_its_model() -> None:
    user = make_person()
    llm = make_local(user)
    fill(user, llm)

    delete_llm(llm)

    assert names(user) == {}


# What a text names
# ----------------------------------------------------------------------------
def test_a_built_in_wins_over_a_stored_model_of_its_name() -> None:
    user = make_person()
    make_local(user, slug="claude_cli")

    assert find_target("claude_cli", user) is Builtin.CLAUDE_CLI


def test_a_uuid_finds_own_and_shared_models() -> None:
    user = make_person()
    own, shared = make_local(user), make_llm()

    assert find_target(str(own.pk), user) == own
    assert find_target(f" {str(shared.pk).upper()} ", user) == shared


def test_an_own_slug_is_found_before_a_shared_one() -> None:
    user = make_person()
    shared = make_llm(slug="twin")
    assert find_target("twin", user) == shared

    own = make_local(user, slug="twin")

    assert find_target("Twin", user) == own
    assert find_target("twin", None) == shared
    assert find_target("twin", make_person()) == shared


@pytest.mark.parametrize("text", ["", " ", "nobody", "nul\0", "ä", "x" * 10_000, "a/b"])
def test_what_names_nothing_is_refused_on_model(text: str) -> None:
    with pytest.raises(ValidationError) as caught:
        find_target(text, make_person())

    assert list(caught.value.message_dict) == ["model"]


def test_another_users_model_is_not_found_by_slug_or_uuid() -> None:
    user, other = make_person(), make_person()
    llm = make_local(other, slug="secret-llama")

    for text in ("secret-llama", str(llm.pk)):
        for owner in (user, None):
            with pytest.raises(ValidationError):
                find_target(text, owner)


def test_a_model_that_became_somebody_elses_is_told_by_its_uuid_only() -> None:
    user, other = make_person(), make_person()
    llm = make_local(user)
    fill(user, llm)
    llm.owner = other
    llm.save()

    assert names(user) == {"primary": str(llm.pk)}
