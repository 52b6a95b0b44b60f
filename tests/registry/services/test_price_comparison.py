from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from registry.choices import LLMStatus, LLMType, RouteStatus
from registry.models import LLMModel
from registry.services import price_comparison
from registry.services.costs import Usage
from tests.factories import make_llm, make_platform, make_price, make_route

pytestmark = pytest.mark.django_db

USAGE = Usage(1_000_000, 1_000_000)


def priced(usd: str | None, output: str | None = None, **columns: Any) -> LLMModel:
    llm = make_llm(**columns)
    for unit, amount in (("input", usd), ("output", output or usd)):
        if amount is not None:
            make_price(llm, amount, unit=unit)
    return llm


def test_the_cheapest_for_the_request_comes_first() -> None:
    chatty = priced("1", "9")
    reader = priced("6", "1")
    unknown = priced(None)

    long_answer = price_comparison.cheapest_models(LLMType.GENERATION, Usage(1_000, 9_000))
    long_question = price_comparison.cheapest_models(LLMType.GENERATION, Usage(9_000, 1_000))

    assert list(long_answer) == [reader, chatty, unknown]
    assert list(long_question) == [chatty, reader, unknown]


def test_only_what_can_be_chosen_is_listed() -> None:
    priced("1", status=LLMStatus.DEPRECATED)
    shut = priced("1")
    make_route(shut, status=RouteStatus.INACTIVE)
    make_llm(LLMType.EMBEDDING)
    free = priced("0")

    assert list(price_comparison.cheapest_models(LLMType.GENERATION, USAGE)) == [free]


def test_routes_are_listed_by_what_they_cost() -> None:
    llm, other = priced("2"), priced("1")
    hub = make_platform("hub")
    dear, cheap, foreign = make_route(llm, hub), make_route(llm), make_route(other, hub)
    make_price(llm, "1.5", route=cheap)

    of_llm = price_comparison.cheapest_routes(USAGE, llms=[llm])
    over_hub = price_comparison.cheapest_routes(USAGE, llm_type="generation", platforms=[hub])

    assert list(of_llm) == [cheap, dear]
    assert list(over_hub) == [foreign, dear]


def test_a_line_has_the_prices_and_the_exact_cost() -> None:
    llm = priced("0.1", "0.2")
    make_price(llm, "0.3", route=(route := make_route(llm)))

    (line,) = price_comparison.lines_of_routes([route], USAGE)

    assert line.input is not None
    assert (line.input.usd, line.input.is_override) == (Decimal("0.3"), True)
    assert line.output is not None
    assert (line.output.usd, line.output.is_override) == (Decimal("0.2"), False)
    assert line.cost is not None
    assert line.cost.total == Decimal("0.5")


def test_an_unknown_price_is_named_and_stands_last() -> None:
    unknown, half, known = make_llm(), make_llm(), priced("9")
    make_price(half, "1")

    lines = price_comparison.lines_of_models([unknown, half, known], USAGE)

    assert [line.llm for line in lines] == [known, unknown, half]
    assert [line.missing for line in lines] == [[], ["input", "output"], ["output"]]
    assert [line.cost is None for line in lines] == [False, True, True]


@pytest.mark.invariant("X4")
def test_the_number_of_models_does_not_matter() -> None:
    counted = []

    for number in (2, 12):
        for _ in range(number):
            make_route(priced("1"))
        llms = list(price_comparison.cheapest_models(LLMType.GENERATION, USAGE))
        routes = price_comparison.cheapest_routes(USAGE, llms=llms)
        with CaptureQueriesContext(database) as captured:
            assert len(price_comparison.lines_of_models(llms, USAGE)) == len(llms)
            assert len(price_comparison.lines_of_routes(routes, USAGE)) == len(llms)
            assert len(price_comparison.side_by_side(llms, USAGE)) == len(llms)
        counted.append(len(captured))

    assert counted[0] == counted[1]
