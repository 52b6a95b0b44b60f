"""Who may ask for others: as Django says it, in one query."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User

from registry.errors import NotPermittedError
from roles.choices import Builtin, Slot
from roles.services.asked_for import person_asked_for
from roles.services.own_slots import read_slots
from roles.services.slots import set_slot
from tests.factories import make_llm, make_user

pytestmark = pytest.mark.django_db
RIGHT = "roles.resolve_for_user"


def allowed_by_group(user: User) -> None:
    group = Group.objects.create(name="gateways")
    group.permissions.set(Permission.objects.filter(codename="resolve_for_user"))
    user.groups.add(group)


def allowed_himself(user: User) -> None:
    user.user_permissions.add(Permission.objects.get(codename="resolve_for_user"))


def allowed_otherwise(user: User) -> None:
    user.user_permissions.add(*Permission.objects.exclude(codename="resolve_for_user"))


def superuser(user: User) -> None:
    user.is_superuser = True
    user.save()


def gone(user: User) -> None:
    superuser(user)
    user.is_active = False
    user.save()


@pytest.mark.parametrize(
    ("make", "may"),
    [
        (allowed_by_group, True),
        (allowed_himself, True),
        (superuser, True),
        (allowed_otherwise, False),
        (gone, False),
    ],
)
def test_the_right_is_djangos(make: Any, may: bool, django_assert_num_queries: Any) -> None:
    user = make_user("gateway")
    make(user)
    user = User.objects.get(pk=user.pk)
    bo = make_user("bo")

    with django_assert_num_queries(1):
        assert (asked(user, "bo") == bo.pk) is may
    assert user.has_perm(RIGHT) is may


def asked(actor: User, name: str | int) -> int | None:
    """Return the id of whoever is found; None where nobody is, or nobody may ask."""
    try:
        found, _read = person_asked_for(actor, name, "chat")
    except NotPermittedError:
        return None
    return None if found is None else found.pk


def test_who_may_not_ask_does_not_learn_who_there_is() -> None:
    actor = make_user("gateway")
    make_user("bo")

    for name in ("bo", "nobody", "resolve_for_user"):
        with pytest.raises(NotPermittedError):
            person_asked_for(actor, name, "chat")


def test_nobody_gets_the_right_by_being_called_like_it() -> None:
    actor = make_user("gateway")
    make_user("resolve_for_user")

    with pytest.raises(NotPermittedError):
        person_asked_for(actor, "resolve_for_user", "chat")


@pytest.mark.parametrize("make", [superuser, allowed_by_group])
def test_a_person_is_found_by_name_or_id_while_active(make: Any) -> None:
    actor = make_user("gateway")
    make(actor)
    bo = make_user("bo")

    for name in ("bo", bo.pk):
        found, _read = person_asked_for(actor, name, "chat")
        assert found is not None
        assert (found.pk, found.get_username()) == (bo.pk, "bo")
    for name in (str(bo.pk), "BO", "", "\0", 0, -bo.pk, 10**40):
        assert asked(actor, name) is None
    assert asked(actor, actor.pk) == actor.pk
    bo.is_active = False
    bo.save()
    assert asked(actor, "bo") is None


@pytest.mark.parametrize("role", ["chat", " chat "])
def test_beside_him_stands_what_fills_his_slots(role: str) -> None:
    actor, bo = make_user("gateway"), make_user("bo")
    superuser(actor)
    assert person_asked_for(actor, "bo", role) == (bo, read_slots(bo.pk, "chat"))
    for slot in (Slot.BACKUP_2, Slot.PRIMARY):
        set_slot(bo, "chat", slot, Builtin.GEMINI_CLI)
    set_slot(bo, "coder", Slot.PRIMARY, Builtin.GEMINI_CLI)
    set_slot(None, "chat", Slot.PRIMARY, Builtin.GEMINI_CLI)
    set_slot(actor, "chat", Slot.PRIMARY, make_llm())

    for user, count in ((bo, 2), (actor, 1)):
        read = read_slots(user.pk, "chat")
        assert len(read.slots) == count
        assert person_asked_for(actor, user.pk, role) == (user, read)


def test_a_role_that_cannot_be_one_has_no_slots() -> None:
    actor = make_user("gateway")
    superuser(actor)
    set_slot(actor, "chat", Slot.PRIMARY, Builtin.GEMINI_CLI)

    for role in ("\0", "x" * 10_000, "", "\u00e4"):
        assert person_asked_for(actor, actor.pk, role)[1].slots == []
