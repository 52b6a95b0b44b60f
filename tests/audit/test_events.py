from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType

from audit import context, events
from audit.errors import MissingContextError
from audit.models import LogEntry
from audit.stories import Action
from registry.models import LLMModel, Tag
from tests.factories import make_llm, make_user
from tests.trail import payload, written

pytestmark = pytest.mark.django_db


def test_an_event_about_a_row_changes_no_row() -> None:
    llm = make_llm(name="Fast one")

    with written() as found:
        events.record("model_delete_blocked", llm, knowledge_bases=["Docs"])

    entry = found.only
    assert (entry.event, entry.action) == ("model_delete_blocked", Action.ACCESS)
    assert (entry.object_pk, entry.object_repr) == (str(llm.pk), "Fast one")
    assert entry.object_id is None
    assert entry.changes == {}
    assert payload(entry) == {"knowledge_bases": ["Docs"]}


def test_an_event_without_a_row_names_its_kind() -> None:
    with written() as found:
        events.record_about("login_failed", User, "mallory", reason="password")

    entry = found.only
    assert entry.content_type == ContentType.objects.get_for_model(User)
    assert (entry.object_pk, entry.object_repr) == ("", "mallory")
    assert payload(entry) == {"reason": "password"}


def test_a_kind_whose_rows_make_their_own_keys_is_named_as_well() -> None:
    with written() as found:
        events.record_about("model_tested", LLMModel, "Not saved")

    assert (found.only.object_pk, found.only.object_repr) == ("", "Not saved")


def test_a_numeric_key_is_kept_as_a_number_too() -> None:
    with written() as found:
        tag = Tag.objects.create(name="fast", folded="fast")

    assert found.only.object_id == tag.pk


@pytest.mark.without_context
def test_an_event_needs_a_context() -> None:
    with pytest.raises(MissingContextError, match="login_failed"):
        events.record_about("login_failed", User, "mallory")

    assert not LogEntry.objects.exists()


def test_the_actor_stays_by_name_after_his_account() -> None:
    user = make_user("ada")
    with context.use(source="admin", actor=user), written() as found:
        Tag.objects.create(name="fast", folded="fast")

    user.delete()

    entry = LogEntry.objects.get(pk=found.only.pk)
    assert entry.actor is None
    assert entry.actor_name == "ada"


def test_who_deletes_himself_stays_by_name() -> None:
    user = make_user("ada")

    with context.use(source="admin", actor=user), written() as found:
        user.delete()

    assert (found.only.event, found.only.actor_name) == ("user_deleted", "ada")
    assert found.only.actor is None


def test_an_entry_reads_as_event_and_object() -> None:
    with written() as found:
        Tag.objects.create(name="fast", folded="fast")

    assert str(found.only) == "tag created: fast"


def test_the_trail_begins_with_the_newest() -> None:
    for name in ("one", "two", "three"):
        Tag.objects.create(name=name, folded=name)

    assert [entry.object_repr for entry in LogEntry.objects.all()] == ["three", "two", "one"]
