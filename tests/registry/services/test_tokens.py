from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from audit import context
from registry.choices import Scope
from registry.errors import NotPermittedError
from registry.models import ApiToken
from registry.services.tokens import (
    PREFIX,
    create_token,
    find_token,
    note_use,
    path_to_try,
    revoke_token,
    scopes_open_to,
)
from tests.factories import make_token, make_user
from tests.trail import changes, written

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return make_user("ada", staff=True)


def test_a_token_is_shown_once_and_stored_as_a_digest(ada: User) -> None:
    token, text = make_token(ada)

    assert text.startswith(PREFIX)
    assert len(text) > 40
    assert token.digest == hashlib.sha256(text.encode()).hexdigest()
    assert text not in str(vars(ApiToken.objects.get()))
    assert find_token(text) == token


def test_every_token_is_another(ada: User) -> None:
    assert len({make_token(ada)[1] for _ in range(20)}) == 20


def test_a_new_token_is_on_the_trail_without_its_text(ada: User) -> None:
    with written() as found:
        token, text = make_token(ada, application="crawler")

    entry = found.only
    assert (entry.event, entry.object_pk) == ("token_created", str(token.pk))
    assert changes(entry)["application"] == [None, "crawler"]
    assert not {"digest", "password_stamp"} & set(changes(entry))
    assert text not in str(entry.changes)
    assert token.digest not in str(entry.changes)


def test_scopes_are_a_set(ada: User) -> None:
    token, _text = make_token(
        ada, scopes=[Scope.ADMIN_READ, Scope.CATALOGUE_READ, Scope.ADMIN_READ]
    )

    assert token.scopes == "admin:read catalogue:read"
    assert token.scope_set == {"admin:read", "catalogue:read"}


def test_without_a_date_it_lives_as_long_as_set(ada: User, settings: Settings) -> None:
    settings.REGISTRY_TOKEN_DAYS = 7

    token, _text = make_token(ada)

    assert token.expires_at is not None
    left = token.expires_at - timezone.now()
    assert timedelta(days=6, hours=23) < left <= timedelta(days=7)


def test_a_token_ends_with_its_date(ada: User) -> None:
    ends = timezone.now() + timedelta(hours=1)
    token, text = make_token(ada, expires_at=ends)

    assert find_token(text, now=ends - timedelta(seconds=1)) == token
    assert find_token(text, now=ends) is None
    assert find_token(text, now=ends + timedelta(days=1)) is None


def test_a_token_ends_with_its_user(ada: User) -> None:
    _token, text = make_token(ada)

    ada.is_active = False
    ada.save()
    assert find_token(text) is None

    ada.delete()
    assert find_token(text) is None
    assert not ApiToken.objects.exists()


def test_a_token_ends_with_its_users_password(ada: User) -> None:
    _token, text = make_token(ada)

    ada.set_password("Another-Horse-9")
    ada.save()

    assert find_token(text) is None
    assert find_token(make_token(ada)[1]) is not None


def test_a_revoked_token_is_gone_at_once(ada: User) -> None:
    token, text = make_token(ada)

    with written() as found:
        revoke_token(token)

    assert found.names == ["token_revoked"]
    assert find_token(text) is None


@pytest.mark.parametrize(
    "text",
    ["", "reg_", "reg_x", "' OR 1=1 --", "a\x00b", "\ud800", "é" * 500, "x" * 100_000, PREFIX * 20],
)
def test_any_other_text_is_no_token(text: str) -> None:
    make_token()

    assert find_token(text) is None


def test_near_misses_are_no_tokens(ada: User) -> None:
    _token, text = make_token(ada)

    for near in (text[:-1], text + "x", text.upper(), f" {text}", text.removeprefix(PREFIX)):
        assert find_token(near) is None


@pytest.mark.parametrize(
    ("scopes", "path"),
    [
        (["roles:read", "catalogue:read"], "/roles"),
        (["catalogue:read", "admin:read"], "/models/available"),
        (["availability:report"], "/clients"),
        (["admin:read", "admin:write"], "/admin/models"),
        (["roles:write"], ""),
        (["secrets:resolve", "roles:resolve_for_user"], ""),
    ],
)
def test_a_new_token_is_tried_where_it_can_read(scopes: list[str], path: str) -> None:
    token, text = make_token(make_user(superuser=True), scopes=scopes)

    assert path_to_try(token) == path
    if path:
        headers = {"Authorization": f"Bearer {text}"}
        assert Client(headers=headers).get(f"/api/v1{path}").status_code == 200


