"""The whole answer: ranked, priced, and with the reasons of the others."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.services import selection
from registry.services.selection import Recommendation, Requirements, Usage
from tests.factories import make_platform, make_price, make_route
from tests.many_models import add_many
from tests.registry.services.selection.catalogues import make, name_capabilities

pytestmark = pytest.mark.django_db


def ask(**conditions: Any) -> Recommendation:
    return selection.recommend(Requirements(**conditions))


def slugs(found: Recommendation) -> list[str]:
    return [row.llm.slug for row in found.results]


def test_every_result_has_its_best_route_and_the_cost_there() -> None:
    llm = make("it", price="1", output="1")
    first = make_route(llm, priority=1)
    cheaper = make_route(llm, priority=2)
    make_price(llm, "0", route=cheaper)

    (best,) = ask().results
    (cheapest,) = ask(objective="cheapest").results

    assert best.route == first
    assert best.cost is not None
    assert best.cost.total == Decimal("0.0015")
    assert cheapest.route == cheaper
    assert cheapest.cost is not None
    assert cheapest.cost.total == Decimal("0.0005")


def test_the_objective_comes_before_the_rank() -> None:
    make("cheap", price="1", output="1")
    make("fast", price="2", output="2", tokens_per_second=90.0)
    make("large", price="3", output="3", context_window=900_000)

    assert slugs(ask(objective="best")) == ["cheap", "fast", "large"]
    assert slugs(ask(objective="cheapest")) == ["cheap", "fast", "large"]
    assert slugs(ask(objective="fastest")) == ["fast", "cheap", "large"]
    assert slugs(ask(objective="context")) == ["large", "cheap", "fast"]


def test_what_is_optional_comes_before_the_objective_and_is_named() -> None:
    make("cheap", price="1", output="1")
    make("able", price="9", output="9", can=["vision", "tools"])

    found = ask(optional=("vision", "tools", "streaming"), objective="cheapest")

    assert slugs(found) == ["able", "cheap"]
    assert found.results[0].optional == ["vision", "tools"]


def test_the_cheapest_has_a_price_and_elsewhere_unknown_is_null() -> None:
    make("unknown")

    cheapest, best = ask(objective="cheapest"), ask()

    assert cheapest.reason_counts == {"price_unknown": 1}
    assert best.results[0].cost is None


def test_whatever_is_asked_for_every_model_is_either_counted_or_rejected() -> None:
    make("plain", price="1", output="1")
    make("unknown", price="1")
    make("silent")
    tiered = make("tiered", price="3", output="1")
    make_price(tiered, "9", min_prompt_tokens=100)
    served = make("served", price="1")
    make_price(served, "2", "output", route=make_route(served, make_platform("groq")))

    for limit in (1, 10):
        found = ask(objective="cheapest", limit=limit)
        assert (found.count, found.rejected_count) == (3, 2)
        assert found.reason_counts == {"price_unknown": 2}
        assert slugs(found) == ["plain", "served", "tiered"][:limit]
    assert [row.llm.slug for row in found.rejected] == ["unknown", "silent"]


def test_a_contradiction_finds_nothing_and_says_why() -> None:
    make("can", can=["tools"])
    make("cannot", cannot=["tools"])

    found = ask(requires=("tools",), excluded=("tools",))

    assert found.results == []
    assert found.reason_counts == {"capability_missing:tools": 1, "capability_excluded:tools": 1}


def test_an_unknown_capability_finds_nothing_and_says_why() -> None:
    name_capabilities()
    make("it")

    found = ask(requires=("telepathy",))

    assert found.reason_counts == {"capability_unknown:telepathy": 1}
    assert selection.unknown_capabilities(["telepathy", "tools"]) == ["telepathy"]


def test_what_is_not_known_is_told_apart_from_what_is_not_so() -> None:
    make("silent")
    make("lacks", cannot=["tools"], context_window=4_096, price="9", tokens_per_second=1.0)

    found = ask(requires=("tools",), min_context=8_000, max_input_cost=5, min_speed_tps=50)

    told = {row.llm.slug: [reason.code for reason in row.reasons] for row in found.rejected}
    assert told == {
        "silent": [
            "capability_unknown:tools",
            "context_unknown",
            "speed_unknown",
            "input_price_unknown",
        ],
        "lacks": ["capability_missing:tools", "context_too_small", "too_slow", "input_too_dear"],
    }


def test_every_code_is_said_in_words() -> None:
    for number in range(101):
        make(f"near{number}", price="9")
    make("far", price="9", status="inactive")

    found = ask(max_input_cost=1)

    assert len(found.rejected) == 100
    assert found.reason_counts == {"input_too_dear": 102, "status": 1}
    assert found.reason_texts == {
        "status": "It is neither active nor beta.",
        "input_too_dear": "Its input price is too high.",
    }


def test_asked_for_a_serving_platform_as_provider_its_routes_count() -> None:
    llm = make("it", price="1", output="1")
    make_route(llm, priority=1)
    served = make_route(llm, make_platform("groq"), priority=2)

    for objective in ("best", "cheapest"):
        (found,) = ask(provider="groq", objective=objective).results
        assert found.route == served
    (found,) = ask(provider=llm.provider.slug).results
    assert found.route != served


def test_a_float_that_cannot_tell_two_costs_apart_decides_nothing() -> None:
    for number in range(30):
        llm = make(f"m{number:02}", price=f"999999.0000000{number:02}")
        make_route(llm, make_platform(), priority=number + 1)
        llm = make(f"n{number:02}", price=f"999999.0000000{60 - number:02}")
        make_route(llm, make_platform(), priority=1)

    cheapest = selection.cheapest_route(2_000_000_001, 0)
    found = ask(objective="cheapest", limit=40, prompt_tokens=2_000_000_001, output_tokens=0)

    assert cheapest is not None
    assert cheapest.llm.slug == "m00"
    totals = [row.cost.total for row in found.results if row.cost]
    assert len(totals) == 40
    assert totals == sorted(totals)
    assert slugs(found)[:3] == ["m00", "m01", "m02"]


def test_the_nearest_misses_are_told_first() -> None:
    make("twice", status="inactive", price="9")
    make("once", price="9")

    found = ask(max_input_cost=1)

    assert [row.llm.slug for row in found.rejected] == ["once", "twice"]
    assert [reason.code for reason in found.rejected[1].reasons] == ["status", "input_too_dear"]


def test_all_are_counted_and_as_many_shown_as_wanted() -> None:
    for number in range(5):
        make(f"m{number}")

    found = ask(limit=2)

    assert (len(found.results), found.count, found.rejected_count) == (2, 5, 0)


def test_sixty_conditions_are_told_apart() -> None:
    name_capabilities(*(f"word{number}" for number in range(60)))
    make("it")

    found = ask(
        requires=tuple(f"word{number}" for number in range(50)),
        excluded=tuple(f"word{number}" for number in range(50, 60)),
    )

    assert len(found.rejected[0].reasons) == 50
    assert "capability_unknown:word49" in found.reason_counts


def test_an_empty_catalogue_answers_nothing() -> None:
    found = ask()

    assert (found.count, found.rejected_count, found.reason_counts) == (0, 0, {})


QUESTIONS: dict[str, Callable[[], Any]] = {
    "best": lambda: ask(requires=("tools",), optional=("vision",), limit=20),
    "cheapest": lambda: ask(objective="cheapest", limit=20),
    "cheapest_route": lambda: selection.cheapest_route(1000, 500, ("tools",)),
    "query": lambda: selection.query(requires_tools=True),
    "find_best": lambda: selection.find_best(requires_tools=True),
    "search": lambda: list(selection.search("many")[:20]),
    "matrix": selection.capability_matrix,
    "alternatives": lambda: selection.alternatives("many-00001"),
    "cheaper": lambda: selection.cheaper("many-00040", Usage()),
    "platforms": lambda: selection.compare_platforms("many-00001", Usage()),
}


@pytest.mark.invariant("X4")
@pytest.mark.parametrize("name", QUESTIONS)
def test_queries_do_not_depend_on_the_size_of_the_catalogue(name: str) -> None:
    add_many(50)
    with CaptureQueriesContext(connection) as few:
        QUESTIONS[name]()
    add_many(950, start=50)

    with CaptureQueriesContext(connection) as many:
        QUESTIONS[name]()

    assert len(many) == len(few) <= 12
