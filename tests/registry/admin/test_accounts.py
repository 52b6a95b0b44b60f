from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse

from registry.admin.accounts import UserForm
from registry.errors import NotPermittedError
from registry.models import PasswordChangeDue
from registry.services.accounts import ensure_groups, permission_of
from tests.factories import make_token, make_user
from tests.registry.admin.visitor import Visitor, errors
from tests.trail import changes, written

pytestmark = pytest.mark.django_db
LONG = "Quite-Long-And-Odd-77"


@pytest.fixture
def boss() -> Visitor:
    ensure_groups()
    return Visitor(make_user("boss", superuser=True))


@pytest.fixture
def chief() -> Visitor:
    """An administrator who is no superuser."""
    return Visitor(make_user("chief", staff=True, groups=["administrators"]))


def pk_of(group: str) -> str:
    return str(Group.objects.get(name=group).pk)


def rights(user: User) -> dict[str, Any]:
    stored = User.objects.get(pk=user.pk)
    return {
        "superuser": stored.is_superuser,
        "groups": set(stored.groups.values_list("name", flat=True)),
        "permissions": stored.user_permissions.count(),
        "password": stored.password,
    }


def test_a_new_user_has_to_choose_his_own_password(boss: Visitor) -> None:
    with written() as events:
        answer = boss.submit("auth_user_add", username="anna", password1=LONG, password2=LONG)

    user = User.objects.get(username="anna")
    assert answer["Location"] == reverse("admin:auth_user_change", args=(user.pk,))
    assert user.check_password(LONG)
    assert PasswordChangeDue.objects.filter(user=user).exists()
    assert events.names == ["user_created"]
    assert events.only.actor == boss.user
    assert changes(events.only)["password"] == "changed"


def test_a_weak_password_stands_at_its_field(boss: Visitor) -> None:
    answer = boss.submit("auth_user_add", username="anna", password1="12345", password2="12345")

    assert "password2" in errors(answer)
    assert not User.objects.filter(username="anna").exists()


def test_a_user_is_put_in_groups_as_one_event(boss: Visitor) -> None:
    user = make_user("anna")

    with written() as events:
        boss.submit("auth_user_change", user.pk, email="a@example.org", groups=[pk_of("operators")])

    assert rights(user)["groups"] == {"operators"}
    assert events.names == ["user_updated"]
    assert changes(events.only).keys() == {"email", "groups"}


def test_no_page_has_a_password_hash(boss: Visitor) -> None:
    user = make_user("anna")
    salt, digest = user.password.split("$")[-2:]

    for page in ("auth_user_change", "auth_user_password_change", "auth_user_delete"):
        body = boss.get(page, user.pk).content.decode()
        assert digest[:8] not in body
        assert salt not in body


def test_another_password_is_on_the_trail_and_due_to_be_changed(boss: Visitor) -> None:
    user = make_user("anna")
    _token, _text = make_token(user)

    with written() as events:
        boss.submit("auth_user_password_change", user.pk, password1=LONG, password2=LONG)

    user.refresh_from_db()
    assert user.check_password(LONG)
    assert PasswordChangeDue.objects.filter(user=user).exists()
    assert events.names == ["password_set"]
    assert changes(events.only) == {"password": "changed"}
    assert user.password not in repr(vars(events.only))


@pytest.mark.invariant("A8")
def test_an_administrator_neither_sees_nor_opens_superusers(chief: Visitor) -> None:
    boss = make_user("boss", superuser=True)

    assert "boss" not in chief.text("auth_user_changelist")
    for page in ("auth_user_change", "auth_user_delete", "auth_user_history"):
        assert chief.get(page, boss.pk).status_code in {302, 403, 404}
    before = rights(boss)
    chief.post("auth_user_change", boss.pk, username="mine")
    chief.post("auth_user_delete", boss.pk, post="yes")
    chief.post("auth_user_password_change", boss.pk, password1=LONG, password2=LONG)
    assert rights(boss) == before


@pytest.mark.invariant("A8")
def test_an_administrator_makes_himself_no_superuser(chief: Visitor) -> None:
    before = rights(chief.user)

    chief.submit(
        "auth_user_change",
        chief.user.pk,
        email="c@example.org",
        is_superuser="on",
        user_permissions=[str(permission_of("group", "change").pk)],
    )

    chief.user.refresh_from_db()
    assert chief.user.email == "c@example.org"
    assert rights(chief.user) == before


