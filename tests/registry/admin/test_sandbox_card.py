"""The first page offers the sandbox where it is registered, and one click removes it."""

from __future__ import annotations

import pytest
from django.urls import reverse

from registry.models import Connection, LLMModel, Provider
from registry.services import sandbox
from tests.factories import make_knowledge_base, make_llm, make_user
from tests.registry.admin.tested import ASKED, has, marked
from tests.registry.admin.visits import Visitor, of

pytestmark = pytest.mark.django_db

REMOVE = "/admin/registry/provider/sandbox/remove/"
RIGHTS = ("llmmodel.view", "llmmodel.delete", "provider.delete", "connection.delete")


@pytest.fixture
def installed() -> None:
    assert sandbox.install()


@pytest.fixture
def visitor() -> Visitor:
    return Visitor(make_user(staff=True, permissions=RIGHTS))


def test_the_card_leads_to_the_sandboxs_models(installed: None, visitor: Visitor) -> None:
    card = marked(visitor.open("/admin/").page, "sandbox")

    assert "try everything without a key" in card.text()
    links = [node.get("href") for node in card.find("a")]
    assert {f"{of(llm)}#tests" for llm in LLMModel.objects.all()} <= set(links)
    assert reverse("admin:registry_llmmodel_changelist", query={"provider": "sandbox"}) in links


def test_without_a_sandbox_there_is_no_card(visitor: Visitor) -> None:
    make_llm()

    assert not has(visitor.open("/admin/").page, "sandbox")


def test_opening_the_dialog_removes_nothing(installed: None, visitor: Visitor) -> None:
    visitor.open(REMOVE)

    assert "Remove the sandbox?" in visitor.text
    assert sandbox.is_installed()


def test_one_click_removes_it(installed: None, visitor: Visitor) -> None:
    visitor.post(REMOVE, ASKED)

    assert "The sandbox is removed." in visitor.text
    assert not Provider.objects.exists()
    assert not LLMModel.objects.exists()
    assert not Connection.objects.exists()
    assert not has(visitor.page, "sandbox")


def test_a_second_click_says_that_it_is_gone(visitor: Visitor) -> None:
    answer = visitor.client.post(REMOVE, ASKED, headers={"HX-Request": "true"})

    assert answer["HX-Redirect"] == "/admin/"
    assert "There is no sandbox any more." in visitor.open("/admin/").text


def test_what_stands_in_the_way_is_named(installed: None, visitor: Visitor) -> None:
    llm = LLMModel.objects.get(model_id="sandbox-embed")
    make_knowledge_base("Handbook", embedding_model=llm)

    page = visitor.post(REMOVE, ASKED, **{"HX-Request": "true"})
    assert "Nothing was changed on Sandbox" in page.text
    assert "Handbook" in page.text

    assert "Handbook" in visitor.post(REMOVE, ASKED).text
    assert sandbox.is_installed()


@pytest.mark.invariant("A8")
@pytest.mark.parametrize("missing", RIGHTS[1:])
def test_each_right_to_delete_is_needed(missing: str, installed: None) -> None:
    visitor = Visitor(make_user(staff=True, permissions=[r for r in RIGHTS if r != missing]))

    assert REMOVE not in visitor.open("/admin/").html
    assert has(visitor.page, "sandbox")
    assert visitor.client.post(REMOVE, ASKED).status_code == 403
    assert sandbox.is_installed()
