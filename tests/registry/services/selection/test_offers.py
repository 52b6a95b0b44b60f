"""Routes and costs: which route is first, and what a request comes to."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from registry.errors import NotFoundError, PriceUnknownError
from registry.models import LLMModel
from registry.services import selection
from registry.services.selection import Usage
from tests.factories import make_platform, make_price, make_route
from tests.registry.services.selection.catalogues import make

pytestmark = pytest.mark.django_db

REQUEST = Usage(1000, 1000)


def test_priority_then_success_then_latency_then_name_decide_the_route() -> None:
    llm = make("it")
    order: list[dict[str, Any]] = [
        {"priority": 1, "success_rate": 0.9},
        {"priority": 1, "success_rate": 0.8, "avg_latency_ms": 10},
        {"priority": 1, "success_rate": 0.8, "avg_latency_ms": 20},
        {"priority": 1, "success_rate": 0.8},
        {"priority": 1},
        {"priority": 2, "success_rate": 1.0},
    ]
    routes = [make_route(llm, **columns) for columns in reversed(order)]

    assert selection.fallback_chain(llm) == list(reversed(routes))
    assert selection.best_route(llm) == routes[-1]


def test_a_deprecated_model_has_no_best_route() -> None:
    llm = make("old", status="deprecated")
    make_route(llm)

    assert selection.best_route(llm) is None
    assert len(selection.fallback_chain(llm)) == 1


def test_availability_names_platforms_with_usable_routes() -> None:
    llm = make("it")
    up = make_route(llm, make_platform("up"))
    make_route(llm, make_platform("down"), status="inactive")

    assert selection.availability("it") == {"up": [up]}


def test_an_unknown_model_is_an_error() -> None:
    asks: list[Callable[[str], Any]] = [selection.availability, selection.best_route]
    for ask in (*asks, selection.alternatives):
        with pytest.raises(NotFoundError):
            ask("nope")
    for name in ("a\0b", "\ud800", "", "x" * 50_000):
        with pytest.raises(NotFoundError):
            selection.availability(name)
    with pytest.raises(NotFoundError):
        selection.compare_models(["nope"], REQUEST)


def test_a_route_s_own_price_wins_unit_by_unit() -> None:
    llm = make("it", price="2", output="4")
    route = make_route(llm)
    make_price(llm, "1", route=route)

    offer = selection.cheapest_route(1_000_000, 1_000_000)

    assert offer is not None
    assert (offer.route, offer.cost.total) == (route, Decimal(5))


def test_equal_costs_are_settled_as_routes_are() -> None:
    llm = make("it", price="1", output="1")
    make_route(llm, make_platform("second"), priority=2)
    first = make_route(llm, make_platform("first"), priority=1)

    offer = selection.cheapest_route(1000, 1000)

    assert offer is not None
    assert offer.route == first


def test_the_length_of_the_prompt_decides_the_tier() -> None:
    tiered = make("tiered", price="1", output="0")
    make_price(tiered, "9", min_prompt_tokens=200_000)
    make_route(tiered)
    flat = make("flat", price="2", output="0")
    make_route(flat)

    short = selection.cheapest_route(1000, 0)
    long = selection.cheapest_route(200_000, 0)

    assert short is not None
    assert short.llm == tiered
    assert long is not None
    assert long.llm == flat


def test_a_price_for_each_request_counts() -> None:
    fee = make("fee", price="0", output="0")
    make_price(fee, "0.01", "request")
    make_route(fee)
    plain = make("plain", price="1", output="1")
    make_route(plain)

    offer = selection.cheapest_route(1000, 1000)

    assert offer is not None
    assert (offer.llm, offer.cost.total) == (plain, Decimal("0.002"))


def test_many_free_routes_are_settled_by_priority() -> None:
    llm = make("it", price="0", output="0")
    for number in range(30):
        make_route(llm, make_platform(f"p{number:02}"), priority=40 - number)

    offer = selection.cheapest_route(1000, 1000)

    assert offer is not None
    assert offer.route.platform.slug == "p29"


def test_an_unknown_price_is_an_error_and_no_zero() -> None:
    make("it", price="1")

    with pytest.raises(PriceUnknownError) as refused:
        selection.request_cost("it", REQUEST)

    assert refused.value.extra["units"] == ["output"]


def test_platforms_are_compared_by_total_the_unknown_last() -> None:
    llm = make("it", price="1")
    make_route(llm, make_platform("unknown"))
    for slug, usd in (("dear", "4"), ("cheap", "2")):
        make_price(llm, usd, "output", route=make_route(llm, make_platform(slug)))

    found = selection.compare_platforms("it", REQUEST)

    assert [offer.platform for offer in found] == ["cheap", "dear", "unknown"]
    assert found[-1].input == Decimal("0.001")
    assert (found[-1].output, found[-1].total) == (None, None)


def test_models_are_compared_at_their_cheapest_way() -> None:
    make("listed", price="1", output="1")
    routed = make("routed", price="5", output="5")
    make_price(routed, "0", route=make_route(routed))
    make("unknown")

    found = selection.compare_models(["unknown", "routed", "listed"], REQUEST)

    assert [offer.llm.slug for offer in found] == ["listed", "routed", "unknown"]
    assert found[1].total == Decimal("0.005")


def test_cheaper_keeps_what_the_model_can_and_what_the_request_needs() -> None:
    make("it", can=["tools"], price="5", output="5")
    make("fits", can=["tools"], price="1", output="1")
    make("unable", price="1", output="1")
    make("short", can=["tools"], price="1", output="1", max_output_tokens=500)
    make("same", can=["tools"], price="5", output="5")

    assert [offer.llm.slug for offer in selection.cheaper("it", REQUEST)] == ["fits"]


def test_a_model_out_of_reach_is_compared_at_its_list_price() -> None:
    make_route(make("down", price="2", output="2"), status="maintenance")
    make("dear", price="3", output="3")
    make("cheap", price="1", output="1")

    assert [offer.llm.slug for offer in selection.cheaper("down", REQUEST)] == ["cheap"]


def test_a_lower_price_of_cached_tokens_makes_a_model_cheaper() -> None:
    it = make("it", price="1", output="0")
    make_price(it, "0.9", "cached_input")
    caching = make("caching", price="2", output="0")
    make_price(caching, "0.1", "cached_input")

    assert selection.cheaper("it", Usage(1000, 0)) == []
    (found,) = selection.cheaper("it", Usage(1000, 0, cached_tokens=1000))
    assert found.llm == caching


def test_models_are_named_by_id_slug_or_row(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    llms = [make(f"m{number}", price=str(number), output="0") for number in range(4)]
    asked: list[LLMModel | str] = ["M0", str(llms[1].pk), llms[2], " m3 "]

    found = selection.compare_models(asked, REQUEST)

    assert [offer.llm for offer in found] == llms
    with django_assert_num_queries(3 if connection.vendor == "sqlite" else 4):
        selection.compare_models([*asked, *asked], REQUEST)


def test_nothing_is_cheaper_than_an_unknown_cost() -> None:
    make("it")
    make("free", price="0", output="0")

    assert selection.cheaper("it", REQUEST) == []


def test_the_named_replacement_comes_first_then_the_same_maker() -> None:
    named = make("named", price="9")
    old = make("old", status="deprecated", replacement=named, context_window=4_096)
    make("same-maker", provider=old.provider, price="5", context_window=8_192)
    make("other", price="1", context_window=8_192)
    named.context_window = 8_192
    named.save()

    assert [llm.slug for llm in selection.alternatives(old)] == ["named", "same-maker", "other"]


def test_vectors_are_only_replaced_by_their_like() -> None:
    def embedding(slug: str, dimensions: int, metric: str) -> None:
        make(slug, llm_type="embedding", dimensions=dimensions, distance_metric=metric)

    embedding("old", 768, "cosine")
    embedding("like", 768, "cosine")
    embedding("longer", 1024, "cosine")
    embedding("dot", 768, "dot")

    assert [llm.slug for llm in selection.alternatives("old")] == ["like"]
