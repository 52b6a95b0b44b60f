"""One door in: a Bearer token, or the admin's session with its CSRF token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from audit.models import LogEntry
from registry.models import LLMModel, Provider
from registry.services.accounts import require_password_change
from tests.factories import make_llm, make_token, make_user
from tests.registry.api.client import MODELS, Api, code_of, with_session

pytestmark = pytest.mark.usefixtures("catalogue")


@pytest.fixture
def text() -> str:
    """An administrator's token."""
    scopes = ("catalogue:read", "admin:read", "admin:write")
    return make_token(make_user("ada", superuser=True), scopes=scopes, application="robot")[1]


def test_a_token_comes_as_bearer_in_any_case(text: str) -> None:
    for scheme in ("Bearer", "bearer", "BEARER  "):
        assert Api(Authorization=f"{scheme} {text}").get(MODELS).status_code == 200


@pytest.mark.invariant("A6")
def test_there_is_no_other_door(text: str, openai: Provider, figure: Callable[..., None]) -> None:
    llm = make_llm(provider=openai, name="Before")
    path = f"{MODELS}/{llm.pk}"
    doors: dict[str, tuple[Api, str]] = {
        "X-Api-Key": (Api(X_Api_Key=text), path),
        "x-goog-api-key": (Api(x_goog_api_key=text), path),
        "Cookie": (Api(Cookie=f"token={text}"), path),
        "?token=": (Api(), f"{path}?token={text}"),
        "?access_token=": (Api(), f"{path}?access_token={text}"),
        "Token": (Api(Authorization=f"Token {text}"), path),
        "Basic": (Api(Authorization=f"Basic {text}"), path),
        "bare": (Api(Authorization=text), path),
        "empty": (Api(Authorization=""), path),
        # As a server joins two headers of one name.
        "two headers": (Api(Authorization=f"Bearer {text},Bearer {text}"), path),
        "two tokens": (Api(Authorization=f"Bearer {text} {text}"), path),
        "prefix": (Api(Authorization=f"Bearer {text[:-1]}"), path),
        "longer": (Api(Authorization=f"Bearer {text}x"), path),
        "upper case": (Api(Authorization=f"Bearer {text.upper()}"), path),
        "not ASCII": (Api(Authorization=f"Bearer {text}é"), path),
        "huge": (Api(Authorization=f"Bearer {'x' * 100_000}"), path),
        "user override": (Api(X_Remote_User="ada", Remote_User="ada"), path),
    }

    for name, (caller, address) in doors.items():
        answer = caller.patch(address, {"name": "After"}, X_Forwarded_For="192.0.2.7")
        assert answer.status_code in (401, 429), name
        assert answer.headers.get("WWW-Authenticate", "Bearer") == "Bearer"

    assert LLMModel.objects.get().name == "Before"
    figure(doors=len(doors), opened=0)


@pytest.mark.invariant("A6")
def test_a_token_decides_even_beside_a_session(text: str, openai: Provider) -> None:
    eve = make_user("eve", superuser=True)
    caller = with_session(eve)
    path = f"{MODELS}/{make_llm(provider=openai).pk}"

    wrong = caller.patch(path, {"name": "x"}, Authorization="Bearer reg_wrong")
    right = caller.patch(path, {"name": "y"}, Authorization=f"Bearer {text}")

    assert wrong.status_code == 401
    assert right.status_code == 200
    entry = LogEntry.objects.filter(event="model_updated").get()
    assert (entry.actor_name, entry.application, entry.source) == ("ada", "robot", "api")


@pytest.mark.invariant("A6")
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-CSRFToken": "x" * 64},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Referer": "https://evil.example/page"},
    ],
)
def test_a_session_changes_nothing_without_the_csrf_token(
    openai: Provider, headers: dict[str, str]
) -> None:
    caller = with_session(make_user(superuser=True), enforce_csrf_checks=True)
    llm = make_llm(provider=openai, name="Before")

    answer = caller.patch(f"{MODELS}/{llm.pk}", {"name": "After"}, **headers)

    llm.refresh_from_db()
    assert (answer.status_code, code_of(answer)) == (403, "permission_denied")
    assert llm.name == "Before"


def csrf_client(user: Any) -> tuple[Client, str]:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    client.get("/admin/login/")
    client.get("/admin/password_change/")
    return client, client.cookies["csrftoken"].value


def test_a_session_with_the_csrf_token_may_write(openai: Provider) -> None:
    client, token = csrf_client(make_user("cyd", superuser=True))
    llm = make_llm(provider=openai)

    answer = client.patch(
        f"{MODELS}/{llm.pk}",
        {"name": "After"},
        content_type="application/json",
        headers={"X-CSRFToken": token},
    )

    assert answer.status_code == 200, answer.content
    entry = LogEntry.objects.filter(event="model_updated").get()
    assert (entry.actor_name, entry.application) == ("cyd", "")


@pytest.mark.invariant("A6")
@pytest.mark.parametrize("name", ["evil.example", "testserver.evil.example", "", "a b"])
def test_a_foreign_host_is_refused(text: str, name: str) -> None:
    answer = Client().get(
        MODELS, headers={"Authorization": f"Bearer {text}", "Host": name}, HTTP_HOST=name
    )

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "bad_request"


@pytest.mark.invariant("A6")
def test_a_forwarded_host_is_not_believed(text: str, openai: Provider) -> None:
    make_llm(provider=openai)
    make_llm(provider=openai)

    answer = Api(Authorization=f"Bearer {text}").get(
        f"{MODELS}?page_size=1", X_Forwarded_Host="evil.example", X_Forwarded_Proto="https"
    )

    assert answer.json()["next"].startswith("http://testserver/")


def test_an_inactive_user_has_no_session(openai: Provider) -> None:
    user = make_user(superuser=True)
    caller = with_session(user)
    user.is_active = False
    user.save()

    assert caller.get(MODELS).status_code == 401


def test_a_password_that_is_due_comes_first() -> None:
    user = make_user(superuser=True)
    require_password_change(user)

    answer = with_session(user).get(MODELS)

    assert (answer.status_code, code_of(answer)) == (403, "password_change_required")


def test_a_staff_view_without_a_login_is_401_and_says_how() -> None:
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        answer = Api().call(method, f"{MODELS}/x" if method[0] in "PD" else MODELS)
        assert answer.status_code in (401,)
        assert answer.headers["WWW-Authenticate"] == "Bearer"
