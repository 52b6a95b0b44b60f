from __future__ import annotations

import pytest
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.models import Group, User

from registry.models import PasswordChangeDue
from registry.services import accounts
from registry.services.accounts import (
    RIGHTS,
    change_password,
    ensure_first_administrator,
    ensure_groups,
    is_password_change_due,
    permission_of,
    require_password_change,
)
from registry.services.tokens import find_token
from tests.factories import make_token, make_user
from tests.trail import changes, written

pytestmark = pytest.mark.django_db


def rights_of(group: str) -> set[tuple[str, str]]:
    found = Group.objects.get(name=group).permissions.values_list("codename", flat=True)
    return {(name.partition("_")[2], name.partition("_")[0]) for name in found}


@pytest.mark.parametrize("group", RIGHTS)
def test_a_group_has_exactly_its_rights(group: str) -> None:
    ensure_groups()

    assert rights_of(group) == {
        (table, right) for table, rights in RIGHTS[group].items() for right in rights
    }


def test_readers_change_nothing_and_only_administrators_see_people() -> None:
    ensure_groups()

    assert {right for _table, right in rights_of("readers")} == {"view"}
    assert not {table for table, _right in rights_of("operators")} & {"user", "group"}
    assert ("user", "change") in rights_of("administrators")


@pytest.mark.parametrize("group", RIGHTS)
def test_nobody_writes_the_trail_or_tokens_text(group: str) -> None:
    ensure_groups()

    assert not rights_of(group) & {
        ("logentry", "add"),
        ("logentry", "change"),
        ("logentry", "delete"),
        ("apitoken", "change"),
        ("group", "change"),
    }


def test_groups_are_made_once_and_what_somebody_added_stays() -> None:
    ensure_groups()
    readers = Group.objects.get(name="readers")
    readers.permissions.add(permission_of("tag", "change"))
    readers.permissions.remove(permission_of("tag", "view"))

    with written() as found:
        ensure_groups()

    assert ("tag", "change") in rights_of("readers")
    assert ("tag", "view") in rights_of("readers")
    assert found.names == ["group_updated"]
    with written() as again:
        ensure_groups()
    assert again == []


def test_the_first_administrator_gets_a_random_password() -> None:
    ensure_groups()

    with written() as found:
        password = ensure_first_administrator("root")

    user = User.objects.get(username="root")
    assert password is not None
    assert len(password) >= 20
    assert user.check_password(password)
    assert user.is_superuser
    assert is_password_change_due(user)
    assert user.groups.get().name == "administrators"
    assert found.names == ["user_created"]
    assert changes(found.only)["groups"] == [[], ["administrators"]]
    assert password not in str(found.only.changes)


def test_there_is_one_first_administrator() -> None:
    make_user("boss", superuser=True)

    assert ensure_first_administrator("root") is None
    assert not User.objects.filter(username="root").exists()


def test_two_installations_have_different_passwords() -> None:
    ensure_groups()
    passwords = set()
    for _ in range(3):
        passwords.add(ensure_first_administrator("root"))
        User.objects.all().delete()

    assert len(passwords) == 3


def form_of(user: User, password: str) -> SetPasswordForm[User]:
    form = SetPasswordForm(user, {"new_password1": password, "new_password2": password})
    assert form.is_valid(), form.errors
    return form


def test_a_password_of_ones_own_ends_the_waiting_and_the_tokens() -> None:
    user = make_user(staff=True)
    require_password_change(user)
    require_password_change(user)
    _token, text = make_token(user)
    assert is_password_change_due(user)
    assert str(PasswordChangeDue.objects.get()) == user.username

    with written() as found:
        change_password(form_of(user, "A-Password-Of-My-Own-7"))

    user.refresh_from_db()
    assert user.check_password("A-Password-Of-My-Own-7")
    assert not is_password_change_due(user)
    assert find_token(text) is None
    assert (found.only.event, changes(found.only)) == (
        "password_changed",
        {"password": "changed"},
    )


def test_only_tables_that_exist_have_rights() -> None:
    for tables in RIGHTS.values():
        for table, rights in tables.items():
            for right in rights:
                assert accounts.permission_of(table, right).codename == f"{right}_{table}"
