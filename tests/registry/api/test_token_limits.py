"""A token never exceeds its user, and ends with him, its date or its revocation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group, User
from django.utils import timezone

from audit import context
from registry.errors import NotPermittedError
from registry.models import ApiToken, Provider
from registry.services.tokens import create_token, revoke_token, scopes_open_to
from tests.factories import make_llm, make_token, make_user
from tests.registry.api.client import MODELS, Api
from tests.stopwatch import stopwatch


def demote(user: User, token: ApiToken) -> None:
    user.is_staff = False
    user.save()


def disable(user: User, token: ApiToken) -> None:
    user.is_active = False
    user.save()


def delete(user: User, token: ApiToken) -> None:
    user.delete()


def revoke(user: User, token: ApiToken) -> None:
    revoke_token(token)


def change_password(user: User, token: ApiToken) -> None:
    user.set_password("another one 1234")
    user.save()


def leave_group(user: User, token: ApiToken) -> None:
    user.groups.remove(Group.objects.get(name="operators"))


ENDINGS = [
    (demote, 403),
    (leave_group, 403),
    (disable, 401),
    (delete, 401),
    (revoke, 401),
    (change_password, 401),
]


@pytest.mark.invariant("A5")
@pytest.mark.parametrize(("end", "status"), ENDINGS, ids=lambda part: getattr(part, "__name__", ""))
def test_the_next_request_knows(
    openai: Provider,
    end: Callable[[User, ApiToken], None],
    status: int,
    figure: Callable[..., None],
) -> None:
    path = f"{MODELS}/{make_llm(provider=openai).pk}"
    user = make_user(staff=True, groups=["operators"])
    token, text = make_token(user, scopes=scopes_open_to(user))
    caller = Api(Authorization=f"Bearer {text}")
    assert caller.patch(path, {"name": "Before"}).status_code == 200

    with stopwatch() as watch:
        end(user, token)
        answer = caller.patch(path, {"name": "After"})

    assert answer.status_code == status
    assert watch.seconds <= 1
    figure(ending=end.__name__, seconds=round(watch.seconds, 3))


@pytest.mark.invariant("A5")
def test_a_token_ends_with_its_date(catalogue: None) -> None:
    ends = timezone.now() + timedelta(hours=1)
    _token, text = make_token(make_user(), expires_at=ends)
    caller = Api(Authorization=f"Bearer {text}")

    with time_machine.travel(ends - timedelta(seconds=1)):
        before = caller.get("/api/v1/models/ner").status_code
    with time_machine.travel(ends + timedelta(seconds=1)):
        after = caller.get("/api/v1/models/ner").status_code

    assert (before, after) == (200, 401)


@pytest.mark.invariant("A5")
@pytest.mark.django_db
@pytest.mark.parametrize("scope", ["admin:read", "admin:write"])
def test_nobody_mints_a_wider_token_than_himself(scope: str) -> None:
    user = make_user()

    with pytest.raises(NotPermittedError) as refused:
        create_token(user, application="x", scopes=["catalogue:read", scope])

    assert refused.value.status == 403
    assert not ApiToken.objects.exists()


@pytest.mark.invariant("A5")
@pytest.mark.django_db
def test_nobody_mints_or_revokes_a_token_of_somebody_else() -> None:
    eve, ada = make_user("eve", staff=True), make_user("ada", superuser=True)
    token, _text = make_token(ada)

    with context.use(source="api", actor=eve):
        with pytest.raises(NotPermittedError):
            create_token(ada, application="x", scopes=["catalogue:read"])
        with pytest.raises(NotPermittedError):
            revoke_token(token)

    assert list(ApiToken.objects.all()) == [token]
