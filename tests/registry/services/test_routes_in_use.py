"""In which order routes are tried, which are usable, and what they cost themselves."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from registry.choices import CatalogueStatus, RouteStatus
from registry.errors import StaleRevisionError
from registry.models import LLMModel, Platform, Price, Route
from registry.services.routes import save_route, set_priority, set_status
from registry.types import Change
from tests.factories import (
    make_llm,
    make_platform,
    make_price,
    make_route,
)
from tests.trail import changes, written

pytestmark = pytest.mark.django_db

PLAIN = Change(frozenset())


@pytest.fixture
def llm() -> LLMModel:
    return make_llm(slug="fast")


@pytest.fixture
def hub() -> Platform:
    return make_platform("hub")


def refused_fields(route: Route, **options: Any) -> set[str]:
    with pytest.raises(ValidationError) as refused:
        save_route(route, **options)
    return set(refused.value.message_dict)


# Priority and status
# ----------------------------------------------------------------------------
def test_the_others_keep_their_priorities(llm: LLMModel) -> None:
    first, second, third = (
        make_route(llm, priority=number, slug=f"r{number}") for number in (1, 2, 7)
    )

    set_priority(third, 1)

    assert dict(Route.objects.values_list("slug", "priority")) == {"r1": 1, "r2": 2, "r7": 1}
    assert [first.revision, second.revision] == [1, 1]


def test_a_priority_below_1_is_refused(llm: LLMModel) -> None:
    route = make_route(llm)

    with pytest.raises(ValidationError) as refused:
        set_priority(route, 0)

    assert set(refused.value.message_dict) == {"priority"}
    assert Route.objects.get().priority == 1


def test_a_priority_is_not_moved_by_who_saw_another(llm: LLMModel) -> None:
    with pytest.raises(StaleRevisionError):
        set_priority(make_route(llm), 2, expected_revision=9)


def test_routes_are_tried_by_priority_success_latency_and_name(llm: LLMModel) -> None:
    ranks: list[dict[str, Any]] = [
        {"priority": 1, "success_rate": 0.1},
        {"priority": 2, "success_rate": 0.9, "avg_latency_ms": 900},
        {"priority": 2, "success_rate": 0.8, "avg_latency_ms": 10},
        {"priority": 2, "success_rate": 0.8, "avg_latency_ms": 20},
        {"priority": 2, "success_rate": 0.8},
        {"priority": 2, "avg_latency_ms": 1},
        {"priority": 2, "slug": "y@hub"},
        {"priority": 2, "slug": "z@hub"},
    ]
    wanted = [make_route(llm, **columns).pk for columns in reversed(ranks)][::-1]

    assert [route.pk for route in Route.objects.in_order()] == wanted


def test_a_usable_route_is_active_over_a_platform_in_service(llm: LLMModel, hub: Platform) -> None:
    beta = make_platform(status=CatalogueStatus.BETA)
    gone = make_platform(status=CatalogueStatus.DEPRECATED)
    usable = {make_route(llm, hub), make_route(llm, beta)}
    make_route(llm, gone)
    off = make_route(llm, hub, slug="off@hub")
    set_status(off, RouteStatus.INACTIVE)

    assert set(Route.objects.usable()) == usable
    assert {route for route in Route.objects.with_links() if route.is_usable} == usable


def test_an_unknown_status_is_refused(llm: LLMModel) -> None:
    with pytest.raises(ValidationError) as refused:
        set_status(make_route(llm), "asleep")

    assert set(refused.value.message_dict) == {"status"}


# Prices of its own
# ----------------------------------------------------------------------------
def test_its_own_prices_come_with_it(llm: LLMModel, hub: Platform) -> None:
    make_price(llm, "3")

    with written() as found:
        route = save_route(Route(llm=llm, platform=hub), pricing={"input": Decimal("1.5")})

    assert (route.input_cost, route.output_cost) == (Decimal("1.5"), None)
    assert Price.objects.get(route=route).usd == Decimal("1.5")
    assert "route_created" in found.names
    llm.refresh_from_db()
    assert llm.input_cost == 3


def test_null_gives_the_list_price_back(llm: LLMModel, hub: Platform) -> None:
    route = save_route(Route(llm=llm, platform=hub), pricing={"input": Decimal(1)})
    before = route.revision

    with written() as found:
        save_route(route, PLAIN, pricing={"input": None})

    route.refresh_from_db()
    assert (route.input_cost, route.revision) == (None, before + 1)
    told = {f"pricing.input_cost@{route.slug}": ["1", None]}
    assert changes(found.named("model_updated")) == told
    assert found.names == ["model_updated"]
    assert Price.objects.filter(route=route).count() == 2


def test_the_same_price_is_no_change(llm: LLMModel, hub: Platform) -> None:
    route = save_route(Route(llm=llm, platform=hub), pricing={"input": Decimal(1)})

    with written() as found:
        save_route(route, PLAIN, pricing={"input": Decimal("1.00")})

    assert found == []
    assert Price.objects.count() == 1


def test_a_refused_price_writes_no_route(llm: LLMModel, hub: Platform) -> None:
    pricing = {"input": Decimal(-1), "output": Decimal("NaN")}

    fields = refused_fields(Route(llm=llm, platform=hub), pricing=pricing)

    assert fields == {"input_cost", "output_cost"}
    assert not Route.objects.exists()
