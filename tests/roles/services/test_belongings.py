from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from audit import context
from registry.choices import ConnectionState, LLMStatus
from registry.errors import NotPermittedError
from registry.models import ApiToken, Connection, LLMModel
from registry.services import people
from registry.services.revision import current_revision
from roles.choices import Builtin, Slot
from roles.models import CatalogEntry, RoleSlot
from roles.services.belongings import (
    Transferred,
    belongings_of,
    remove,
    transfer,
)
from roles.services.resolution import resolve
from tests.factories import API_KEY, make_llm, make_token, make_user
from tests.roles.factories import (
    fill,
    make_account,
    make_gemini,
    make_host,
    make_local,
    make_person,
    provider_of,
)
from tests.trail import payload, written

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna() -> User:
    """Somebody with a record of each kind, who has been deactivated."""
    user = make_person("anna")
    host = make_host(user, label="Desk", slug="desk")
    local = make_local(user, host, name="Qwen", slug="qwen")
    make_gemini(user, make_account(user, label="Google", slug="google"), name="Flash", slug="flash")
    fill(user, local)
    fill(user, Builtin.GEMINI_API, slot=Slot.BACKUP_1)
    CatalogEntry.objects.create(owner=user, provider=provider_of("gemini"), model_id="g", label="G")
    user.is_active = False
    user.save()
    make_token(user, application="crawler")
    return user


@pytest.fixture
def bert() -> User:
    return make_person("bert")


def owned(user: User | None) -> tuple[list[str], list[str]]:
    connections = Connection.objects.filter(owner=user).values_list("label", flat=True)
    llms = LLMModel.objects.filter(owner=user).values_list("name", flat=True)
    return sorted(connections), sorted(llms)


def test_what_belongs_to_somebody_is_counted_and_named(anna: User) -> None:
    make_llm()
    found = belongings_of(anna)

    assert found.counts() == {
        "connections": 2,
        "models": 2,
        "slots": 2,
        "tokens": 1,
        "catalog_entries": 1,
    }
    assert [str(row) for row in found.connections] == ["Desk", "Google"]
    assert [str(row) for row in found.llms] == ["Flash", "Qwen"]
    assert [str(row) for row in found.slots] == ["chat.backup_1", "chat.primary"]
    assert found
    assert not belongings_of(make_person())


def test_another_person_takes_over_connections_and_models(anna: User, bert: User) -> None:
    before = current_revision()

    done = transfer(anna, bert)

    assert done == Transferred(["Desk", "Google"], ["Flash", "Qwen"], ["Desk", "Google"], [])
    assert owned(bert) == (["Desk", "Google"], ["Flash", "Qwen"])
    assert not belongings_of(anna)
    assert current_revision() > before
    for connection in Connection.objects.filter(owner=bert):
        assert connection.state == ConnectionState.NEEDS_KEY
        assert not connection.has_key
    assert {llm.connection.owner for llm in LLMModel.objects.all() if llm.connection} == {bert}


def test_nobody_takes_over_what_somebody_chose_for_himself(anna: User, bert: User) -> None:
    transfer(anna, bert)

    assert not RoleSlot.objects.exists()
    assert not ApiToken.objects.exists()
    assert not CatalogEntry.objects.exists()
    assert resolve(bert, "chat").slot == ""


def test_the_organisation_gets_them_inactive(anna: User) -> None:
    transfer(anna, None)

    assert owned(None) == (["Desk", "Google"], ["Flash", "Qwen"])
    assert {llm.status for llm in LLMModel.objects.all()} == {LLMStatus.INACTIVE}
    assert {connection.slug for connection in Connection.objects.all()} == {""}


def test_a_private_connection_goes_with_its_model_without_the_key(bert: User) -> None:
    user = make_person("anna")
    llm = make_llm(owner=user, name="Fast")
    user.is_active = False
    user.save()

    done = transfer(user, bert)

    llm.refresh_from_db()
    assert done == Transferred([], ["Fast"], ["Fast"], [])
    assert llm.connection is not None
    assert (llm.connection.owner, llm.connection.has_key) == (bert, False)
    assert llm.has_private_connection


