"""The routes' pages under bad input."""

from __future__ import annotations

from itertools import product

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.tracking import unaudited
from registry.choices import PriceSource
from registry.models import LLMModel, Platform, Price, Route
from tests.factories import (
    make_connection,
    make_llm,
    make_platform,
    make_price,
    make_route,
    make_user,
)
from tests.registry.admin.visits import Visitor
from tests.subcases import case
from tests.trail import changes, written

pytestmark = pytest.mark.django_db

LIST = "/admin/registry/route/"
ADD = f"{LIST}add/"
SENT = {"_form_submitted": "True"}


class RouteVisitor(Visitor):
    landmark = "priority"

    def errors(self) -> set[str]:
        """Return the fields of the form that came back at which something stands."""
        assert self.status == 200
        return set(self.answer.context["adminform"].form.errors)


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


# List
# ----------------------------------------------------------------------------
QUERIES = (
    {"status": "asleep"},
    {"status": "'; DROP TABLE registry_route"},
    {"llm__id__exact": "no uuid"},
    {"platform__id__exact": "99999999999999999999"},
    {"platform__id__exact": "a" * 50_000},
    {"provider__id__exact": "-1"},
    {"q": "%_" * 200},
    {"o": "999.-999.x"},
    {"p": "99999999999999999999"},
)


def test_no_query_breaks_a_list(
    subtests: pytest.Subtests, visitor: RouteVisitor, route: Route
) -> None:
    own = {"platform": ("platform", "providers"), "provider": ("platform", "platforms")}

    for table, query in product(("route", "platform", "provider"), QUERIES):
        old, new = own.get(table, ("", ""))
        asked = {name.replace(old, new, 1) if old else name: text for name, text in query.items()}
        with case(subtests, table=table, asked=asked):
            answer = visitor.client.get(f"/admin/registry/{table}/", asked, follow=True)

            assert answer.status_code in (200, 400)


@pytest.mark.parametrize(
    "look_up", ["llm__connection__api_key", "connection__origin", "settings", "priority__gt"]
)
def test_no_other_column_can_be_asked(visitor: RouteVisitor, route: Route, look_up: str) -> None:
    assert visitor.client.get(LIST, {look_up: "1"}).status_code == 400


def test_routes_of_a_persons_own_model_are_not_the_organisations(
    visitor: RouteVisitor, route: Route
) -> None:
    route.llm.owner = make_user()
    unaudited(LLMModel.objects.all()).update(owner=route.llm.owner)

    assert of(route) not in visitor.open(LIST).html
    assert visitor.client.get(of(route)).status_code == 302


@pytest.mark.invariant("X4")
@pytest.mark.parametrize("query", [{}, {"status": "active"}, {"q": "model"}])
def test_the_list_costs_the_same_at_20_and_at_200(
    visitor: RouteVisitor, query: dict[str, str]
) -> None:
    counts = []
    for target in (20, 200):
        _fill_up(target)
        visitor.open(LIST, **query)
        with CaptureQueriesContext(database) as captured:
            visitor.open(LIST, **query)
        counts.append(len(captured))

    assert counts[0] == counts[1]
    assert counts[1] <= 12


def _fill_up(target: int) -> None:
    """Add routes until there are `target`: ten each of a model over a platform."""
    for number in range(Route.objects.count(), target, 10):
        llm, platform = make_llm(), make_platform()
        rows = [
            Route(
                slug=f"r{number + place}@{platform.slug}",
                llm=llm,
                platform=platform,
                provider=llm.provider,
                priority=place + 1,
            )
            for place in range(10)
        ]
        unaudited(Route.objects.all()).bulk_create(rows)


def test_rows_are_not_deleted_from_the_list(visitor: RouteVisitor, route: Route) -> None:
    """The list's own deletion would pass the service by."""
    ticked = {"action": "delete_selected", "_selected_action": str(route.pk), "post": "yes"}

    visitor.post(LIST, ticked)

    assert Route.objects.filter(pk=route.pk).exists()


