from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from registry.models import PasswordChangeDue
from registry.services.accounts import require_password_change
from tests.factories import make_llm, make_token, make_user
from tests.registry.admin.visits import LIST, Visitor
from tests.trail import changes, written

OLD, NEW = "given-By-77-somebody", "chosen-By-88-myself"
CHANGE = "/admin/password_change/"


@pytest.fixture
def visitor(db: None) -> Visitor:
    user = make_user("anna", superuser=True, password=OLD)
    require_password_change(user)
    return Visitor(user)


def change(visitor: Visitor, old: str = OLD, new: str = NEW) -> Visitor:
    body = {"old_password": old, "new_password1": new, "new_password2": new}
    return visitor.post(CHANGE, body)


@pytest.mark.parametrize("path", ["/admin/", LIST, f"{LIST}add/", "/admin/autocomplete/"])
def test_every_page_leads_to_the_password_first(visitor: Visitor, path: str) -> None:
    answer = visitor.client.get(path)

    assert (answer.status_code, answer.headers["Location"]) == (302, CHANGE)


def test_a_form_sent_before_the_change_writes_nothing(visitor: Visitor) -> None:
    llm = make_llm()

    visitor.client.post(f"{LIST}{llm.pk}/delete/", {"post": "yes"})

    llm.refresh_from_db()


def test_the_way_out_stays_open(visitor: Visitor) -> None:
    assert visitor.open(CHANGE).status == 200
    assert visitor.post("/admin/logout/").status == 200


def test_after_the_change_everything_is_open(visitor: Visitor) -> None:
    with written() as events:
        change(visitor)

    assert visitor.open(LIST).status == 200
    assert not PasswordChangeDue.objects.exists()
    assert events.names == ["password_changed"]
    assert changes(events.only) == {"password": "changed"}
    assert Client().login(username="anna", password=NEW)


def test_a_wrong_old_password_changes_nothing(visitor: Visitor) -> None:
    change(visitor, old="not it")

    assert PasswordChangeDue.objects.exists()
    assert User.objects.get(username="anna").check_password(OLD)


def test_an_easy_password_is_refused(visitor: Visitor) -> None:
    change(visitor, new="password")

    assert PasswordChangeDue.objects.exists()


def test_others_and_their_tokens_are_not_held_up(visitor: Visitor) -> None:
    other = Visitor()
    _token, text = make_token(visitor.user)

    assert other.open(LIST).status == 200
    answer = Client().get("/api/v1/models/generation", headers={"Authorization": f"Bearer {text}"})
    assert answer.status_code == 200