@pytest.mark.invariant("A8")
def test_an_operator_reaches_no_user_at_all() -> None:
    operator = Visitor(make_user("oper", staff=True, groups=["operators"]))
    before = rights(operator.user)

    own = ("auth_user_change", operator.user.pk)
    assert operator.post(*own, is_superuser="on", username="oper").status_code == 403
    new = {"username": "x", "password1": LONG, "password2": LONG}
    assert operator.post("auth_user_add", **new, is_superuser="on").status_code == 403
    assert operator.post("auth_group_change", pk_of("operators"), name="x").status_code == 403
    assert rights(operator.user) == before
    assert not User.objects.filter(is_superuser=True).exists()


@pytest.mark.invariant("A8")
def test_an_administrator_gives_no_wider_group(chief: Visitor) -> None:
    wider = Group.objects.create(name="wider")
    wider.permissions.add(permission_of("group", "change"))
    user = make_user("anna")

    assert "wider" not in chief.text("auth_user_change", user.pk)
    answer = chief.submit("auth_user_change", user.pk, groups=[str(wider.pk)])

    assert "groups" in errors(answer)
    assert rights(user)["groups"] == set()


@pytest.mark.invariant("A8")
def test_new_users_of_an_administrator_are_no_superusers(chief: Visitor) -> None:
    chief.submit(
        "auth_user_add",
        username="anna",
        password1=LONG,
        password2=LONG,
        is_superuser="on",
        is_staff="on",
    )

    user = User.objects.get(username="anna")
    assert not user.is_superuser
    assert not user.is_staff


@pytest.mark.invariant("A8")
def test_an_administrator_sets_no_stronger_persons_password(chief: Visitor) -> None:
    stronger = make_user("stronger", staff=True, permissions=["group.change"])
    before = rights(stronger)

    answer = chief.post("auth_user_password_change", stronger.pk, password1=LONG, password2=LONG)

    assert answer.status_code == 403
    assert rights(stronger) == before
    assert "Save" not in chief.text("auth_user_change", stronger.pk)


def test_the_delete_page_says_what_goes_along(boss: Visitor) -> None:
    user = make_user("anna")
    make_token(user, application="chatbot")

    page = boss.text("auth_user_delete", user.pk)
    with written() as events:
        boss.submit("auth_user_delete", user.pk)

    assert "chatbot" in page
    assert not User.objects.filter(pk=user.pk).exists()
    assert "user_deleted" in events.names


def test_a_superuser_changes_what_a_group_may(boss: Visitor) -> None:
    right = permission_of("logentry", "view")

    with written() as events:
        boss.submit("auth_group_change", pk_of("readers"), permissions=[str(right.pk)])

    assert list(Group.objects.get(name="readers").permissions.all()) == [right]
    assert events.names == ["group_updated"]


def test_a_group_is_deleted_with_a_word_about_its_people(boss: Visitor) -> None:
    make_user("anna", groups=["readers"])

    page = boss.text("auth_group_delete", pk_of("readers"))
    boss.submit("auth_group_delete", pk_of("readers"))

    assert "anna" in page
    assert not Group.objects.filter(name="readers").exists()


@pytest.mark.invariant("A8")
def test_an_administrator_looks_at_groups_and_changes_none(chief: Visitor) -> None:
    group = pk_of("administrators")

    assert chief.get("auth_group_changelist").status_code == 200
    assert chief.post("auth_group_change", group, name="mine").status_code == 403
    assert chief.post("auth_group_add", name="mine").status_code == 403
    assert chief.post("auth_group_delete", group, post="yes").status_code == 403


@pytest.mark.invariant("S12")
@pytest.mark.parametrize("query", [{"password__startswith": "md5"}, {"is_superuser": "1"}])
def test_hashes_cannot_be_guessed_by_filters(boss: Visitor, query: dict[str, str]) -> None:
    assert boss.get("auth_user_changelist", **query).status_code == 400


def test_what_the_service_refuses_stands_in_the_form(boss: Visitor) -> None:
    """The pages offer nothing that it refuses; but rights may go while a form is open."""
    refused = type("Refused", (UserForm,), {"refusal": NotPermittedError()})
    sent = boss.form("auth_user_change", boss.user.pk)
    first = {name: values[0] for name, values in sent.items()}

    form = refused(first, instance=boss.user)

    assert not form.is_valid()
    assert form.non_field_errors() == ["You are not allowed to do this."]
