"""Who may report and who may read what was reported."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User

from tests.factories import make_client, make_user
from tests.registry.api.client import Api, code_of, with_session, with_token

pytestmark = pytest.mark.django_db

C1 = "/api/v1/clients/c1"
BODY = {"provider": "p", "models": [{"id": "m1"}]}
READS = (
    "/api/v1/clients",
    C1,
    f"{C1}/models",
    f"{C1}/supports/m1",
    "/api/v1/availability/m1",
    "/api/v1/available",
    "/api/v1/available/first",
)
WRITES: tuple[tuple[str, str, Any], ...] = (
    ("PUT", f"{C1}/models/m1/quota", {}),
    ("DELETE", f"{C1}/models/m1/quota", None),
    ("PUT", f"{C1}/models/m1/suspension", {}),
    ("DELETE", f"{C1}/models/m1/suspension", None),
    ("POST", f"{C1}/seen", None),
    ("PUT", C1, BODY),
    ("DELETE", C1, None),
)


@pytest.fixture(autouse=True)
def c1(db: None) -> None:
    make_client("c1", "m1", provider="p")


def reads(api: Api) -> set[int]:
    return {api.get(path).status_code for path in READS}


def writes(api: Api) -> set[int]:
    return {api.call(verb, path, body).status_code for verb, path, body in WRITES}


def reporter_in(*groups: str, staff: bool = False) -> User:
    return make_user(groups=list(groups), staff=staff)


def once_reporter(user: User) -> Api:
    """Return a caller with a token for reports, whose user was a reporter when it was made."""
    reporters = Group.objects.get(name="reporters")
    user.groups.add(reporters)
    api = with_token(User.objects.get(pk=user.pk), "availability:report")
    user.groups.remove(reporters)
    return api


def test_a_reporters_token_reads_and_writes_without_the_staff_mark(reporter: Api) -> None:
    assert reads(reporter) == {200}
    assert writes(reporter) == {200, 204}


def test_a_reporters_session_needs_no_scope() -> None:
    api = with_session(reporter_in("reporters"))

    assert reads(api) == {200}
    assert writes(api) == {200, 204}


def test_a_reporters_session_writes_with_the_csrf_token_only() -> None:
    api = with_session(reporter_in("reporters"), enforce_csrf_checks=True)

    assert writes(api) == {403}


@pytest.mark.parametrize("group", ["operators", "administrators"])
def test_operators_may_report(group: str) -> None:
    api = with_token(reporter_in(group, staff=True), "availability:report")

    assert (reads(api), writes(api)) == ({200}, {200, 204})


def test_without_a_login_nothing_is_answered() -> None:
    for api in (Api(), Api(Authorization="Bearer reg_wrong")):
        assert (reads(api), writes(api)) <= ({401, 429}, {401, 429})
        assert 401 in reads(Api())


@pytest.mark.parametrize("scope", ["catalogue:read", "admin:read", "admin:write"])
def test_another_scope_does_not_report(scope: str) -> None:
    api = with_token(reporter_in("reporters", staff=True), scope)

    assert (reads(api), writes(api)) == ({403}, {403})
    message = api.put(C1, BODY).json()["error"]["message"]
    assert message == "This token lacks the scope availability:report."


def test_the_scope_without_the_right_is_nothing() -> None:
    for user in (make_user(), make_user(staff=True), reporter_in("readers")):
        api = once_reporter(user)
        assert (reads(api), writes(api)) == ({403}, {403})


def test_staff_who_see_clients_read_and_do_not_write() -> None:
    reader = reporter_in("readers", staff=True)

    for api in (with_token(reader, "admin:read"), with_session(reader)):
        assert (reads(api), writes(api)) == ({200}, {403})
    assert reads(once_reporter(reader)) == {403}


def test_the_right_to_see_clients_is_for_staff_only() -> None:
    api = with_session(make_user(permissions=["client.view"]))

    assert (reads(api), writes(api)) == ({403}, {403})


def test_a_refused_write_leaves_everything_as_it_was(reporter: Api) -> None:
    before = reporter.get(C1).json()
    api = once_reporter(make_user())

    for verb, path, body in WRITES:
        assert code_of(api.call(verb, path, body)) == "permission_denied"

    assert reporter.get(C1).json() == before
