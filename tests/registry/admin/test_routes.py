"""The routes' pages: list, form, dialogs and what is done to many."""

from __future__ import annotations

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from registry.choices import RouteStatus
from registry.models import LLMModel, Platform, Price, Route
from tests.cases import pages
from tests.factories import (
    make_llm,
    make_platform,
    make_price,
    make_provider,
    make_route,
    make_user,
)
from tests.registry.admin.visitor import Visitor, errors
from tests.trail import changes, written

pytestmark = pytest.mark.django_db

LIST = "registry_route_changelist"
CHANGE = "registry_route_change"
ADD = "registry_route_add"
SENT = {"_form_submitted": "True"}  # what a dialog sends along


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


def listed(visitor: Visitor, **query: str) -> list[str]:
    """Return the slugs that the list shows, in its order."""
    answer = visitor.get(LIST, **query)
    assert answer.status_code == 200, answer.status_code
    return [row.slug for row in answer.context["cl"].result_list]


# List
# ----------------------------------------------------------------------------
def test_the_list_says_what_a_route_is_worth(visitor: Visitor, llm: LLMModel) -> None:
    make_price(llm, "2.5")
    make_price(llm, "10", unit="output")
    make_route(llm, make_platform("a"), priority=7, success_rate=0.987, avg_latency_ms=420)
    dear = make_route(llm, make_platform("b"), status=RouteStatus.MAINTENANCE)
    make_price(llm, "3", route=dear)

    text = visitor.text(LIST)

    for part in ("fast@a", "fast@b", "98.7%", "420 ms", "unknown", "Maintenance"):
        assert part in text
    assert "$2.50 / $10.00, list price" in text
    assert "$3.00 / $10.00, its own" in text


def test_the_list_is_filtered_and_searched(visitor: Visitor, llm: LLMModel, hub: Platform) -> None:
    other = make_llm(name="Slow", slug="slow")
    make_route(llm, hub)
    make_route(other, hub, status=RouteStatus.INACTIVE)
    far = make_route(other, make_platform("far"), provider=make_provider("reseller"))

    for query, wanted in (
        ({}, ["fast@hub", "slow@far", "slow@hub"]),
        ({"status": "inactive"}, ["slow@hub"]),
        ({"platform__id__exact": str(hub.pk)}, ["fast@hub", "slow@hub"]),
        ({"provider__id__exact": str(far.provider_id)}, ["slow@far"]),
        ({"llm__id__exact": str(llm.pk)}, ["fast@hub"]),
        ({"q": "Slow"}, ["slow@far", "slow@hub"]),
        ({"q": "fast-1"}, ["fast@hub"]),
    ):
        assert listed(visitor, **query) == wanted, query


@pytest.mark.invariant("X4")
def test_the_list_costs_the_same_whatever_it_shows(visitor: Visitor, llm: LLMModel) -> None:
    assert queries(visitor, llm, 2) == queries(visitor, llm, 12)


def queries(visitor: Visitor, llm: LLMModel, number: int) -> int:
    while Route.objects.count() < number:
        make_route(llm, make_platform())
    listed(visitor)
    with CaptureQueriesContext(database) as captured:
        listed(visitor)
    return len(captured)


# Form
# ----------------------------------------------------------------------------
def test_a_route_is_added_with_prices_of_its_own(
    visitor: Visitor, llm: LLMModel, hub: Platform
) -> None:
    with written() as events:
        answer = visitor.submit(
            ADD, llm=str(llm.pk), platform=str(hub.pk), own_input="1.25", settings="{}"
        )

    assert answer.status_code == 302, errors(answer)
    route = Route.objects.get()
    assert (route.slug, route.provider, route.priority) == ("fast@hub", llm.provider, 1)
    assert (str(route.input_cost.normalize()), route.output_cost) == ("1.25", None)
    assert "route_created" in events.names


def test_the_model_of_the_address_is_chosen_already(visitor: Visitor, llm: LLMModel) -> None:
    page = visitor.node(ADD, llm=str(llm.pk))

    form = pages.form_with(page, "llm")
    assert form is not None
    assert pages.values(form)["llm"] == [str(llm.pk)]


def test_what_is_wrong_stands_at_its_field(visitor: Visitor, llm: LLMModel, hub: Platform) -> None:
    make_route(llm, hub)

    answer = visitor.submit(
        ADD,
        llm=str(llm.pk),
        platform=str(hub.pk),
        endpoint_override="ftp://x",
        priority="1",
        settings="{}",
    )

    assert set(errors(answer)) == {"slug", "endpoint_override"}
    assert Route.objects.count() == 1


@pytest.mark.parametrize("typed", ["-1", "NaN", "1e400", "0.0000000001", "x"])
def test_a_price_that_cannot_be_is_refused(
    visitor: Visitor, llm: LLMModel, hub: Platform, typed: str
) -> None:
    answer = visitor.submit(
        ADD, llm=str(llm.pk), platform=str(hub.pk), own_input=typed, settings="{}"
    )

    assert "own_input" in errors(answer) or "input_cost" in str(errors(answer))
    assert not Route.objects.exists()