def test_a_transfer_is_one_event_for_each_record(anna: User, bert: User) -> None:
    with written() as events:
        transfer(anna, bert)

    assert sorted(events.names) == [
        "belongings_transferred",
        "catalog_entry_deleted",
        "connection_updated",
        "connection_updated",
        "model_updated",
        "model_updated",
        "role_slot_deleted",
        "role_slot_deleted",
        "token_deleted",
    ]
    told = events.named("belongings_transferred")
    assert told.object_repr == "anna"
    assert payload(told) == {
        "to": "bert",
        "connections": ["Desk", "Google"],
        "models": ["Flash", "Qwen"],
        "need_keys": ["Desk", "Google"],
        "dropped": [],
        "slots": ["chat.backup_1", "chat.primary"],
        "tokens": ["crawler"],
    }
    assert API_KEY not in str([(entry.changes, entry.additional_data) for entry in events])


def test_all_of_it_is_removed_and_the_person_stays(anna: User) -> None:
    shared = make_llm()

    with written() as events:
        counts = remove(anna)

    assert counts["models"] == 2
    assert not belongings_of(anna)
    assert list(LLMModel.objects.all()) == [shared]
    assert User.objects.filter(pk=anna.pk).exists()
    told = payload(events.named("belongings_removed"))
    assert told == {
        "connections": ["Desk", "Google"],
        "models": ["Flash", "Qwen"],
        "slots": ["chat.backup_1", "chat.primary"],
        "tokens": ["crawler"],
    }
    subjects = [(entry.content_type_id, entry.object_pk) for entry in events]
    assert len(set(subjects)) == len(subjects) == 9


def test_doing_it_again_does_nothing(anna: User, bert: User) -> None:
    remove(anna)

    with written() as events:
        assert sum(remove(anna).values()) == 0
        assert transfer(anna, bert) == Transferred([], [], [], [])

    assert events == []


def test_who_is_active_keeps_what_he_has(bert: User) -> None:
    make_host(bert)

    for attack in (lambda: remove(bert), lambda: transfer(bert, None)):
        with pytest.raises(ValidationError, match="Deactivate the account first"):
            attack()

    assert belongings_of(bert)


def test_only_somebody_else_who_is_active_takes_over(anna: User) -> None:
    gone = make_person()
    gone.is_active = False
    gone.save()

    for receiver in (anna, gone):
        with pytest.raises(ValidationError) as refused:
            transfer(anna, receiver)
        assert set(refused.value.message_dict) == {"to"}

    assert len(belongings_of(anna).llms) == 2


@pytest.mark.invariant("A8")
def test_stronger_people_keep_what_they_have() -> None:
    boss = make_user("boss", superuser=True)
    make_host(boss)
    boss.is_active = False
    boss.save()
    chief = make_user(staff=True, permissions=["user.change"])

    with context.use(source="admin", actor=chief):
        for attack in (lambda: remove(boss), lambda: transfer(boss, chief)):
            with pytest.raises(NotPermittedError):
                attack()

    assert belongings_of(boss)


def test_a_deleted_person_takes_all_of_it_along_each_on_the_trail(anna: User) -> None:
    shared = make_llm()
    before = current_revision()

    with written() as events:
        people.delete_user(anna)

    assert list(LLMModel.objects.all()) == [shared]
    assert not Connection.objects.filter(private_to__isnull=True).exists()
    assert not RoleSlot.objects.exists()
    assert not ApiToken.objects.exists()
    assert payload(events.named("user_deleted")) == {
        "models": ["Flash", "Qwen"],
        "connections": ["Desk", "Google"],
        "tokens": ["crawler"],
    }
    names = events.names
    assert names.count("model_deleted") == names.count("connection_deleted") == 2
    assert names.count("role_slot_deleted") == 2
    assert names.count("token_deleted") == 1
    subjects = [(entry.content_type_id, entry.object_pk) for entry in events]
    assert len(set(subjects)) == len(subjects)
    assert current_revision() > before
