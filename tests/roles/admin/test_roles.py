"""Roles that staff adds, and what the palette finds of all of them."""

from __future__ import annotations

import pytest

from roles.choices import Builtin
from roles.models import Role
from roles.services.slots import defined_roles, slots_of
from tests.factories import make_user
from tests.registry.admin.visitor import Visitor, errors
from tests.roles.factories import fill, make_role
from tests.trail import written

pytestmark = pytest.mark.django_db


def test_a_role_is_added_shown_and_resolved() -> None:
    visitor = Visitor()
    with written() as events:
        answer = visitor.submit(
            "roles_role_add", name="poet", label="Poet", last_resort="gemini_cli"
        )

    assert answer.status_code == 302
    assert events.names == ["role_created"]
    assert "Poet" in visitor.text("roles_roleslot_changelist")
    assert "Gemini (CLI)" in visitor.text("roles_roleslot_explain", "poet")


def test_a_settings_role_gets_a_label_and_another_last_resort() -> None:
    visitor = Visitor()
    assert 'value="chat"' in visitor.get("roles_role_add", name="chat").content.decode()

    visitor.submit("roles_role_add", name="chat", label="Talking", last_resort="gemini_api")

    (chat,) = [info for info in defined_roles() if info.name == "chat"]
    assert (chat.label, chat.last_resort, chat.is_defined) == ("Talking", Builtin.GEMINI_API, True)
    assert "the settings" in visitor.text("roles_role_changelist")


@pytest.mark.parametrize("name", ["", "Chat Bot", "ünicode", "x" * 65, "a/b"])
def test_a_name_that_is_none_is_refused_at_its_field(name: str) -> None:
    answer = Visitor().submit("roles_role_add", name=name, last_resort="claude_cli")
    assert "name" in errors(answer)


def test_the_name_of_a_stored_role_does_not_change() -> None:
    role = make_role("poet", label="Poet")
    visitor = Visitor()

    visitor.submit("roles_role_change", role.pk, name="bard", label="Bard")

    role.refresh_from_db()
    assert (role.name, role.label) == ("poet", "Bard")


def test_deleting_a_role_keeps_its_slots() -> None:
    role = make_role("poet")
    fill(None, Builtin.GEMINI_API, role="poet")
    visitor = Visitor()

    assert "stays there" in visitor.text("roles_role_delete", role.pk)
    visitor.post("roles_role_delete", role.pk, post="yes", revision=str(role.revision))

    assert not Role.objects.exists()
    assert "poet" in slots_of(None)


def test_the_pages_follow_the_rights() -> None:
    role = make_role("poet")
    for group, status in (("readers", 403), ("operators", 200)):
        visitor = Visitor(make_user(staff=True, groups=[group]))
        assert visitor.get("roles_role_changelist").status_code == 200
        assert visitor.get("roles_role_add").status_code == status
        assert visitor.get("roles_role_delete", role.pk).status_code == status


def test_the_palette_finds_roles_by_name_and_label() -> None:
    make_role("poet", label="Verses")
    visitor = Visitor()

    assert "/roleslot/explain/poet/" in visitor.get("search", s="verse").content.decode()
    assert "/roleslot/explain/chat/" in visitor.get("search", s="CHA").content.decode()
    nobody = Visitor(make_user(staff=True, permissions=["provider.view"]))
    assert "/roleslot/" not in nobody.get("search", s="cha").content.decode()