def test_only_what_was_typed_changes(visitor: Visitor, route: Route) -> None:
    make_price(route.llm, "3", route=route)

    with written() as events:
        visitor.submit(CHANGE, route.pk, model_string_override="Vendor/X")

    route.refresh_from_db()
    assert route.model_string == "Vendor/X"
    assert changes(events.only) == {"model_string_override": ["", "Vendor/X"]}
    assert Price.objects.count() == 1


def test_a_price_of_its_own_is_taken_back(visitor: Visitor, route: Route) -> None:
    make_price(route.llm, "3", route=route)

    visitor.submit(CHANGE, route.pk, own_input="")

    route.refresh_from_db()
    assert route.input_cost is None
    assert Price.objects.filter(route=route).count() == 2


def test_the_page_says_what_is_called(visitor: Visitor, route: Route) -> None:
    assert "fast-1 at https://hub.example/v1" in visitor.text(CHANGE, route.pk)


def test_a_stored_route_keeps_its_model(visitor: Visitor, route: Route) -> None:
    visitor.submit(CHANGE, route.pk, llm=str(make_llm().pk), priority="4")

    stored = Route.objects.get()
    assert (stored.llm, stored.priority) == (route.llm, 4)


def test_a_reader_sees_the_prices_and_changes_nothing(route: Route) -> None:
    make_price(route.llm, "3", route=route)
    reader = Visitor(make_user(staff=True, groups=["readers"]))

    page = reader.text(CHANGE, route.pk)

    assert "$3.00 / unknown, its own" in page
    assert reader.post(CHANGE, route.pk, priority="9").status_code == 403
    assert reader.get(ADD).status_code == 403
    assert Route.objects.get().priority == 1


def test_prices_are_entered_only_by_who_may(route: Route) -> None:
    rights = [f"{table}.view" for table in ("llmmodel", "platform", "provider", "connection")]
    clerk = Visitor(make_user(staff=True, permissions=[*rights, "route.view", "route.change"]))

    clerk.submit(CHANGE, route.pk, own_input="9", priority="2")

    route.refresh_from_db()
    assert (route.priority, route.input_cost) == (2, None)
    assert not Price.objects.exists()


# Dialogs, bulk and deletion
# ----------------------------------------------------------------------------
def test_the_priority_changes_in_a_dialog(visitor: Visitor, route: Route) -> None:
    other = make_route(route.llm, make_platform(), priority=3)

    with written() as events:
        visitor.post("registry_route_change_priority", route.pk, priority="3", **SENT)

    assert Route.objects.get(pk=route.pk).priority == 3
    assert Route.objects.get(pk=other.pk).revision == 1
    assert changes(events.only) == {"priority": [1, 3]}


@pytest.mark.parametrize("typed", ["0", "-1", "9223372036854775808", "1e5", "", "x"])
def test_a_priority_that_cannot_be_changes_nothing(
    visitor: Visitor, route: Route, typed: str
) -> None:
    answer = visitor.post("registry_route_change_priority", route.pk, priority=typed, **SENT)

    assert answer.status_code < 500
    assert Route.objects.get().priority == 1


def test_the_status_changes_in_a_dialog(visitor: Visitor, route: Route) -> None:
    visitor.post("registry_route_change_status", route.pk, status="maintenance", **SENT)

    assert Route.objects.get().status == RouteStatus.MAINTENANCE


@pytest.mark.parametrize(
    ("action", "status"),
    [("activate", "active"), ("deactivate", "inactive"), ("maintain", "maintenance")],
)
def test_many_routes_change_after_a_preview(
    visitor: Visitor, llm: LLMModel, action: str, status: str
) -> None:
    routes = [
        make_route(llm, make_platform(), status=value, slug=f"{value}@x")
        for value in RouteStatus.values
    ]
    ticked = {"action": action, ACTION_CHECKBOX_NAME: [str(route.pk) for route in routes]}

    preview = visitor.post(LIST, **ticked)
    before = set(Route.objects.values_list("status", flat=True))
    with written() as events:
        done = visitor.post(LIST, **ticked, confirm="yes")

    assert before == set(RouteStatus.values)
    assert "Will change: 2" in preview.content.decode()
    assert "3 routes are selected" in done.content.decode()
    assert set(Route.objects.values_list("status", flat=True)) == {status}
    assert events.names == ["route_updated"] * 2


def test_a_route_is_deleted_after_one_question(visitor: Visitor, route: Route) -> None:
    make_price(route.llm, "3", route=route)

    with written() as events:
        visitor.submit("registry_route_delete", route.pk)

    assert not Route.objects.exists()
    assert not Price.objects.exists()
    assert LLMModel.objects.exists()
    assert events.names == ["route_deleted"]
