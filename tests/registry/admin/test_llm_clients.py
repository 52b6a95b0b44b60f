"""A model's page by the clients that serve it."""

from __future__ import annotations

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registry.admin.llm_clients import NAMED
from registry.models import LLMModel
from registry.services import clients
from tests.cases.pages import Node
from tests.factories import make_client, make_llm, make_user
from tests.registry.admin.visitor import Visitor

pytestmark = pytest.mark.django_db

CHANGE = "registry_llmmodel_change"


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


@pytest.fixture
def llm() -> LLMModel:
    return make_llm(model_id="Vendor/m-1")


def panel(visitor: Visitor, llm: LLMModel) -> Node:
    (found,) = (
        node
        for node in visitor.node(CHANGE, llm.pk).find("div")
        if node.get("id") == "panel-clients"
    )
    return found


def test_a_model_that_no_client_reports_says_so(visitor: Visitor, llm: LLMModel) -> None:
    make_client("c1", "vendor/m-1")  # another id: case counts

    text = panel(visitor, llm).text()

    assert "No client reports Vendor/m-1" in text
    assert "c1" not in text


def test_the_panel_says_who_can_serve_the_model(visitor: Visitor, llm: LLMModel) -> None:
    make_client("c1", "Vendor/m-1", "Vendor/m-1", provider="openai")
    other = make_client("c2", "Vendor/m-1", provider="azure")
    clients.suspend("c2", "Vendor/m-1", "manual")

    found = panel(visitor, llm)
    text = found.text()

    assert "2 seats are ready." in text
    assert "Providers: openai, azure." in text
    rows = {row.get("data-client"): row.text() for row in found.find("tr")}
    assert "Ready" in rows["c1"]
    for part in ("Suspended", "manual", "until resumed"):
        assert part in rows["c2"], part
    links = [link.get("href") for link in found.find("a")]
    assert reverse("admin:registry_client_change", args=[other.pk]) in links
    assert f"{reverse('admin:registry_client_changelist')}?model=Vendor%2Fm-1" in links


def test_a_model_over_quota_everywhere_comes_back_by_itself(
    visitor: Visitor, llm: LLMModel
) -> None:
    make_client("c1", "Vendor/m-1")
    clients.mark_quota("c1", "Vendor/m-1", retry_after=7200)

    text = panel(visitor, llm).text()

    assert "All its clients are over quota" in text
    assert "Ready again: in" in text


def test_a_suspended_model_waits_for_a_person(visitor: Visitor, llm: LLMModel) -> None:
    make_client("c1", "Vendor/m-1")
    clients.suspend("c1", "Vendor/m-1")

    assert "until one is resumed" in panel(visitor, llm).text()


def test_many_clients_are_counted_and_some_are_named(visitor: Visitor, llm: LLMModel) -> None:
    for _number in range(NAMED + 2):
        make_client("", "Vendor/m-1")

    text = panel(visitor, llm).text()

    assert "52 seats are ready." in text
    assert "and 2 more clients" in text


@pytest.mark.invariant("X4")
def test_the_page_costs_the_same_whatever_serves_the_model(visitor: Visitor, llm: LLMModel) -> None:
    counts = []
    for number in (1, 12):
        for _client in range(number):
            make_client("", "Vendor/m-1")
        visitor.get(CHANGE, llm.pk)
        with CaptureQueriesContext(database) as captured:
            visitor.get(CHANGE, llm.pk)
        counts.append(len(captured))

    assert counts[0] == counts[1]


def test_who_may_not_see_clients_has_no_such_panel(llm: LLMModel) -> None:
    make_client("c1", "Vendor/m-1")
    visitor = Visitor(make_user(staff=True, permissions=["llmmodel.view"]))

    assert "panel-clients" not in visitor.get(CHANGE, llm.pk).content.decode()
