from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from registry.choices import PriceSource, PriceState
from registry.models import LLMModel, Price, Route
from registry.services import price_book, routes
from registry.services.price_book import PriceBook, in_force, usd_text
from tests.factories import make_llm, make_price, make_route

pytestmark = pytest.mark.django_db

JAN, FEB, MAR = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2, 3))
INSTANT = timedelta(microseconds=1)


@pytest.fixture
def llm() -> LLMModel:
    return make_llm()


@pytest.fixture
def route(llm: LLMModel) -> Route:
    return make_route(llm)


def told(llm: LLMModel, at: datetime | None = None, unit: str = "input", **how: Any) -> str | None:
    price = PriceBook.load([llm.pk], at).price(llm.pk, unit, **how)
    return None if price is None else usd_text(price.usd)


def test_an_unknown_price_is_none_and_no_zero(llm: LLMModel) -> None:
    make_price(llm, "0", unit="output")

    assert told(llm) is None
    assert told(llm, unit="output") == "0"


def test_a_price_counts_from_its_moment_on(llm: LLMModel) -> None:
    make_price(llm, "2", valid_from=JAN)
    make_price(llm, "4", valid_from=MAR)

    moments = (JAN - INSTANT, JAN, FEB, MAR - INSTANT, MAR)
    assert [told(llm, at) for at in moments] == [None, "2", "2", "2", "4"]
    assert told(llm) == "4"


def test_of_two_prices_of_one_moment_the_later_entered_counts(llm: LLMModel) -> None:
    make_price(llm, "2", valid_from=JAN)
    make_price(llm, "3", valid_from=JAN)

    assert told(llm, FEB) == "3"


def test_a_tier_counts_from_its_length_on(llm: LLMModel) -> None:
    make_price(llm, "1")
    make_price(llm, "3", min_prompt_tokens=200_000)
    make_price(llm, "2", min_prompt_tokens=100_000)

    lengths = (0, 99_999, 100_000, 199_999, 200_000, 2_147_483_647)
    found = [told(llm, prompt_tokens=length) for length in lengths]
    assert found == ["1", "1", "2", "2", "3", "3"]


def test_a_route_costs_what_the_list_says_unless_it_has_its_own_price(
    llm: LLMModel, route: Route
) -> None:
    make_price(llm, "1")
    make_price(llm, "5", unit="output")
    make_price(llm, "2", route=route)
    other = make_route(llm)

    book = PriceBook.load([llm.pk])
    of_route = book.price(llm.pk, "input", route_id=route.pk)
    of_list = book.price(llm.pk, "output", route_id=route.pk)
    assert of_route is not None
    assert of_list is not None
    assert (usd_text(of_route.usd), of_route.is_override) == ("2", True)
    assert (usd_text(of_list.usd), of_list.is_override) == ("5", False)
    assert told(llm) == "1"
    assert told(llm, route_id=other.pk) == "1"


def test_the_own_price_of_a_route_counts_for_long_prompts_too(llm: LLMModel, route: Route) -> None:
    make_price(llm, "1")
    make_price(llm, "9", min_prompt_tokens=200_000)
    make_price(llm, "2", route=route)

    assert told(llm, prompt_tokens=300_000, route_id=route.pk) == "2"


def test_a_route_that_prices_long_prompts_only_costs_the_list_price_for_short_ones(
    llm: LLMModel, route: Route
) -> None:
    make_price(llm, "1")
    make_price(llm, "2", route=route, min_prompt_tokens=200_000)

    found = [told(llm, prompt_tokens=length, route_id=route.pk) for length in (0, 200_000)]
    assert found == ["1", "2"]


def test_a_withdrawn_own_price_gives_the_list_price_back(llm: LLMModel, route: Route) -> None:
    make_price(llm, "1", valid_from=JAN)
    make_price(llm, "2", route=route, valid_from=JAN)
    make_price(llm, None, route=route, valid_from=FEB)

    assert [told(llm, at, route_id=route.pk) for at in (JAN, FEB)] == ["2", "1"]


def test_what_a_person_typed_beats_newer_words_of_others(llm: LLMModel) -> None:
    make_price(llm, "1", valid_from=JAN)
    make_price(llm, "8", valid_from=FEB, source=PriceSource.REFERENCE)
    make_price(llm, "9", valid_from=MAR, source=PriceSource.SYNC)

    assert told(llm) == "1"


