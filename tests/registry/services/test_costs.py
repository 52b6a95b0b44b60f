from __future__ import annotations

import random
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from registry.errors import PriceUnknownError
from registry.models import LLMModel
from registry.services import costs
from registry.services.costs import Usage
from registry.services.price_book import PriceBook
from tests.factories import make_llm, make_price, make_route

pytestmark = pytest.mark.django_db

JAN, FEB, MAR = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2, 3))
MOST = 2_147_483_647


@pytest.fixture
def llm() -> LLMModel:
    return make_llm()


@pytest.fixture
def priced() -> LLMModel:
    """A model with a list price for each thing that a request takes."""
    llm = make_llm()
    for unit, usd in {"input": "2.50", "output": "10", "cached_input": "0.25"}.items():
        make_price(llm, usd, unit=unit, valid_from=JAN)
    return llm


def test_a_cost_is_the_sum_of_its_parts(priced: LLMModel) -> None:
    found = costs.cost(priced, Usage(1000, 500))

    assert found.parts == {"input": Decimal("0.0025"), "output": Decimal("0.005")}
    assert found.total == Decimal("0.0075")
    assert [price.unit for price in found.prices] == ["input", "output"]


def test_cached_tokens_are_paid_as_such_and_not_as_input(priced: LLMModel) -> None:
    found = costs.cost(priced, Usage(1_000_000, 0, 400_000))

    assert found.parts == {"input": Decimal("1.5"), "cached_input": Decimal("0.1"), "output": 0}
    assert found.total == Decimal("1.6")


def test_a_price_per_request_is_added_where_there_is_one(priced: LLMModel) -> None:
    make_price(priced, "0.01", unit="request")

    found = costs.cost(priced, Usage(0, 0))

    assert found.parts == {"input": 0, "output": 0, "request": Decimal("0.01")}
    assert found.total == Decimal("0.01")


def test_a_past_cost_keeps_its_price(priced: LLMModel) -> None:
    usage = Usage(1_000_000, 0)
    before = costs.cost(priced, usage, FEB)
    make_price(priced, "4", valid_from=MAR)
    make_price(priced, "5")

    assert costs.cost(priced, usage, FEB) == before
    assert before.at == FEB
    assert costs.cost(priced, usage, MAR).total == 4
    assert costs.cost(priced, usage).total == 5


def test_a_route_is_reckoned_by_its_own_prices(priced: LLMModel) -> None:
    route = make_route(priced)
    make_price(priced, "3", route=route)

    found = costs.cost(route, Usage(1_000_000, 1_000_000))

    assert found.parts == {"input": 3, "output": 10}
    assert [price.is_override for price in found.prices] == [True, False]


def test_the_whole_prompt_decides_the_tier(priced: LLMModel) -> None:
    make_price(priced, "5", min_prompt_tokens=200_000)

    short = costs.cost(priced, Usage(199_999, 0))
    long = costs.cost(priced, Usage(200_000, 0, 199_000))

    assert short.parts["input"] == Decimal("0.4999975")
    assert long.parts["input"] == Decimal("0.005")


@pytest.mark.parametrize(
    ("usage", "units"),
    [
        (Usage(1, 1), ["input", "output"]),
        (Usage(0, 1), ["output"]),
        (Usage(5, 0, 5), ["cached_input"]),
        (Usage(5, 1, 4), ["input", "cached_input", "output"]),
    ],
)
def test_an_unknown_price_is_no_partial_sum(llm: LLMModel, usage: Usage, units: list[str]) -> None:
    with pytest.raises(PriceUnknownError) as unknown:
        costs.cost(llm, usage)

    assert unknown.value.extra == {"units": units}
    assert (unknown.value.code, unknown.value.status) == ("price_unknown", 409)


def test_what_is_not_used_needs_no_price(llm: LLMModel) -> None:
    make_price(llm, "2")

    found = costs.cost(llm, Usage(1_000_000, 0))

    assert found.parts == {"input": 2, "output": 0}
    assert found.total == 2
    assert costs.cost(make_llm(), Usage(0, 0)).total == 0


def test_free_is_known(llm: LLMModel) -> None:
    for unit in ("input", "output"):
        make_price(llm, "0", unit=unit)

    assert costs.cost(llm, Usage()).total == 0


@pytest.mark.parametrize("name", ["prompt_tokens", "output_tokens", "cached_tokens"])
@pytest.mark.parametrize(
    "count",
    [-1, 2**31, 2**63, 10**400, True, 1.0, float("nan"), float("inf"), "1", "1e5", None, [1]],
)
def test_a_count_of_tokens_is_one(name: str, count: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        Usage(**{"prompt_tokens": MOST, name: count})

    assert set(refused.value.message_dict) == {name}


def test_no_more_is_cached_than_there_is() -> None:
    with pytest.raises(ValidationError) as refused:
        Usage(10, 0, 11)

    assert set(refused.value.message_dict) == {"cached_tokens"}


def test_the_largest_cost_is_exact(llm: LLMModel) -> None:
    for unit in ("input", "output", "request"):
        make_price(llm, "999999.999999999", unit=unit)

    found = costs.cost(llm, Usage(MOST, MOST))

    price = Fraction("999999.999999999")
    assert Fraction(found.total) == 2 * price * MOST / 1_000_000 + price


def any_usd(chance: random.Random) -> str:
    """Return a price of any size that the column takes."""
    whole = chance.randrange(10 ** chance.randrange(7))
    return f"{whole}.{chance.randrange(10**9):09d}"


@pytest.mark.parametrize("seed", range(10))
def test_the_cost_of_a_sum_is_the_sum_of_the_costs(llm: LLMModel, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    prices = {unit: any_usd(chance) for unit in ("input", "output", "cached_input")}
    for unit, usd in prices.items():
        make_price(llm, usd, unit=unit)
    book = PriceBook.load([llm.pk])
    usages = []
    for _ in range(200):
        prompt = chance.randrange(10 ** chance.randrange(1, 7))
        usages.append(Usage(prompt, chance.randrange(10**6), chance.randint(0, prompt)))
    counts = [
        sum(column) for column in zip(*(vars(usage).values() for usage in usages), strict=True)
    ]

    of_each = costs.total(costs.cost_of(book, llm.pk, usage).total for usage in usages)

    of_all = costs.cost_of(book, llm.pk, Usage(*counts)).total
    exact = sum(
        Fraction(prices[unit]) * count / 1_000_000 for unit, count in Usage(*counts).counts.items()
    )
    assert of_each == of_all
    assert Fraction(of_each) == exact


def test_a_sum_beyond_the_28_digits_of_python_is_exact() -> None:
    amounts = [Decimal("9" * 25), Decimal("0.000000000000001")] * 3

    assert costs.total(amounts) == Decimal("29999999999999999999999997.000000000000003")
    assert costs.total([]) == 0
