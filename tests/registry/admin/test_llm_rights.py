"""Who has one right has that one: pages, dialogs and forged forms."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from registry.choices import LLMType
from registry.models import LLMModel
from tests.factories import API_KEY, make_connection, make_knowledge_base, make_llm, make_user
from tests.registry.admin.visits import ADD, LIST, Visitor, of
from tests.trail import written

pytestmark = [pytest.mark.django_db, pytest.mark.invariant("A8")]

SENT = {"_form_submitted": "True", "post": "yes", "confirm": "yes"}
VIEW, ADDING, CHANGE, DELETE = (
    f"llmmodel.{right}" for right in ("view", "add", "change", "delete")
)
READ = {CHANGE, VIEW}  # who may change may look

# Each page and dialog with the rights of which any one opens it.
PAGES: dict[str, set[str]] = {
    "": READ,
    "add/": {ADDING},
    "catalogue/": {ADDING},
    "choices/known/": {ADDING},
    "choices/models/": READ,
    "choices/fitting/": {DELETE},
    "choices/connections/": {"connection.view"},
    "{pk}/change/": READ,
    "{pk}/delete/": {DELETE},
    "{pk}/make_default/": {CHANGE},
    "{pk}/activate/": {CHANGE},
    "{pk}/deactivate/": {CHANGE},
    "{pk}/deprecate/": {CHANGE},
    "{pk}/duplicate/": {ADDING},
    "{pk}/remove/": {DELETE},
}
RIGHTS = (VIEW, ADDING, CHANGE, DELETE, "connection.view", "knowledgebase.change")


@pytest.mark.parametrize("right", RIGHTS)
def test_one_right_opens_its_pages_and_no_other(right: str, figure: Callable[..., None]) -> None:
    llm = make_llm()
    visitor = Visitor(None, right)

    opened = {
        page
        for page in PAGES
        if visitor.client.get(LIST + page.format(pk=llm.pk)).status_code in (200, 302)
    }

    assert opened == {page for page, rights in PAGES.items() if right in rights}
    figure(pages=len(PAGES), opened=len(opened))


@pytest.mark.parametrize("right", RIGHTS)
def test_one_right_writes_what_it_says_and_nothing_else(right: str) -> None:
    llm = make_llm(name="Stays")
    visitor = Visitor(None, right)
    form = {"name": "Forged", "model_id": "forged", "type": "generation", "api_key": API_KEY}
    form["provider"] = str(llm.provider_id)

    with written() as events:
        for page in PAGES:
            visitor.client.post(LIST + page.format(pk=llm.pk), SENT | form)
        for action in ("activate", "deactivate", "add_tag", "attach_connection", "delete_selected"):
            ticked = {"action": action, "_selected_action": str(llm.pk), "tag": "forged"}
            visitor.client.post(LIST, SENT | ticked)

    allowed = {
        ADDING: {"model_created"},
        CHANGE: {"model_updated", "model_set_default"},
        DELETE: {"model_deleted"},
    }
    assert {event.event for event in events if "model" in event.event} <= allowed.get(right, set())


@pytest.mark.parametrize("path", ["", "add/", "{pk}/change/", "{pk}/delete/", "{pk}/deprecate/"])
def test_without_a_login_every_page_leads_to_it(path: str) -> None:
    llm = make_llm()
    user = make_user()  # logged in, no staff
    visitor = Visitor(user)

    for client in (Client(), visitor.client):
        for method in (client.get, client.post):
            answer = method(LIST + path.format(pk=llm.pk))
            assert answer.status_code == 302
            assert answer.headers["Location"].startswith("/admin/login/")


def test_who_may_only_look_sees_values_and_no_controls(capabilities: None) -> None:
    llm = make_llm(LLMType.EMBEDDING, name="Seen", dimensions=1536)
    visitor = Visitor(None, VIEW).open(of(llm))

    assert visitor.status == 200
    assert "1536" in visitor.text
    assert llm.connection is not None
    assert llm.connection.key_hint in visitor.text
    main = [node for node in visitor.page.find("form") if node.get("id") == "llmmodel_form"]
    names = {node.get("name") for form in main for node in form.find("input", "select", "textarea")}
    assert names <= {"csrfmiddlewaretoken", "revision"}
    assert 'name="_save"' not in visitor.html


def test_who_may_only_look_sees_no_switch_and_no_actions() -> None:
    make_llm()
    visitor = Visitor(None, VIEW).open(LIST)

    assert 'role="switch"' not in visitor.html
    assert 'name="action"' not in visitor.html
    assert "/make_default/" not in visitor.html
    assert "/delete/" not in visitor.html
    assert "/catalogue/" not in visitor.html


def test_the_history_needs_the_right_to_the_trail() -> None:
    llm = make_llm()

    assert Visitor(None, VIEW).open(of(llm, "history")).status == 403
    assert Visitor(None, VIEW, "logentry.view").open(of(llm, "history")).status == 200
    assert Visitor(None, "logentry.view").open(of(llm, "history")).status == 403


def test_bases_are_no_links_for_who_may_not_open_them() -> None:
    llm = make_llm(LLMType.EMBEDDING)
    make_knowledge_base("Docs", embedding_model=llm)

    assert "/knowledgebase/" not in Visitor(None, VIEW).open(of(llm)).html


def test_a_copy_shows_nothing_to_who_may_not_look() -> None:
    llm = make_llm(name="Hidden name")

    visitor = Visitor(None, ADDING).open(ADD, copy=str(llm.pk))

    assert visitor.status == 200
    assert "Hidden name" not in visitor.html


def test_attaching_needs_the_right_to_see_connections() -> None:
    shared = make_connection()
    llm = make_llm(provider=shared.provider)
    ticked = {"action": "attach_connection", "_selected_action": str(llm.pk)}
    form = ticked | {"connection": str(shared.pk), "confirm": "yes"}

    Visitor(None, CHANGE, VIEW).post(LIST, form)
    llm.refresh_from_db()
    assert llm.connection != shared
    Visitor(None, CHANGE, VIEW, "connection.view").post(LIST, form)
    llm.refresh_from_db()
    assert llm.connection == shared


@pytest.mark.parametrize("field", ["owner", "is_default", "revision", "id", "created_at", "type"])
def test_columns_that_are_not_in_the_form_cannot_be_written(field: str) -> None:
    llm = make_llm()
    before = LLMModel.objects.values(field).get()
    other = make_user()
    forged = {"owner": str(other.pk), "is_default": "on", "revision": "999", "type": "ner"}

    Visitor().fill(of(llm), **{field: forged.get(field, "x")})

    assert LLMModel.objects.values(field).get() == before
