from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from registry.choices import LLMStatus, LLMType, RouteStatus
from registry.models import LLMModel, Platform, Route
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


def cheapest(usage: Usage, *platforms: Platform) -> list[LLMModel]:
    rows = price_comparison.choosable(LLMType.GENERATION)
    return price_comparison.models_of(price_comparison.cheapest_models(rows, usage, platforms))


def cheapest_routes(**chosen: Any) -> list[Route]:
    return price_comparison.routes_of(price_comparison.cheapest_route_ids(USAGE, **chosen))


def test_the_cheapest_for_the_request_comes_first() -> None:
    chatty = priced("1", "9")
    reader = priced("6", "1")
    unknown = priced(None)

    assert cheapest(Usage(1_000, 9_000)) == [reader, chatty, unknown]
    assert cheapest(Usage(9_000, 1_000)) == [chatty, reader, unknown]


def test_prices_of_long_prompts_and_of_requests_decide_the_place() -> None:
    plain, tiered, charged, cut = priced("3"), priced("2"), priced("1"), priced("9")
    make_price(tiered, "5", min_prompt_tokens=1_000)
    make_price(charged, "20", "request")
    make_price(cut, "0", min_prompt_tokens=1_000)
    make_price(cut, "0", "output", route=make_route(cut))

    assert cheapest(USAGE) == [cut, plain, tiered, charged]
    assert cheapest(Usage(999, 0)) == [tiered, plain, cut, charged]


def test_only_the_routes_over_named_platforms_count() -> None:
    hub, lab = make_platform("hub"), make_platform("lab")
    llm, other = priced("5"), priced("5")
    for one, platform, usd in ((llm, hub, "4"), (llm, lab, "1"), (other, hub, "3")):
        make_price(one, usd, route=make_route(one, platform))

    assert cheapest(USAGE) == [llm, other]
    assert cheapest(USAGE, hub) == [other, llm]


def test_only_what_can_be_chosen_is_listed() -> None:
    priced("1", status=LLMStatus.DEPRECATED)
    shut = priced("1")
    make_route(shut, status=RouteStatus.INACTIVE)
    make_llm(LLMType.EMBEDDING)
    free = priced("0")

    assert cheapest(USAGE) == [free]


def test_no_models_have_no_order() -> None:
    priced("1")

    for rows in (LLMModel.objects.none(), LLMModel.objects.filter(pk__in=[])):
        assert price_comparison.cheapest_models(rows, USAGE) == []


def test_routes_are_listed_by_what_they_cost() -> None:
    llm, other = priced("2"), priced("1")
    hub = make_platform("hub")
    dear, cheap, foreign = make_route(llm, hub), make_route(llm), make_route(other, hub)
    make_price(llm, "1.5", route=cheap)

    assert cheapest_routes(llms=[llm]) == [cheap, dear]
    assert cheapest_routes(llm_type="generation", platforms=[hub]) == [foreign, dear]


def test_prices_of_long_prompts_decide_the_place_of_a_route() -> None:
    llm = priced("2")
    tiered, plain, unknown = make_route(llm), make_route(llm), make_route(make_llm())
    make_price(llm, "1", route=tiered)
    make_price(llm, "9", route=tiered, min_prompt_tokens=1_000)

    assert cheapest_routes(llm_type="generation") == [plain, tiered, unknown]


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
        llms = cheapest(USAGE)
        with CaptureQueriesContext(database) as captured:
            assert cheapest(USAGE) == llms
            routes = cheapest_routes(llms=llms)
            assert len(price_comparison.lines_of_models(llms, USAGE)) == len(llms)
            assert len(price_comparison.lines_of_routes(routes, USAGE)) == len(llms)
            assert len(price_comparison.side_by_side(llms, USAGE)) == len(llms)
        counted.append(len(captured))

    assert counted[0] == counted[1]
