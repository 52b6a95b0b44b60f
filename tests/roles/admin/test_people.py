from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from registry.models import ApiToken, Connection, LLMModel
from registry.services.accounts import ensure_groups
from roles.services.belongings import belongings_of
from tests.factories import API_KEY, make_token, make_user
from tests.registry.admin.visitor import Visitor, messages
from tests.roles.factories import fill, make_host, make_local, make_person
from tests.trail import payload, written

pytestmark = pytest.mark.django_db
PAGE = "auth_user_belongings"


@pytest.fixture
def boss() -> Visitor:
    ensure_groups()
    return Visitor(make_user("boss", superuser=True))


@pytest.fixture
def anna() -> User:
    user = make_person("anna")
    fill(user, make_local(user, make_host(user, label="Desk"), name="Qwen"))
    make_token(user, application="crawler")
    return user


def left(user: User) -> User:
    user.is_active = False
    user.save()
    return user


def leave(visitor: Visitor, user: User, **chosen: Any) -> Any:
    """Choose on the page, look at the preview, and confirm it."""
    preview = visitor.post(PAGE, user.pk, **chosen)
    assert preview.status_code == 200
    assert preview.context["is_chosen"]
    return visitor.post(PAGE, user.pk, confirm="yes", **chosen)


def test_a_persons_page_names_what_is_his_own_and_no_key(boss: Visitor, anna: User) -> None:
    answer = boss.get("auth_user_change", anna.pk)

    page = answer.content.decode()
    for text in ("Desk", "Qwen", "chat · Primary", "crawler"):
        assert text in page
    assert API_KEY not in page
    for connection in Connection.objects.all():
        assert connection.key_hint not in page


def test_who_owns_nothing_has_no_such_part(boss: Visitor) -> None:
    assert b"data-records" not in boss.get("auth_user_change", make_person().pk).content


@pytest.mark.parametrize(
    ("right", "seen"),
    [
        ("connection.view", "Desk"),
        ("llmmodel.view", "Qwen"),
        ("roleslot.view", "chat · Primary"),
        ("apitoken.view", "crawler"),
        ("tag.view", ""),
    ],
)
def test_each_kind_is_shown_to_who_may_see_its_table(anna: User, right: str, seen: str) -> None:
    visitor = Visitor(make_user(staff=True, permissions=["user.view", right]))

    page = visitor.text("auth_user_change", anna.pk)

    told = {text for text in ("Desk", "Qwen", "chat · Primary", "crawler") if text in page}
    assert told == {seen} - {""}
    assert "Transfer or remove" not in page


def test_a_deactivation_ends_tokens_and_leads_to_what_is_left(boss: Visitor, anna: User) -> None:
    with written() as events:
        answer = boss.submit("auth_user_change", anna.pk, is_active="")

    anna.refresh_from_db()
    assert not anna.is_active
    assert answer["Location"] == reverse(f"admin:{PAGE}", args=[anna.pk])
    assert not ApiToken.objects.exists()
    assert sorted(events.names) == ["token_deleted", "user_updated"]
    assert payload(events.named("user_updated")) == {"tokens": ["crawler"]}


def test_the_deactivation_of_who_owns_nothing_leads_nowhere_else(boss: Visitor) -> None:
    user = make_person()

    answer = boss.submit("auth_user_change", user.pk, is_active="")

    assert "belongings" not in answer["Location"]


def test_what_is_left_is_counted_and_named(boss: Visitor, anna: User) -> None:
    page = boss.text(PAGE, left(anna).pk)

    for text in ("Accounts, hosts and logins (1)", "Models (1)", "Slots of roles (1)", "Desk"):
        assert text in page
    assert "Preview" in page


def test_nothing_is_done_before_it_is_confirmed(boss: Visitor, anna: User) -> None:
    left(anna)

    with written() as events:
        preview = boss.post(PAGE, anna.pk, way="remove")

    assert events == []
    assert "deleted" in preview.content.decode()
    assert belongings_of(anna)


def test_all_of_it_is_removed(boss: Visitor, anna: User) -> None:
    left(anna)

    answer = leave(boss, anna, way="remove")

    assert answer["Location"] == reverse("admin:auth_user_change", args=[anna.pk])
    assert not belongings_of(anna)
    assert not LLMModel.objects.exists()


def test_another_person_takes_over_and_the_page_says_that_keys_stay_behind(
    boss: Visitor, anna: User
) -> None:
    left(anna)
    bert = make_person("bert")

    preview = boss.post(PAGE, anna.pk, way="person", to=bert.pk).content.decode()
    answer = leave(boss, anna, way="person", to=bert.pk)

    assert "Keys are bound to their owner" in preview
    assert "bert" in preview
    assert LLMModel.objects.get().owner == bert
    assert messages(answer) == ["What anna owned is transferred. Enter the keys of: Desk."]


def test_the_organisation_takes_over(boss: Visitor, anna: User) -> None:
    leave(boss, left(anna), way="organisation")

    assert LLMModel.objects.get().owner is None


def test_a_transfer_to_a_person_names_one(boss: Visitor, anna: User) -> None:
    answer = boss.post(PAGE, left(anna).pk, way="person", confirm="yes")

    assert answer.context["form"].errors == {"to": ["Choose who takes over."]}
    assert belongings_of(anna)


@pytest.mark.parametrize("to", ["x", "0", "99999999999999999999", "{self}", "{left}"])
def test_nobody_else_takes_over(boss: Visitor, anna: User, to: str) -> None:
    gone = left(make_person())
    named = to.replace("{self}", str(left(anna).pk)).replace("{left}", str(gone.pk))

    answer = boss.post(PAGE, anna.pk, way="person", to=named, confirm="yes")

    assert answer.status_code == 200
    assert set(answer.context["form"].errors) == {"to"}
    assert belongings_of(anna)


def test_who_is_active_keeps_all_of_it(boss: Visitor, anna: User) -> None:
    page = boss.text(PAGE, anna.pk)
    answer = boss.post(PAGE, anna.pk, way="remove", confirm="yes")

    assert "Deactivate the account first" in page
    assert "Preview" not in page
    assert answer.status_code == 409
    assert belongings_of(anna)


@pytest.mark.invariant("A8")
@pytest.mark.parametrize(
    ("permissions", "status"),
    [
        (["user.view"], 403),
        (["user.view", "user.change"], 200),
        (["llmmodel.delete", "connection.delete"], 403),
    ],
)
def test_only_who_may_change_the_person_and_the_tables_decides(
    anna: User, permissions: list[str], status: int
) -> None:
    visitor = Visitor(make_user(staff=True, permissions=permissions))

    answer = visitor.post(PAGE, left(anna).pk, way="remove", confirm="yes")

    assert answer.status_code == status
    assert belongings_of(anna)


@pytest.mark.invariant("A8")
def test_stronger_people_are_not_there_to_be_emptied() -> None:
    owner = make_user("root", superuser=True)
    make_host(owner)
    chief = Visitor(make_user("chief", staff=True, groups=["administrators"]))

    answer = chief.post(PAGE, left(owner).pk, way="remove", confirm="yes")

    assert answer.status_code in (403, 404)
    assert belongings_of(owner)


def test_the_delete_page_names_all_that_goes_along(boss: Visitor, anna: User) -> None:
    page = boss.text("auth_user_delete", anna.pk)
    boss.submit("auth_user_delete", anna.pk)

    for text in ("crawler", "Qwen", "Desk", "chat.primary"):
        assert text in page
    assert not User.objects.filter(pk=anna.pk).exists()
    assert not LLMModel.objects.exists()
