"""Which rows of the ledger are in force, by SQL, and how prices went, by hand: one rule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry.choices import PriceSource, PriceState
from registry.models import LLMModel, Price
from registry.services.price_book import PriceBook
from registry.services.price_ledger import Step, in_force, steps
from tests.factories import make_llm, make_price, make_route

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 1, tzinfo=UTC)


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def counting(llm: LLMModel, at: datetime) -> list[str]:
    rows = in_force(Price.objects.filter(llm=llm), at)
    return sorted(f"{row.unit} {row.usd.normalize():f}" for row in rows)


def test_the_newest_price_of_a_unit_is_in_force() -> None:
    llm = make_llm()
    make_price(llm, "3", valid_from=day(0))
    make_price(llm, "2", valid_from=day(5))
    make_price(llm, "9", "output", valid_from=day(0))

    assert counting(llm, day(4)) == ["input 3", "output 9"]
    assert counting(llm, day(5)) == ["input 2", "output 9"]
    assert counting(llm, day(-1)) == []


def test_of_two_from_the_same_moment_the_one_entered_later_counts() -> None:
    llm = make_llm()
    make_price(llm, "3", valid_from=day(0))
    make_price(llm, "2", valid_from=day(0))

    assert counting(llm, day(1)) == ["input 2"]


def test_what_a_person_typed_beats_newer_data_until_he_withdraws_it() -> None:
    llm = make_llm()
    make_price(llm, "3", valid_from=day(0))
    make_price(llm, "2", valid_from=day(5), source=PriceSource.SYNC)

    assert counting(llm, day(6)) == ["input 3"]

    make_price(llm, None, valid_from=day(7))
    assert counting(llm, day(8)) == ["input 2"]


def test_a_withdrawn_price_without_another_source_is_unknown() -> None:
    llm = make_llm()
    make_price(llm, "3", valid_from=day(0), source=PriceSource.SYNC)
    make_price(llm, None, valid_from=day(1), source=PriceSource.SYNC)

    assert counting(llm, day(2)) == []


def test_what_waits_for_a_decision_is_not_in_force() -> None:
    llm = make_llm()
    make_price(llm, "3", valid_from=day(0), state=PriceState.PENDING)

    assert counting(llm, day(1)) == []
    assert steps(llm) == []


def test_routes_and_tiers_have_prices_beside_the_list_price() -> None:
    llm = make_llm()
    make_price(llm, "3", valid_from=day(0))
    make_price(llm, "6", valid_from=day(0), min_prompt_tokens=200_000)
    make_price(llm, "1", valid_from=day(0), route=make_route(llm))

    assert counting(llm, day(1)) == ["input 1", "input 3", "input 6"]


def test_steps_tell_each_change_of_the_list_price() -> None:
    llm = make_llm()
    make_price(llm, "3", valid_from=day(0), source=PriceSource.REFERENCE)
    make_price(llm, "2", valid_from=day(5))
    make_price(llm, "1", valid_from=day(6), source=PriceSource.SYNC)
    make_price(llm, None, valid_from=day(9))
    make_price(llm, "8", valid_from=day(3), min_prompt_tokens=1000)

    assert steps(llm) == [
        Step("input", day(0), Decimal(3)),
        Step("input", day(5), Decimal(2)),
        Step("input", day(6), Decimal(2)),
        Step("input", day(9), Decimal(1)),
    ]


rows = st.lists(
    st.fixed_dictionaries(
        {
            "usd": st.none() | st.integers(1, 9).map(str),
            "unit": st.sampled_from(["input", "output"]),
            "source": st.sampled_from(PriceSource.values),
            "state": st.sampled_from(PriceState.values),
            "min_prompt_tokens": st.sampled_from([0, 1000]),
            "valid_from": st.integers(0, 4).map(day),
        }
    ),
    max_size=12,
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(entered=rows)
def test_rows_steps_and_the_book_agree_at_every_moment(
    db: None, entered: list[dict[str, Any]]
) -> None:
    llm = make_llm()
    for row in entered:
        make_price(llm, row["usd"], **{name: row[name] for name in row if name != "usd"})
    walked = steps(llm)
    for number in range(5):
        book = PriceBook.load([llm.pk], day(number))
        told = sorted((p.unit, p.min_prompt_tokens, p.usd) for p in book.prices(llm.pk))
        found = in_force(Price.objects.filter(llm=llm), day(number))

        assert sorted((p.unit, p.min_prompt_tokens, p.usd) for p in found) == told
        for unit in ("input", "output"):
            past = [step.usd for step in walked if step.unit == unit and step.at <= day(number)]
            price = book.price(llm.pk, unit)
            assert (past[-1] if past else None) == (price.usd if price else None)
