"""Coming in, by the rules of the admin: counted together, told on the trail, led back."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from audit.models import LogEntry
from registry.services.accounts import is_password_change_due, require_password_change
from registry.services.tokens import find_token
from tests.factories import make_token, make_user
from tests.trail import written

pytestmark = pytest.mark.django_db

LOGIN = "/my/login/"
PASSWORD = "quite-Long-77-words"
NEXT = "Another-Long-88-word"


def log_in(name: str, password: str, client: Client | None = None, **sent: str) -> Any:
    body = {"username": name, "password": password, **sent}
    return (client or Client()).post(LOGIN, body)


@pytest.mark.parametrize("is_staff", [False, True])
def test_everybody_comes_in_and_goes_out_and_the_trail_says_so(is_staff: bool) -> None:
    user = make_user("anna", staff=is_staff, password=PASSWORD)
    client = Client()

    with written() as events:
        assert log_in("anna", PASSWORD, client)["Location"] == "/my/"
        assert client.get("/my/").status_code == 200
        assert client.post("/my/logout/")["Location"] == LOGIN

    assert events.names == ["login", "logout"]
    assert {(entry.actor, entry.source) for entry in events} == {(user, "admin")}
    assert client.get("/my/").status_code == 302


def test_a_login_here_opens_no_page_of_the_admin_to_whoever_is_no_staff() -> None:
    make_user("anna", password=PASSWORD)
    client = Client()
    log_in("anna", PASSWORD, client)

    for page in ("/admin/", "/admin/roles/roleslot/", "/admin/registry/llmmodel/"):
        assert client.get(page).status_code == 302, page


def test_wrong_passwords_count_together_with_those_of_the_admin() -> None:
    make_user("anna", staff=True, password=PASSWORD)
    for attempt in range(10):
        page = LOGIN if attempt % 2 else "/admin/login/"
        Client().post(page, {"username": "anna", "password": "wrong"})

    for page in (LOGIN, "/admin/login/"):
        answer = Client().post(page, {"username": " ANNA ", "password": PASSWORD})
        assert answer.status_code == 429
        assert 0 < int(answer["Retry-After"]) <= 900
        assert 'id="locked"' in answer.content.decode()


def test_the_right_password_begins_the_count_anew() -> None:
    make_user("anna", password=PASSWORD)
    for _round in range(2):
        for _attempt in range(9):
            assert log_in("anna", "wrong").status_code == 200
        assert log_in("anna", PASSWORD).status_code == 302


def test_all_who_may_not_come_in_read_the_same() -> None:
    make_user("anna", password=PASSWORD)
    gone = make_user("dora", password=PASSWORD)
    gone.is_active = False
    gone.save()

    said = {
        str(log_in(name, password).context["form"].non_field_errors())
        for name, password in (("anna", "wrong"), ("dora", PASSWORD), ("nobody", "x"))
    }
    assert len(said) == 1


def test_an_unknown_name_is_never_stored() -> None:
    with written() as events:
        log_in("my-secret-password", "x")

    assert events.names == ["login_failed"]
    stored = " ".join(map(str, LogEntry.objects.values_list().iterator()))
    assert "my-secret-password" not in stored


@pytest.mark.parametrize(
    ("asked", "target"),
    [
        ("/my/roles/chat/", "/my/roles/chat/"),
        ("/my/models/?p=2", "/my/models/?p=2"),
        ("https://elsewhere.example/my/", "/my/"),
        ("//elsewhere.example/my/", "/my/"),
        ("/admin/", "/my/"),
        ("javascript:alert(1)", "/my/"),
        ("", "/my/"),
    ],
)
def test_the_login_leads_back_to_ones_own_pages_only(asked: str, target: str) -> None:
    make_user("anna", password=PASSWORD)
    answer = log_in("anna", PASSWORD, next=asked)
    assert answer["Location"] == target


def test_whoever_is_in_already_is_led_on() -> None:
    client = Client()
    client.force_login(make_user())
    assert client.get(LOGIN, {"next": "/my/tokens/"})["Location"] == "/my/tokens/"


def test_ones_own_password_is_changed_and_tokens_made_before_it_end() -> None:
    user = make_user("anna", password=PASSWORD)
    require_password_change(user)
    _token, text = make_token(user, scopes=["roles:read"])
    client = Client()
    client.force_login(user)
    typed = {"old_password": PASSWORD, "new_password1": NEXT, "new_password2": NEXT}

    wrong = client.post("/my/password/", typed | {"old_password": "wrong"})
    assert "old_password" in wrong.context["form"].errors
    weak = client.post("/my/password/", typed | {"new_password1": "1", "new_password2": "1"})
    assert "new_password2" in weak.context["form"].errors
    assert is_password_change_due(user)

    with written() as events:
        answer = client.post("/my/password/", typed)

    assert answer["Location"] == "/my/"
    assert events.names == ["password_changed"]
    assert not is_password_change_due(user)
    assert find_token(text) is None
    assert client.get("/my/").status_code == 200  # the session goes on
    assert log_in("anna", NEXT).status_code == 302
