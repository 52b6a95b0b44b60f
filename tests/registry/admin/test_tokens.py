from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from registry.choices import Scope
from registry.models import ApiToken
from registry.services.tokens import find_token
from tests.factories import make_token, make_user
from tests.registry.admin.visitor import Visitor, errors
from tests.registry.api.client import Api
from tests.trail import written

pytestmark = pytest.mark.django_db
ADD = "registry_apitoken_add"
LIST = "registry_apitoken_changelist"
TOKEN = re.compile(r"reg_[A-Za-z0-9_-]{40,}")


def made(answer: Any) -> str:
    """Return the token that a page shows."""
    assert answer.status_code == 200
    found = TOKEN.search(answer.content.decode())
    assert found, answer.content.decode()[-2000:]
    return found[0]


def everything_stored() -> str:
    """Return all rows of all tables, sessions and messages included."""
    with connection.cursor() as cursor:
        rows = []
        for model in apps.get_models(include_auto_created=True):
            cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')
            rows += cursor.fetchall()
    return repr(rows)


@pytest.mark.invariant("S11")
def test_a_token_is_shown_once_and_stored_nowhere() -> None:
    visitor = Visitor()

    answer = visitor.submit(ADD, application="chatbot")

    text = made(answer)
    assert find_token(text) == ApiToken.objects.get()
    assert text not in everything_stored()
    assert text not in str(dict(visitor.client.session))
    assert text not in str(visitor.client.cookies)
    for page in (LIST, "index", "audit_logentry_changelist"):
        assert not TOKEN.search(visitor.get(page).content.decode())


@pytest.mark.invariant("S11")
def test_the_answer_with_the_token_is_kept_by_nobody() -> None:
    answer = Visitor().submit(ADD, application="chatbot")

    assert "no-store" in answer["Cache-Control"]
    assert "Location" not in answer


@pytest.mark.invariant("S11")
def test_a_reload_of_the_answer_shows_no_second_token() -> None:
    visitor = Visitor()
    form = visitor.form(ADD) | {"application": "chatbot"}
    made(visitor.post(ADD, **form))

    again = visitor.post(ADD, **form)

    assert not TOKEN.search(again.content.decode())
    assert "sent before" in str(errors(again))
    assert ApiToken.objects.count() == 1


def test_a_refused_form_can_be_sent_again() -> None:
    visitor = Visitor()
    form = visitor.form(ADD) | {"application": "chatbot"}
    yesterday = (timezone.localdate() - timedelta(days=1)).isoformat()
    refused = visitor.post(ADD, **form | {"last_day": yesterday})
    assert "expires_at" in str(errors(refused)) or "future" in str(errors(refused))

    made(visitor.post(ADD, **form))


def test_the_page_shows_how_to_use_the_token() -> None:
    answer = Visitor().submit(ADD, application="chatbot")

    body, text = answer.content.decode(), made(answer)
    line = f'curl -H "Authorization: Bearer {text}" http://testserver/api/v1/models/available'
    assert line in body
    assert "from openai import OpenAI" in body
    assert "from urllib.request import Request, urlopen" in body


def test_a_token_for_administration_reads_there() -> None:
    answer = Visitor().submit(ADD, application="sync", scopes=[Scope.ADMIN_READ.value])

    assert "http://testserver/api/v1/admin/models" in answer.content.decode()


def test_a_token_for_reports_reads_the_clients() -> None:
    visitor = Visitor()
    assert "availability:report" in visitor.get(ADD).content.decode()

    answer = visitor.submit(ADD, application="gateway", scopes=[Scope.AVAILABILITY_REPORT.value])

    text = made(answer)
    line = f'curl -H "Authorization: Bearer {text}" http://testserver/api/v1/clients'
    assert line in answer.content.decode()
    assert Api(Authorization=f"Bearer {text}").get("/api/v1/clients").status_code == 200


def test_a_token_lives_until_the_end_of_its_last_day() -> None:
    last = timezone.localdate() + timedelta(days=3)

    Visitor().submit(ADD, application="chatbot", last_day=last.isoformat())

    ends = timezone.localtime(ApiToken.objects.get().expires_at)
    assert ends.date() == last + timedelta(days=1)
    assert (ends.hour, ends.minute) == (0, 0)


