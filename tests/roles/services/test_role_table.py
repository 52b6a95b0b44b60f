from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured, ValidationError
from pytest_django import Settings

from config import env
from registry.errors import GoneError, StaleRevisionError
from registry.types import Change
from roles.choices import Builtin
from roles.models import Role
from roles.services.resolution import resolve
from roles.services.role_table import (
    defined_roles,
    delete_role,
    last_resort_of,
    role_info,
    role_name,
    save_role,
)
from tests.roles.factories import fill, make_person, make_role
from tests.trail import written

pytestmark = pytest.mark.django_db


def test_the_settings_roles_come_first_and_in_their_order(settings: Settings) -> None:
    settings.DEFINED_ROLES = ["writer", "chat"]
    make_role("zebra")
    make_role("apple")

    assert [info.name for info in defined_roles()] == ["writer", "chat", "apple", "zebra"]
    assert [info.is_defined for info in defined_roles()] == [True, True, False, False]


@pytest.mark.parametrize(
    "name",
    ["a", "0", "a.b_c-d", "x" * 64, "embedding", "x" * 65, "A", "é", "a b", "-a", ".a", "a/b"],
)
def test_the_settings_take_what_can_be_the_name_of_a_role(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(env._source, "env", {"DEFINED_ROLES": f"chat,{name},chat"})
    try:
        role_name(name)
    except ValidationError:
        with pytest.raises(ImproperlyConfigured, match="DEFINED_ROLES must be names"):
            env.role_names("DEFINED_ROLES", "")
    else:
        assert env.role_names("DEFINED_ROLES", "") == ["chat", name]


@pytest.mark.parametrize(
    ("role", "key"),
    [
        ("chat", Builtin.CLAUDE_CLI),
        ("distill", Builtin.CLAUDE_CLI),
        ("coder", Builtin.CLAUDE_CLI),
        ("orchestrator", Builtin.GEMINI_API),
        ("research", Builtin.GEMINI_API),
        ("poet", Builtin.CLAUDE_CLI),
    ],
)
def test_every_role_ends_with_a_built_in(role: str, key: Builtin) -> None:
    assert last_resort_of(role) is key


def test_an_added_role_says_what_it_ends_with() -> None:
    make_role("poet", label="Poet", description="Rhymes.", last_resort=Builtin.GEMINI_CLI)

    info = role_info("poet")

    assert info is not None
    assert (info.label, info.description, info.is_defined) == ("Poet", "Rhymes.", False)
    assert info.last_resort is Builtin.GEMINI_CLI
    assert last_resort_of("poet") is Builtin.GEMINI_CLI


def test_a_row_of_a_settings_role_says_how_that_one_is_shown_and_ends() -> None:
    make_role("chat", label="Talk", last_resort=Builtin.GEMINI_API)

    info = role_info("chat")

    assert info is not None
    assert (info.label, info.is_defined, info.last_resort) == ("Talk", True, Builtin.GEMINI_API)


def test_a_role_without_a_label_goes_by_its_name() -> None:
    make_role("poet")

    labels = {info.name: info.label for info in defined_roles()}

    assert labels["poet"] == "poet"
    assert labels["chat"] == "chat"
    assert role_info("nobody") is None


def test_roles_are_added_changed_and_deleted_on_the_trail() -> None:
    with written() as trail:
        role = make_role("poet")
        role.label = "Poet"
        save_role(role, Change(frozenset({"label"}), role.revision))
        delete_role(role)

    assert trail.names == ["role_created", "role_updated", "role_deleted"]


def test_what_stands_in_the_slots_of_a_deleted_role_stays() -> None:
    user = make_person()
    role = make_role("poet", last_resort=Builtin.GEMINI_CLI)
    fill(user, Builtin.GEMINI_API, role="poet", slot="backup_3")

    delete_role(role)

    found = resolve(user, "poet")
    assert found.chosen is not None
    assert found.chosen.key == "gemini_api"


def test_a_name_is_used_once_and_stays() -> None:
    role = make_role("poet")

    with pytest.raises(ValidationError) as twice:
        make_role("poet")
    role.name = "bard"
    with pytest.raises(ValidationError) as moved:
        save_role(role)

    assert list(twice.value.message_dict) == ["name"]
    assert list(moved.value.message_dict) == ["name"]


@pytest.mark.parametrize("name", ["", "My Role", "ä", "x" * 65, "x" * 10_000, "nul\0"])
def test_what_cannot_be_a_name_is_refused_on_name(name: str) -> None:
    with pytest.raises(ValidationError) as caught:
        save_role(Role(name=name))

    assert list(caught.value.message_dict) == ["name"]


def test_all_that_is_wrong_with_a_role_is_said_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        save_role(Role(name="My Role", last_resort="nothing", label="x" * 101))

    assert set(caught.value.message_dict) == {"name", "last_resort", "label"}


def test_a_role_may_have_a_name_that_no_model_may_have() -> None:
    assert make_role("embedding").name == "embedding"


def test_a_role_that_somebody_changed_or_deleted_meanwhile_is_not_overwritten() -> None:
    role = make_role("poet")
    stale = Change(None, role.revision + 1)

    with pytest.raises(StaleRevisionError):
        save_role(role, stale)
    with pytest.raises(StaleRevisionError):
        delete_role(role, stale)
    delete_role(Role.objects.get(pk=role.pk))
    with pytest.raises(GoneError):
        save_role(role)