@pytest.mark.parametrize("scope", [Scope.ADMIN_READ, Scope.ADMIN_WRITE])
def test_who_is_no_staff_gets_no_staff_scope(scope: str) -> None:
    with pytest.raises(NotPermittedError):
        make_token(make_user(), scopes=[Scope.CATALOGUE_READ, scope])

    assert not ApiToken.objects.exists()


RIGHTS = [
    (Scope.AVAILABILITY_REPORT, "report_availability"),
    (Scope.SECRETS_RESOLVE, "reveal_key"),
    (Scope.ROLES_FOR_USER, "resolve_for_user"),
]


@pytest.mark.parametrize(("scope", "right"), RIGHTS)
def test_a_scope_that_needs_a_right_is_for_who_has_it(scope: str, right: str) -> None:
    with pytest.raises(NotPermittedError) as refused:
        make_token(make_user(staff=True, groups=["readers"]), scopes=[scope])
    user = make_user()
    user.user_permissions.add(Permission.objects.get(codename=right))

    assert scope in str(refused.value)
    assert make_token(user, scopes=[scope])[0].scope_set == {scope}
    assert make_token(make_user(superuser=True), scopes=[scope])[0].scope_set == {scope}


def test_everybody_may_have_his_own_roles_read_and_written() -> None:
    token, _text = make_token(make_user(), scopes=[Scope.ROLES_READ, Scope.ROLES_WRITE])

    assert token.scope_set == {"roles:read", "roles:write"}


@pytest.mark.parametrize(
    ("user", "closed"),
    [
        ({}, {"admin:read", "admin:write", *(scope.value for scope, _right in RIGHTS)}),
        ({"staff": True}, {scope.value for scope, _right in RIGHTS}),
        (
            {"staff": True, "groups": ["administrators"]},
            {"secrets:resolve", "roles:resolve_for_user"},
        ),
        ({"superuser": True}, set()),
    ],
    ids=["nobody", "staff", "administrator", "superuser"],
)
def test_the_scopes_that_are_offered_can_be_had(user: dict[str, Any], closed: set[str]) -> None:
    owner = make_user(**user)

    scopes = scopes_open_to(owner)

    assert set(Scope.values) - set(scopes) == closed
    assert make_token(owner, scopes=scopes)[0].scope_set == set(scopes)


def test_nobody_makes_a_token_for_somebody_else(ada: User) -> None:
    with context.use(source="admin", actor=make_user(staff=True)):
        with pytest.raises(NotPermittedError):
            make_token(ada)

    with context.use(source="admin", actor=make_user(superuser=True)):
        assert make_token(ada)[0].user == ada
    with context.use(source="admin", actor=ada):
        assert make_token(ada)[0].user == ada


def test_who_administers_people_may_revoke_their_tokens(ada: User) -> None:
    token, text = make_token(ada)

    with context.use(source="admin", actor=make_user(staff=True)):
        with pytest.raises(NotPermittedError):
            revoke_token(token)
    assert find_token(text) == token

    with context.use(source="admin", actor=make_user(staff=True, permissions=["user.change"])):
        revoke_token(token)
    assert find_token(text) is None


def test_all_wrong_fields_are_named_at_once(ada: User) -> None:
    with pytest.raises(ValidationError) as refused:
        create_token(
            ada,
            application=" ",
            scopes=["everything", "more"],
            expires_at=timezone.now() - timedelta(seconds=1),
        )

    assert set(refused.value.message_dict) == {"application", "expires_at", "scopes"}
    assert refused.value.message_dict["scopes"] == ["Unknown scope: everything, more."]


def test_a_token_without_scopes_is_refused(ada: User) -> None:
    with pytest.raises(ValidationError) as refused:
        create_token(ada, application="x", scopes=[])

    assert set(refused.value.message_dict) == {"scopes"}


def test_the_last_use_is_noted_once_a_minute_and_off_the_trail(ada: User) -> None:
    token, _text = make_token(ada)
    noon = timezone.now()

    with written() as found:
        for seconds, noted in ((0, 0), (59, 0), (60, 60), (90, 60)):
            token.refresh_from_db()
            note_use(token, now=noon + timedelta(seconds=seconds))
            token.refresh_from_db()
            assert token.last_used_at == noon + timedelta(seconds=noted)

    assert found == []


def test_a_token_reads_as_application_and_user(ada: User) -> None:
    assert str(make_token(ada, application="crawler")[0]) == "crawler (ada)"
