"""What an import puts into slots: the document's models, built-ins, and what the user may see."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from roles.choices import Builtin
from roles.services.resolution import resolve
from roles.services.slots import set_slot, slots_of
from tests.factories import make_llm, make_user
from tests.roles.factories import make_gemini
from tests.roles.legacy.documents import (
    MODEL,
    registry,
)
from tests.roles.legacy.importing import of, run, told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reference_providers")]


@pytest.fixture
def alice() -> User:
    return make_user("alice")


def test_a_role_of_the_document_is_replaced_as_a_whole(tmp_path: Path, alice: User) -> None:
    set_slot(alice, "chat", "backup_4", Builtin.GEMINI_CLI)

    report = run(tmp_path, registry())

    assert "empty slot roles.chat.backup_4" in told(report)
    assert list(slots_of(alice)["chat"]) == ["primary", "backup_1"]


@pytest.mark.parametrize("wrong", [None, 7, [], "m1"])
def test_a_role_of_a_wrong_type_stays_as_it_is_here(
    tmp_path: Path, alice: User, wrong: Any
) -> None:
    set_slot(alice, "chat", "primary", Builtin.GEMINI_CLI)

    run(tmp_path, registry(roles={"chat": wrong}))

    assert slots_of(alice)["chat"]["primary"].builtin == Builtin.GEMINI_CLI


def test_a_slot_that_names_nothing_stays_as_it_is_and_is_told(tmp_path: Path, alice: User) -> None:
    set_slot(alice, "chat", "primary", Builtin.GEMINI_CLI)

    report = run(tmp_path, registry(roles={"chat": {"primary": "nobody"}}))

    assert slots_of(alice)["chat"]["primary"].builtin == Builtin.GEMINI_CLI
    assert [problem.where for problem in report.problems] == [
        "model_registry.json: roles.chat.primary"
    ]


def test_a_slot_may_name_a_shared_model_but_never_another_users(
    tmp_path: Path, alice: User
) -> None:
    shared = make_llm(slug="shared")
    foreign = make_gemini(make_user("bob"), slug="foreign")
    slots = {"primary": "shared", "backup_1": "foreign", "backup_2": str(foreign.pk)}

    report = run(tmp_path, registry(models=[], roles={"chat": slots}))

    assert [row.llm for row in slots_of(alice)["chat"].values()] == [shared]
    assert len(report.problems) == 2


def test_a_model_of_a_built_ins_name_is_kept_and_the_built_in_wins(
    tmp_path: Path, alice: User
) -> None:
    model = MODEL | {"id": "claude_cli"}

    run(tmp_path, registry(models=[model], roles={"chat": {"primary": "claude_cli"}}))

    assert of(alice, "claude_cli").model_id == "llama3.1:8b"
    found = resolve(alice, "chat").chosen
    assert found is not None
    assert found.is_builtin