def test_a_token_is_on_the_trail_without_its_text() -> None:
    visitor = Visitor()

    with written() as events:
        text = made(visitor.submit(ADD, application="chatbot"))

    assert events.names == ["token_created"]
    assert events.only.actor == visitor.user
    assert text not in repr(events.only.changes)


@pytest.mark.invariant("A5")
def test_nobody_makes_a_token_for_somebody_else() -> None:
    boss = make_user("boss", superuser=True)
    operator = Visitor(make_user(staff=True, groups=["operators"]))

    made(operator.submit(ADD, application="chatbot", user=str(boss.pk)))

    assert ApiToken.objects.get().user == operator.user


def test_a_superuser_may_choose_the_user() -> None:
    anna = make_user("anna")

    made(Visitor().submit(ADD, application="chatbot", user=str(anna.pk)))

    assert ApiToken.objects.get().user == anna


@pytest.mark.invariant("A5")
def test_no_scope_beyond_the_user() -> None:
    anna = make_user("anna")
    visitor = Visitor()

    answer = visitor.submit(
        ADD, application="chatbot", user=str(anna.pk), scopes=[Scope.ADMIN_WRITE.value]
    )

    assert "no staff member" in str(errors(answer)["scopes"])
    assert not ApiToken.objects.exists()


@pytest.mark.invariant("A4")
def test_an_unknown_scope_and_other_columns_are_refused() -> None:
    visitor = Visitor()

    refused = visitor.submit(ADD, application="chatbot", scopes=["everything"])
    made(visitor.submit(ADD, application="chatbot", digest="0" * 64, last_used_at="2026-01-01"))

    assert "scopes" in errors(refused)
    token = ApiToken.objects.get()
    assert token.digest != "0" * 64
    assert token.last_used_at is None


@pytest.mark.invariant("A8")
def test_making_tokens_needs_the_right() -> None:
    reader = Visitor(make_user(staff=True, permissions=["apitoken.view"]))

    assert reader.post(ADD, application="chatbot").status_code == 403
    assert not ApiToken.objects.exists()


def test_the_list_says_who_what_and_until_when() -> None:
    visitor = Visitor()
    make_token(visitor.user, application="chatbot", scopes=[Scope.CATALOGUE_READ.value])

    text = visitor.text(LIST)

    assert "chatbot" in text
    assert "Read the model lists" in text
    assert "in 11 months" in text
    assert "never" in text


@pytest.mark.invariant("A8")
def test_a_token_can_be_looked_at_and_not_changed() -> None:
    visitor = Visitor()
    token, _text = make_token(visitor.user, application="chatbot")

    text = visitor.text("registry_apitoken_change", token.pk)
    forged = visitor.post("registry_apitoken_change", token.pk, application="mine")

    token.refresh_from_db()
    assert "chatbot" in text
    assert token.digest not in visitor.get("registry_apitoken_change", token.pk).content.decode()
    assert forged.status_code == 403
    assert token.application == "chatbot"


@pytest.mark.invariant("A5")
def test_revoking_asks_and_then_ends_the_token() -> None:
    visitor = Visitor()
    token, text = make_token(visitor.user, application="chatbot")

    page = visitor.text("registry_apitoken_delete", token.pk)
    assert find_token(text) is not None
    with written() as events:
        answer = visitor.submit("registry_apitoken_delete", token.pk)

    assert "chatbot is refused from its next request on" in page
    assert answer["Location"] == reverse(f"admin:{LIST}")
    assert find_token(text) is None
    assert events.names == ["token_revoked"]


@pytest.mark.invariant("A8")
def test_nobody_but_a_superuser_revokes_foreign_tokens() -> None:
    token, _text = make_token(make_user("boss", superuser=True))
    operator = Visitor(make_user(staff=True, groups=["operators"]))

    answer = operator.post("registry_apitoken_delete", token.pk, post="yes")

    assert answer.status_code == 403
    assert ApiToken.objects.filter(pk=token.pk).exists()