def test_once_withdrawn_the_newest_word_of_the_others_counts(llm: LLMModel) -> None:
    make_price(llm, "8", valid_from=JAN, source=PriceSource.REFERENCE)
    make_price(llm, "9", valid_from=FEB, source=PriceSource.SYNC)
    make_price(llm, "1", valid_from=JAN)
    make_price(llm, None, valid_from=MAR)

    assert [told(llm, at) for at in (JAN, FEB, MAR)] == ["1", "1", "9"]


def test_a_source_that_withdraws_leaves_the_others(llm: LLMModel) -> None:
    make_price(llm, "8", valid_from=JAN, source=PriceSource.REFERENCE)
    make_price(llm, "9", valid_from=FEB, source=PriceSource.SYNC)
    make_price(llm, None, valid_from=MAR, source=PriceSource.SYNC)

    assert told(llm) == "8"


@pytest.mark.parametrize("state", [PriceState.PENDING, PriceState.REJECTED])
def test_a_price_that_waits_or_was_rejected_does_not_count(llm: LLMModel, state: str) -> None:
    make_price(llm, "1")
    make_price(llm, "2", state=state)

    assert told(llm) == "1"


def test_a_price_says_where_it_comes_from(llm: LLMModel) -> None:
    row = make_price(
        llm,
        "2.5",
        valid_from=JAN,
        source=PriceSource.SYNC,
        source_name="price list",
        source_url="https://example.com/pricing",
        checked_on=FEB.date(),
        min_prompt_tokens=7,
    )

    (price,) = PriceBook.load([llm.pk]).prices(llm.pk)

    assert price.usd == Decimal("2.5")
    assert price.is_override is False
    for name in ("unit", "valid_from", "source", "source_name", "source_url", "checked_on"):
        assert getattr(price, name) == getattr(row, name)
    assert price.min_prompt_tokens == 7


def test_all_prices_are_told_in_the_order_of_the_units(llm: LLMModel, route: Route) -> None:
    make_price(llm, "4", unit="request")
    make_price(llm, "3", unit="output")
    make_price(llm, "2", min_prompt_tokens=200_000)
    make_price(llm, "1")
    make_price(llm, "5", unit="output", route=route)
    book = PriceBook.load([llm.pk])

    assert [price.usd for price in book.prices(llm.pk)] == [1, 2, 3, 4]
    assert [price.usd for price in book.prices(llm.pk, route.pk)] == [1, 2, 5, 4]
    assert [price.usd for price in book.own_prices(llm.pk, route.pk)] == [5]
    assert book.tier(llm.pk, None, "input", 7) is None


def test_a_book_of_many_models_is_one_query(django_assert_num_queries: Any) -> None:
    llms = [make_llm() for _ in range(5)]
    for number, llm in enumerate(llms):
        make_price(llm, str(number))

    with django_assert_num_queries(1):
        book = PriceBook.load([llm.pk for llm in llms], MAR.replace(year=2100))
    with django_assert_num_queries(1):
        same = PriceBook.load(LLMModel.objects.values("pk"), book.at)

    assert same == book
    assert [price.usd for llm in llms for price in book.prices(llm.pk)] == [0, 1, 2, 3, 4]


def test_a_book_of_nothing_asks_nothing(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert PriceBook.load([], JAN).prices(LLMModel().pk) == []


def test_rows_in_force_are_those_of_the_book(llm: LLMModel, route: Route) -> None:
    make_price(llm, "1", valid_from=JAN)
    kept = make_price(llm, "2", valid_from=FEB)
    own = make_price(llm, "3", valid_from=FEB, route=route)
    make_price(llm, "9", valid_from=FEB, source=PriceSource.SYNC)
    make_price(llm, "4", valid_from=MAR)

    assert set(in_force(Price.objects.all(), FEB)) == {kept, own}


def test_the_prices_of_a_deleted_route_go_with_it(llm: LLMModel, route: Route) -> None:
    make_price(llm, "1")
    make_price(llm, "2", route=route)

    routes.delete_route(route)

    assert [price.usd for price in PriceBook.load([llm.pk]).prices(llm.pk)] == [1]


@pytest.mark.parametrize(
    ("usd", "text"),
    [
        ("2.500000000", "2.5"),
        ("10", "10"),
        ("0E-9", "0"),
        ("1E+5", "100000"),
        ("1E-9", "0.000000001"),
        ("999999.999999999", "999999.999999999"),
        (
            "1234567890123456789012345678901234567890.5",
            "1234567890123456789012345678901234567890.5",
        ),
    ],
)
def test_money_is_written_in_plain_digits(usd: str, text: str) -> None:
    assert price_book.usd_text(Decimal(usd)) == text
