"""All pages together: who opens them, and what none of them shows."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from registry.models import ApiToken
from registry.services.accounts import require_password_change
from tests.factories import API_KEY, make_token, make_user
from tests.roles.factories import (
    fill,
    make_account,
    make_claude,
    make_gemini,
    make_host,
    make_local,
    make_login,
    make_person,
    provider_of,
)
from tests.roles.pages.visiting import Visit

pytestmark = pytest.mark.django_db

Place = tuple[str, tuple[Any, ...]]
LISTS: tuple[Place, ...] = (
    *(("overview", ()), ("roles", ()), ("models", ()), ("hosts", ()), ("accounts", ())),
    *(("tokens", ()), ("password", ()), ("add-host", ()), ("add-account", ()), ("add-login", ())),
    *(("add-local", ()), ("add-cloud", ()), ("add-token", ()), ("role", ("chat",))),
)


def own_places(user: User) -> list[Place]:
    """Give a person one of everything, and return the pages about that."""
    for slug in ("openai-compatible", "gemini", "anthropic"):
        provider_of(slug)
    host, account, login = make_host(user), make_account(user), make_login(user)
    llms = [make_local(user, host), make_gemini(user, account), make_claude(user, login)]
    fill(user, llms[0])
    token, _text = make_token(user, scopes=["roles:read"])
    found: list[Place] = []
    for section, row in (("hosts", host), ("accounts", account), ("accounts", login)):
        found += [("connection", (section, row.pk)), ("remove-connection", (section, row.pk))]
    found += [("host-models", ("hosts", host.pk)), ("host-models", ("accounts", account.pk))]
    for llm in llms:
        found += [("model", (llm.pk,)), ("remove-model", (llm.pk,))]
    return [*found, ("revoke-token", (token.pk,))]


def actions(places: list[Place]) -> list[Place]:
    """Return what is only sent: tests, and the switch of a model."""
    found: list[Place] = []
    for name, args in places:
        if name == "connection":
            found.append(("test-connection", args))
        if name == "model":
            found += [("test-model", args), ("model-status", args)]
    return found


def test_whoever_is_logged_in_opens_every_page_of_his_own() -> None:
    visit = Visit(make_person())
    for name, args in [*LISTS, *own_places(visit.user)]:
        assert visit.open(name, *args).status == 200, name


def test_nobody_opens_one_without_a_login_and_is_led_back_after_it() -> None:
    user = make_person("anna")
    client = Client()
    for name, args in [*LISTS, *own_places(user)]:
        address = reverse(f"my:{name}", args=args)
        answer = client.get(address)
        assert answer.status_code == 302, name
        assert answer["Location"] == reverse("my:login", query={"next": address})


def test_what_is_anothers_is_not_there() -> None:
    places = own_places(make_person("anna"))
    for visitor in (make_person("ben"), make_user("carl", superuser=True)):
        visit = Visit(visitor)
        for name, args in places:
            assert visit.open(name, *args).status == 404, name
            assert visit.post(name, *args).status == 404, name
        for name, args in actions(places):
            assert visit.post(name, *args).status == 404, name
    assert ApiToken.objects.count() == 1


def test_a_record_stands_in_its_own_section_only() -> None:
    visit = Visit(make_person())
    host, account = make_host(visit.user), make_account(visit.user)

    assert visit.open("connection", "accounts", host.pk).status == 404
    assert visit.open("connection", "hosts", account.pk).status == 404
    assert visit.open("host-models", "accounts", host.pk).status == 404


def test_no_page_shows_a_key_or_a_piece_of_it() -> None:
    visit = Visit(make_person())
    for name, args in [*LISTS, *own_places(visit.user)]:
        html = visit.open(name, *args).answer.content.decode()
        assert API_KEY not in html, name
        assert API_KEY[:6] not in html, name
        assert API_KEY[-6:] not in html, name


def test_pages_have_no_script_of_their_own_and_are_kept_nowhere() -> None:
    visit = Visit(make_person())
    for name, args in [*LISTS, *own_places(visit.user)]:
        answer = visit.open(name, *args).answer
        html = answer.content.decode()
        assert "script-src 'self'" in answer["Content-Security-Policy"]
        assert not re.search(r"<script(?![^>]*\ssrc=)|\son\w+=|javascript:", html), name
        assert "no-store" in answer["Cache-Control"]


def test_what_changes_something_is_not_done_by_a_link() -> None:
    visit = Visit(make_person())
    places = own_places(visit.user)
    for name, args in [*actions(places), ("logout", ())]:
        assert visit.open(name, *args).status == 405, name
    for name, args in places:
        visit.open(name, *args)
    assert visit.user.llms.count() == 3
    assert visit.user.connections.count() == 3
    assert visit.user.role_slots.count() == 1


def test_a_form_without_its_csrf_token_is_refused() -> None:
    user = make_person()
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    for name, args in [("add-host", ()), *own_places(user), ("password", ()), ("login", ())]:
        assert client.post(reverse(f"my:{name}", args=args)).status_code == 403, name
    assert user.llms.count() == 3


def test_whose_password_is_due_changes_it_first() -> None:
    visit = Visit(make_user("anna", password="Quite-Long-77-Word"))
    require_password_change(visit.user)

    for name, args in LISTS:
        if name != "password":
            answer = visit.open(name, *args).answer
            assert (answer.status_code, answer["Location"]) == (302, "/my/password/"), name
    assert visit.open("password").status == 200


def test_a_query_with_a_nul_is_refused_and_other_nonsense_ignored() -> None:
    visit = Visit()
    assert visit.open("models", p="\0").status == 400
    assert visit.open("models", p="x" * 500).status == 200
    assert visit.open("targets", page="99999999999999999999", term="é x").status == 200


def test_every_empty_list_says_what_to_do_next() -> None:
    visit = Visit()
    for name, link in (
        ("overview", "add-host"),
        ("hosts", "add-host"),
        ("accounts", "add-account"),
        ("models", "add-host"),
        ("tokens", "add-token"),
    ):
        (state,) = visit.open(name).empty_states()
        assert any(node.get("href") == reverse(f"my:{link}") for node in state.having("href")), name


def test_an_unknown_page_leads_back_here() -> None:
    html = Visit().client.get("/my/nothing/").content.decode()
    assert 'href="/my/"' in html


def test_the_short_address_leads_here() -> None:
    assert Client().get("/my")["Location"] == "/my/"
