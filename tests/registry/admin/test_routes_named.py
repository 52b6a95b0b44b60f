"""Who may do what on the routes' pages, and the other pages that name routes."""

from __future__ import annotations

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registry.models import LLMModel, Platform, Route
from registry.services.llms import save_llm
from registry.services.platforms import save_platform
from registry.types import LLMChange
from tests.factories import (
    make_connection,
    make_llm,
    make_platform,
    make_provider,
    make_route,
    make_user,
)
from tests.registry.admin.visits import Visitor
from tests.registry.admin.visits import of as of_llm
from tests.trail import written

pytestmark = pytest.mark.django_db

LIST = "/admin/registry/route/"
ADD = f"{LIST}add/"
SENT = {"_form_submitted": "True"}


class RouteVisitor(Visitor):
    landmark = "priority"


@pytest.fixture
def visitor() -> RouteVisitor:
    return RouteVisitor()


@pytest.fixture
def llm() -> LLMModel:
    return make_llm(slug="fast", name="Fast one", model_id="fast-1")


@pytest.fixture
def hub() -> Platform:
    return make_platform("hub", name="The Hub")


@pytest.fixture
def route(llm: LLMModel, hub: Platform) -> Route:
    return make_route(llm, hub)


def of(route: Route, page: str = "change") -> str:
    return reverse(f"admin:registry_route_{page}", args=[route.pk])


# Rights
# ----------------------------------------------------------------------------
@pytest.mark.invariant("A8")
def test_a_reader_changes_nothing_whatever_he_sends(route: Route) -> None:
    reader = Visitor(make_user(staff=True, groups=["readers"]))
    sent = SENT | {"priority": "9", "status": "inactive", "post": "yes", "own_input": "9"}
    ticked = {"action": "deactivate", "_selected_action": str(route.pk), "confirm": "yes"}

    with written() as events:
        for page in ("change", "delete", "change_priority", "change_status"):
            assert reader.client.post(of(route, page), sent).status_code == 403
        assert reader.client.post(ADD, {}).status_code == 403
        reader.client.post(LIST, ticked)

    assert events == []
    text = reader.open(of(route)).text
    assert "Save" not in text
    assert "None" not in text


@pytest.mark.invariant("A8")
def test_who_may_not_look_sees_nothing(route: Route) -> None:
    stranger = Visitor(make_user(staff=True))

    for page in (LIST, ADD, of(route), of(route, "delete"), of(route, "history")):
        assert stranger.client.get(page).status_code == 403


@pytest.mark.invariant("X1")
def test_names_never_become_markup(visitor: RouteVisitor, route: Route) -> None:
    attack = "<img src=x onerror=alert(1)>"
    route.llm.name, route.platform.name = attack, attack
    save_llm(route.llm, LLMChange(fields=frozenset({"name"})))
    save_platform(route.platform)
    visitor.fill(of(route), settings=f'{{"{attack}": "{attack}"}}')
    assert Route.objects.get().settings == {attack: attack}

    pages = [of(route, page) for page in ("change", "delete", "history", "change_priority")]
    for page in (LIST, *pages, of_llm(route.llm), of_llm(route.llm, "delete")):
        assert attack not in visitor.open(page).html


# A model's page, and what cannot be deleted
# ----------------------------------------------------------------------------
def test_a_models_page_lists_its_routes_as_they_are_tried(
    visitor: RouteVisitor, llm: LLMModel, hub: Platform
) -> None:
    make_route(llm, hub, priority=2)
    down = make_route(llm, make_platform("down", status="deprecated"), priority=1)
    make_route(llm, make_platform("edge"), priority=3, model_string_override="vendor/fast")
    make_route()

    visitor.open(of_llm(llm))

    rows = list(visitor.page.having("data-route"))
    assert [row.get("data-route") for row in rows] == ["fast@down", "fast@hub", "fast@edge"]
    assert ["tried first" in row.text() for row in rows] == [False, True, False]
    assert "(Deprecated)" in rows[0].text()
    assert "vendor/fast" in rows[2].text()
    assert of(down) in visitor.html
    assert f"{ADD}?llm={llm.pk}" in visitor.html


def test_a_model_without_routes_says_what_they_are_for(
    visitor: RouteVisitor, llm: LLMModel
) -> None:
    assert "No platform serves this model" in visitor.open(of_llm(llm)).text


def test_the_panel_costs_the_same_however_many_routes_there_are(
    visitor: RouteVisitor, llm: LLMModel
) -> None:
    counts = []
    for target in (2, 12):
        for number in range(Route.objects.count(), target):
            make_route(llm, make_platform(), connection=make_connection(llm.provider))
            assert Route.objects.count() == number + 1
        visitor.open(of_llm(llm))
        with CaptureQueriesContext(database) as captured:
            visitor.open(of_llm(llm))
        counts.append(len(captured))

    assert counts[0] == counts[1]


def test_who_may_not_add_routes_is_not_led_to_it(llm: LLMModel) -> None:
    reader = Visitor(make_user(staff=True, groups=["readers"]))

    assert f"{ADD}?llm=" not in reader.open(of_llm(llm)).html


@pytest.mark.parametrize("table", ["platform", "provider", "connection"])
def test_what_routes_use_is_not_deleted_and_names_them(
    visitor: RouteVisitor, llm: LLMModel, hub: Platform, table: str
) -> None:
    provider = make_provider()
    account = make_connection(provider)
    row = make_route(llm, hub, provider=provider, connection=account)
    used = {"platform": hub, "provider": provider, "connection": account}[table]
    page = reverse(f"admin:registry_{table}_delete", args=[used.pk])

    assert row.slug in visitor.open(page).text
    assert visitor.confirm_buttons() == []
    with written() as events:
        visitor.post(page, {"post": "yes"})

    assert visitor.status == 409
    assert events.only.event == f"{table}_delete_blocked"
    assert type(used)._default_manager.filter(pk=used.pk).exists()