# Form
# ----------------------------------------------------------------------------
REFUSED: tuple[tuple[dict[str, str], str], ...] = (
    ({"slug": "No Slug"}, "slug"),
    ({"priority": "0"}, "priority"),
    ({"priority": "1.5"}, "priority"),
    ({"priority": str(2**63)}, "priority"),
    ({"priority": ""}, "priority"),
    ({"status": "asleep"}, "status"),
    ({"platform": ""}, "platform"),
    ({"platform": "x"}, "platform"),
    ({"endpoint_override": "ftp://x.example"}, "endpoint_override"),
    ({"model_string_override": "a b"}, "model_string_override"),
    ({"model_string_override": "x" * 50_000}, "model_string_override"),
    ({"success_rate": "1.5"}, "success_rate"),
    ({"success_rate": "NaN"}, "success_rate"),
    ({"avg_latency_ms": "-1"}, "avg_latency_ms"),
    ({"settings": "[]"}, "settings"),
    ({"settings": '{"a"'}, "settings"),
    ({"settings": '{"a": NaN}'}, "settings"),
    ({"own_input": "-1"}, "own_input"),
    ({"own_input": "NaN"}, "own_input"),
    ({"own_input": "0.0000000001"}, "own_input"),
    ({"own_output": "1" * 40}, "own_output"),
)


def test_a_refused_value_stands_at_its_field(
    subtests: pytest.Subtests, visitor: RouteVisitor, route: Route
) -> None:
    for typed, field in REFUSED:
        with case(subtests, typed=typed):
            with written() as events:
                visitor.fill(of(route), **typed)

            assert events == []
            assert visitor.errors() == {field}


def test_an_account_of_another_provider_is_refused_at_its_field(
    visitor: RouteVisitor, route: Route
) -> None:
    visitor.fill(of(route), connection=str(make_connection().pk))

    assert visitor.errors() == {"connection"}


def test_a_persons_own_model_is_refused_at_its_field(visitor: RouteVisitor, hub: Platform) -> None:
    own = make_llm(owner=make_user())

    visitor.fill(ADD, llm=str(own.pk), platform=str(hub.pk))

    assert visitor.errors() == {"llm"}
    assert not Route.objects.exists()


def test_an_emptied_field_of_settings_is_no_settings(visitor: RouteVisitor, route: Route) -> None:
    visitor.fill(of(route), settings='{"region": "eu"}')
    assert Route.objects.get().settings == {"region": "eu"}

    visitor.fill(of(route), settings=None)

    assert Route.objects.get().settings == {}


def test_who_leaves_the_price_alone_makes_none_his_own(visitor: RouteVisitor, route: Route) -> None:
    make_price(route.llm, "1.5", route=route, source=PriceSource.SYNC)

    with written() as events:
        visitor.fill(of(route), priority="7")
        visitor.fill(of(route))

    assert changes(events.only) == {"priority": [1, 7]}
    assert Price.objects.get().source == PriceSource.SYNC


@pytest.mark.parametrize("preset", ["x", "'", "00000000-0000-0000-0000-000000000000", "a" * 5000])
def test_a_preset_that_is_no_model_leaves_an_empty_form(visitor: RouteVisitor, preset: str) -> None:
    assert visitor.open(ADD, llm=preset).status == 200


def test_the_forms_list_no_table_whole(visitor: RouteVisitor, route: Route) -> None:
    """Links are looked up as they are typed: with 5,000 models the page stays small."""
    make_llm(name="Not to be seen")
    make_platform("nor-this")

    for page in (ADD, of(route)):
        html = visitor.open(page).html
        assert "Not to be seen" not in html
        assert "nor-this" not in html


@pytest.mark.parametrize("name", ["change_priority", "change_status"])
def test_opening_a_dialog_changes_nothing(visitor: RouteVisitor, route: Route, name: str) -> None:
    with written() as events:
        visitor.open(of(route, name))

    assert events == []
    assert len(visitor.confirm_buttons()) == 1


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        *(("change_priority", {"priority": text}) for text in ("0", "-1", "x", "1.5", "")),
        ("change_priority", {"priority": str(2**63)}),
        ("change_priority", {}),
        ("change_status", {"status": "asleep"}),
        ("change_status", {}),
    ],
)
def test_a_dialog_refuses_what_the_form_would(
    visitor: RouteVisitor, route: Route, name: str, typed: dict[str, str]
) -> None:
    with written() as events:
        visitor.post(of(route, name), SENT | typed)

    assert events == []
    assert visitor.status < 500
