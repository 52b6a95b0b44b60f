from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser, Group, Permission, User

from audit import context
from registry.errors import NotPermittedError
from registry.models import PasswordChangeDue
from registry.services import people
from registry.services.accounts import ensure_groups, permission_of
from registry.services.tokens import find_token
from tests.factories import make_connection, make_llm, make_token, make_user
from tests.trail import changes, payload, written

pytestmark = pytest.mark.django_db


@pytest.fixture
def chief() -> User:
    """An administrator who is no superuser."""
    return make_user("chief", staff=True, groups=["administrators"])


def groups(*names: str) -> list[Group]:
    return list(Group.objects.filter(name__in=names))


@pytest.mark.invariant("A8")
def test_superusers_are_seen_by_superusers_only(chief: User) -> None:
    boss = make_user("boss", superuser=True)

    assert boss not in people.visible_users(chief)
    assert boss in people.visible_users(boss)
    assert boss in people.visible_users(None)


@pytest.mark.invariant("A8")
def test_a_group_is_given_by_whoever_has_its_rights(chief: User) -> None:
    wider = Group.objects.create(name="wider")
    wider.permissions.add(permission_of("llmmodel", "view"), permission_of("group", "change"))

    names = set(people.grantable_groups(chief).values_list("name", flat=True))

    assert names == {"readers", "reporters", "operators", "administrators"}
    assert wider in people.grantable_groups(make_user(superuser=True))


@pytest.mark.invariant("A8")
def test_stronger_people_are_not_managed(chief: User) -> None:
    equal = make_user("equal", staff=True, groups=["administrators"])
    stronger = make_user("stronger", staff=True, permissions=["group.change"])
    boss = make_user("boss", superuser=True)

    assert people.may_manage(chief, make_user())
    assert people.may_manage(chief, equal)
    assert people.may_manage(chief, chief)
    assert not people.may_manage(chief, stronger)
    assert not people.may_manage(chief, boss)


def test_a_user_with_groups_is_one_event() -> None:
    ensure_groups()
    user = User(username="anna")
    user.set_password("Quite-Long-77")

    with written() as events:
        people.save_user(user, groups=groups("readers"))

    assert events.names == ["user_created"]
    assert changes(events.only)["groups"] == [[], ["readers"]]
    assert changes(events.only)["password"] == "changed"
    assert PasswordChangeDue.objects.filter(user=user).exists()


def test_an_account_without_a_password_has_none_to_change() -> None:
    user = User(username="anna")
    user.set_unusable_password()

    people.save_user(user)

    assert not PasswordChangeDue.objects.exists()


def test_a_change_of_a_user_is_told_by_its_fields() -> None:
    user = make_user("anna", groups=["readers"])
    user.email = "anna@example.org"

    with written() as events:
        people.save_user(user, groups=groups("operators"))

    assert events.names == ["user_updated"]
    assert changes(events.only) == {
        "email": ["", "anna@example.org"],
        "groups": [["readers"], ["operators"]],
    }


@pytest.mark.invariant("A8")
def test_an_administrator_makes_no_superuser(chief: User) -> None:
    user = make_user("anna")
    user.is_superuser = True

    with context.use(source="admin", actor=chief), pytest.raises(NotPermittedError):
        people.save_user(user)

    user.refresh_from_db()
    assert not user.is_superuser


@pytest.mark.invariant("A8")
def test_an_administrator_gives_no_single_rights(chief: User) -> None:
    user = make_user("anna")

    with context.use(source="admin", actor=chief), pytest.raises(NotPermittedError):
        people.save_user(user, permissions=[permission_of("group", "change")])

    assert not user.user_permissions.exists()


@pytest.mark.invariant("A8")
def test_an_administrator_gives_no_wider_group_and_takes_none(chief: User) -> None:
    wider = Group.objects.create(name="wider")
    wider.permissions.add(permission_of("group", "change"))
    plain = make_user("plain")

    with context.use(source="admin", actor=chief):
        with pytest.raises(NotPermittedError):
            people.save_user(plain, groups=[wider])
        plain.groups.add(*groups("operators"))
        people.save_user(plain, groups=groups("readers"))

    assert list(plain.groups.all()) == groups("readers")


