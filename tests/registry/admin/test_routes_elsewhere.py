"""Where routes are named beside their own pages."""

from __future__ import annotations

import pytest

from registry.models import LLMModel, Platform, Route
from tests.factories import (
    make_llm,
    make_platform,
    make_route,
)
from tests.registry.admin.visitor import Visitor, messages

pytestmark = pytest.mark.django_db

LIST = "registry_route_changelist"


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


@pytest.fixture
def llm() -> LLMModel:
    return make_llm(name="Fast", slug="fast", model_id="fast-1")


@pytest.fixture
def hub() -> Platform:
    return make_platform("hub")


@pytest.fixture
def route(llm: LLMModel, hub: Platform) -> Route:
    return make_route(llm, hub)


def test_the_page_of_a_model_names_its_routes_in_order(
    visitor: Visitor, llm: LLMModel, hub: Platform
) -> None:
    make_route(llm, make_platform("spare"), priority=2)
    make_route(llm, hub)

    page = visitor.node("registry_llmmodel_change", llm.pk)

    rows = [row.get("data-route") for row in page.having("data-route")]
    assert rows == ["fast@hub", "fast@spare"]
    (first,) = (row for row in page.having("data-route") if "tried first" in row.text())
    assert first.get("data-route") == "fast@hub"


def test_the_delete_page_of_a_model_names_the_routes_that_go_along(
    visitor: Visitor, route: Route
) -> None:
    page = visitor.node("registry_llmmodel_delete", route.llm.pk)

    assert "fast@hub" in page.text()
    assert len(list(page.having("data-confirm-button"))) == 1


def test_a_platform_with_routes_names_them_and_stays(visitor: Visitor, route: Route) -> None:
    hub = route.platform

    page = visitor.text("registry_platform_change", hub.pk)
    question = visitor.node("registry_platform_delete", hub.pk)
    answer = visitor.post("registry_platform_delete", hub.pk, post="yes")

    assert "fast@hub" in page
    assert "1 in the list" in page
    assert "fast@hub" in question.text()
    assert not list(question.having("data-confirm-button"))
    assert answer.status_code == 409
    assert Platform.objects.filter(pk=hub.pk).exists()


def test_the_lists_count_routes_and_lead_to_them(visitor: Visitor, route: Route) -> None:
    make_route(route.llm, route.platform, slug="second@hub")
    make_platform("empty")

    page = visitor.node("registry_platform_changelist")

    links = [link for link in page.find("a") if "route/?platform" in link.get("href")]
    assert sorted(link.text().strip() for link in links) == ["0", "2"]
    answers = [visitor.client.get(link.get("href")) for link in links]
    assert [answer.status_code for answer in answers] == [200, 200]


def test_the_palette_finds_routes_and_platforms(visitor: Visitor, route: Route) -> None:
    text = visitor.text("search", s="hub", extended="1")

    assert "fast@hub" in text
    assert "Platform" in text


def test_the_menu_leads_to_the_routes(visitor: Visitor, route: Route) -> None:
    assert "/admin/registry/route/" in visitor.get("index").content.decode()
    assert messages(visitor.get(LIST)) == []
