"""What the trail says of roles, in one sentence each."""

from __future__ import annotations

import pytest

from audit import events, sentences
from roles.choices import Builtin
from roles.services.own_connections import remove_connection
from roles.services.own_llms import remove_model
from roles.services.slots import delete_role, save_role, set_slot
from tests.roles.factories import (
    fill,
    make_gemini,
    make_host,
    make_local,
    make_person,
    make_role,
)
from tests.trail import written

pytestmark = pytest.mark.django_db


def test_slots_are_told_by_what_fills_them_and_whose_they_are() -> None:
    user = make_person("anna")
    llm = make_local(user, name="Llama")
    with written() as told:
        fill(user, llm)
        fill(user, Builtin.GEMINI_API)
        set_slot(user, "chat", "primary", None)
        fill(None, make_gemini(name="Flash"))

    said = [sentences.sentence(entry) for entry in told if entry.event.startswith("role")]
    assert said == [
        "filled the slot chat.primary: owner – → anna; model Llama",  # noqa: RUF001
        "filled the slot chat.primary: model gemini_api",
        "emptied the slot chat.primary: owner anna → –; model gemini_api",  # noqa: RUF001
        "filled the slot chat.primary: model Flash",
    ]


def test_roles_are_created_changed_and_deleted() -> None:
    with written() as told:
        role = make_role("poet", label="Poet")
        role.label = "Bard"
        save_role(role)
        delete_role(role)

    assert [sentences.sentence(entry) for entry in told] == [
        "created the role Poet",
        "changed the role Bard: label Poet → Bard",
        "deleted the role Bard",
    ]


def test_what_goes_with_an_own_record_is_told_in_its_one_sentence() -> None:
    user = make_person()
    host = make_host(user, label="GPU box")
    fill(user, make_local(user, host, name="Llama"))
    single = make_local(user, name="Single")
    fill(user, single, slot="backup_1")
    with written() as told:
        remove_connection(user, str(host.pk))
        remove_model(user, str(single.pk))

    assert [sentences.sentence(entry) for entry in told] == [
        "deleted the connection GPU box: emptied slots chat.primary; models Llama",
        "deleted the model Single: emptied slots chat.backup_1",
    ]


def test_a_revealed_key_is_told_without_it() -> None:
    llm = make_gemini(name="Flash")
    with written() as told:
        events.record("key_revealed", llm)

    assert sentences.sentence(told.only) == "was given the key of the model Flash"