@pytest.mark.invariant("A8")
def test_an_administrator_does_not_touch_stronger_people(chief: User) -> None:
    stronger = make_user("stronger", staff=True, permissions=["group.change"])
    password = stronger.password

    with context.use(source="admin", actor=chief):
        for attack in (
            lambda: people.save_user(stronger),
            lambda: people.set_password(stronger, lambda: stronger),
            lambda: people.delete_user(stronger),
        ):
            with pytest.raises(NotPermittedError):
                attack()

    stronger.refresh_from_db()
    assert stronger.password == password


def test_somebody_elses_password_is_due_to_be_changed(chief: User) -> None:
    user = make_user("anna")

    def write() -> User:
        user.set_password("Another-Long-88")
        user.save()
        return user

    with written() as events, context.use(source="admin", actor=chief):
        people.set_password(user, write)

    assert events.names == ["password_set"]
    assert changes(events.only) == {"password": "changed"}
    assert PasswordChangeDue.objects.filter(user=user).exists()


def test_ones_own_password_is_not() -> None:
    user = make_user("anna")

    with context.use(source="admin", actor=user):
        people.set_password(user, lambda: user)

    assert not PasswordChangeDue.objects.exists()


def test_a_deleted_user_takes_his_tokens_along() -> None:
    user = make_user("anna")
    token, _text = make_token(user)

    with written() as events:
        people.delete_user(user)

    assert "user_deleted" in events.names
    assert not type(token).objects.exists()


def test_a_deactivated_user_loses_his_tokens_once_and_for_all() -> None:
    user = make_user("anna")
    _token, text = make_token(user, application="crawler")
    user.is_active = False

    with written() as events:
        people.save_user(user)
    with written() as later:
        people.save_user(user)
    user.is_active = True
    people.save_user(user)

    assert find_token(text) is None
    assert sorted(events.names) == ["token_deleted", "user_updated"]
    assert payload(events.named("user_updated")) == {"tokens": ["crawler"]}
    assert later == []


def test_a_deleted_users_own_records_go_each_on_the_trail() -> None:
    user = make_user("anna")
    make_llm(owner=user, name="Fast")
    make_connection(owner=user, slug="work", label="Work")

    with written() as events:
        people.delete_user(user)

    assert sorted(events.names) == ["connection_deleted", "model_deleted", "user_deleted"]
    told = events.named("user_deleted")
    assert payload(told) == {"models": ["Fast"], "connections": ["Work"]}


def test_a_name_is_told_to_who_may_see_people_and_to_its_bearer() -> None:
    anna, boss = make_user("anna"), make_user("boss", superuser=True)
    pks = [anna.pk, boss.pk, None]

    assert people.names_told_to(None, pks) == {anna.pk: "anna", boss.pk: "boss"}
    assert people.names_told_to(boss, pks) == people.names_told_to(None, pks)
    assert people.names_told_to(anna, pks) == {anna.pk: "anna"}
    assert people.names_told_to(make_user(permissions=["user.view"]), pks) == {anna.pk: "anna"}
    assert people.names_told_to(AnonymousUser(), pks) == {}


@pytest.mark.invariant("A8")
def test_groups_are_the_superusers_matter(chief: User) -> None:
    ensure_groups()
    everything = list(Permission.objects.all())
    own = Group.objects.get(name="administrators")

    with context.use(source="admin", actor=chief):
        with pytest.raises(NotPermittedError):
            people.save_group(own, permissions=everything)
        with pytest.raises(NotPermittedError):
            people.delete_group(own)

    assert own.permissions.count() < len(everything)


def test_a_group_with_its_rights_is_one_event() -> None:
    boss = make_user("boss", superuser=True)

    with written() as events, context.use(source="admin", actor=boss):
        group = people.save_group(
            Group(name="auditors"), permissions=[permission_of("logentry", "view")]
        )
        people.delete_group(group)

    assert events.names == ["group_created", "group_deleted"]


@pytest.mark.invariant("A8")
def test_a_disabled_superuser_is_trusted_with_nothing() -> None:
    boss = make_user("boss", superuser=True)
    boss.is_active = False

    assert not people.is_trusted(boss)
