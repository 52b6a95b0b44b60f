"""One's own tokens: made, shown once, and revoked."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.contrib.auth.models import Permission

from registry.models import ApiToken
from registry.services.tokens import find_token, scopes_open_to
from tests.factories import make_token, make_user
from tests.roles.pages.visiting import Visit
from tests.trail import written

pytestmark = pytest.mark.django_db

TEXT = re.compile(r"reg_[\w-]{43}")


def test_a_token_is_made_shown_once_and_works() -> None:
    visit = Visit()
    with written() as events:
        visit.fill("add-token", application="notebook", scopes=["roles:read", "roles:write"])

    (text,) = set(TEXT.findall(visit.answer.content.decode()))
    assert "no-store" in visit.answer["Cache-Control"]
    assert events.names == ["token_created"]
    token = find_token(text)
    assert token is not None
    assert token.user == visit.user
    assert token.scope_set == {"roles:read", "roles:write"}
    for page in ("tokens", "add-token", "overview"):
        assert not TEXT.findall(visit.open(page).answer.content.decode())


def test_sending_the_form_again_makes_no_second_token() -> None:
    visit = Visit()
    sent = {
        "application": "notebook",
        "scopes": "roles:read",
        "last_day": "2099-01-01",
        "form_id": str(uuid.uuid4()),
    }
    visit.post("add-token", **sent)
    visit.post("add-token", **sent)

    assert "This form was sent before" in visit.text
    assert ApiToken.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("application", ""),
        ("scopes", ""),
        ("scopes", "admin:write"),
        ("scopes", "secrets:resolve"),
        ("scopes", "roles:resolve_for_user"),
        ("scopes", "availability:report"),
        ("last_day", "2001-01-01"),
        ("last_day", "never"),
    ],
)
def test_what_is_wrong_stands_at_its_field(field: str, value: str) -> None:
    visit = Visit()
    visit.fill("add-token", **{"application": "notebook", "scopes": "roles:read", field: value})

    assert list(visit.errors()) == [field]
    assert not ApiToken.objects.exists()


def test_the_last_day_of_the_calendar_is_no_error_of_ours() -> None:
    visit = Visit()
    visit.fill("add-token", application="notebook", scopes="roles:read", last_day="9999-12-31")
    assert visit.status == 200


def test_whoever_may_reveal_keys_is_offered_that() -> None:
    user = make_user()
    user.user_permissions.add(Permission.objects.get(codename="reveal_key"))
    visit = Visit(user)

    visit.fill("add-token", application="notebook", scopes=["roles:read", "secrets:resolve"])

    assert ApiToken.objects.get().scope_set == {"roles:read", "secrets:resolve"}


@pytest.mark.parametrize(
    "user", [{}, {"groups": ["reporters"]}, {"superuser": True}], ids=["anybody", "reporter", "all"]
)
def test_what_is_offered_can_be_had(user: dict[str, Any]) -> None:
    visit = Visit(make_user(**user))
    visit.open("add-token")
    offered = [value for value, _label in visit.answer.context["form"].fields["scopes"].choices]

    visit.fill("add-token", application="notebook", scopes=offered)

    assert offered == scopes_open_to(visit.user)
    assert ApiToken.objects.get().scope_set == set(offered)


def test_a_token_that_only_writes_has_no_address_to_try() -> None:
    visit = Visit()
    visit.fill("add-token", application="notebook", scopes="roles:write")
    assert "curl" not in visit.text

    visit.fill("add-token", application="notebook", scopes=["roles:read", "roles:write"])
    assert visit.text.rpartition(" ")[0].endswith("http://testserver/api/v1/roles All")


def test_a_revoked_token_is_refused() -> None:
    visit = Visit()
    token, text = make_token(visit.user, scopes=["roles:read"], application="notebook")

    assert "is refused from its next request on" in visit.open("revoke-token", token.pk).text
    assert find_token(text) is not None
    with written() as events:
        visit.post("revoke-token", token.pk)

    assert find_token(text) is None
    assert events.names == ["token_revoked"]
    assert "The token of notebook is revoked." in visit.text


def test_another_s_token_is_not_there_even_for_a_superuser() -> None:
    token, text = make_token(make_user(), scopes=["roles:read"])
    visit = Visit(make_user(superuser=True))

    assert visit.open("revoke-token", token.pk).status == 404
    assert visit.post("revoke-token", token.pk).status == 404
    assert find_token(text) is not None
    assert "tests" not in [node.text() for node in visit.open("tokens").page.find("th")]
