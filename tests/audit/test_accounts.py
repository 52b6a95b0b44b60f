from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.contrib.auth.signals import user_logged_in
from django.test import RequestFactory

from registry.services.accounts import permission_of
from tests.factories import make_user
from tests.trail import changes, written

pytestmark = pytest.mark.django_db


def test_a_new_user_is_on_the_trail_without_his_hash() -> None:
    with written() as found:
        user = make_user("ada", staff=True, password="Correct-Horse-9")

    entry = found.only
    assert (entry.event, entry.object_repr) == ("user_created", "ada")
    assert changes(entry)["username"] == [None, "ada"]
    assert changes(entry)["password"] == "changed"
    assert user.password not in str(entry.changes)


def test_a_new_password_is_told_as_changed() -> None:
    user = make_user("ada")
    former = user.password

    user.set_password("Another-Horse-9")
    with written() as found:
        user.save()

    assert found.only.event == "user_updated"
    assert changes(found.only) == {"password": "changed"}
    assert former != user.password


@pytest.mark.parametrize(
    ("field", "value"),
    [("is_superuser", True), ("is_staff", True), ("is_active", False), ("email", "a@b.example")],
)
def test_each_right_of_a_user_is_told(field: str, value: object) -> None:
    user = make_user()
    old = getattr(user, field)
    setattr(user, field, value)

    with written() as found:
        user.save()

    assert changes(found.only) == {field: [old, value]}


def test_a_login_is_no_change_of_the_user() -> None:
    user = make_user()

    with written() as found:
        user_logged_in.send(type(user), request=RequestFactory().get("/"), user=user)

    user.refresh_from_db()
    assert user.last_login is not None
    assert found == []


def test_groups_of_a_user_are_told_by_name() -> None:
    user = make_user()
    readers, writers = (Group.objects.create(name=name) for name in ("readers", "writers"))
    user.groups.add(readers)

    with written() as found:
        user.groups.set([writers])

    removed, added = [changes(entry)["groups"] for entry in found]
    assert (removed, added) == ([["readers"], []], [[], ["writers"]])
    assert set(found.names) == {"user_updated"}


def test_rights_given_to_a_user_or_a_group_are_told() -> None:
    user = make_user()
    group = Group.objects.create(name="readers")
    right = permission_of("llmmodel", "delete")

    with written() as found:
        user.user_permissions.add(right)
        group.permissions.add(right)
        group.permissions.remove(right)

    assert found.names == ["user_updated", "group_updated", "group_updated"]
    assert [changes(entry) for entry in found] == [
        {"user_permissions": [[], [str(right)]]},
        {"permissions": [[], [str(right)]]},
        {"permissions": [[str(right)], []]},
    ]


def test_a_member_added_from_the_side_of_the_group_is_told() -> None:
    group = Group.objects.create(name="readers")
    user = make_user("ada")

    with written() as found:
        group.user_set.add(user)

    assert found.only.event == "group_updated"
    assert "ada" in str(found.only.changes)


def test_groups_are_created_renamed_and_deleted_on_the_trail() -> None:
    with written() as found:
        group = Group.objects.create(name="readers")
        group.name = "viewers"
        group.save()
        group.delete()

    assert found.names == ["group_created", "group_updated", "group_deleted"]
    assert changes(found[1]) == {"name": ["readers", "viewers"]}
    assert found[2].object_repr == "viewers"
