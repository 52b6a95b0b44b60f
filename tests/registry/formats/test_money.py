"""Prices as the lists write them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from registry.choices import PriceUnit
from registry.formats import money


@pytest.mark.parametrize("unit", list(PriceUnit))
def test_a_price_is_divided_by_as_many_as_it_covers(unit: PriceUnit) -> None:
    price = money.apiece({unit.value: Decimal("2.5")}, unit.value)

    assert price == Decimal("2.5") / unit.per


def test_a_price_that_is_not_known_is_none() -> None:
    assert money.apiece({"output": Decimal(1)}, "input") is None


def test_a_price_of_nought_is_a_price() -> None:
    price = money.apiece({"input": Decimal("0E-9")}, "input")

    assert price == 0
    assert price is not None
    assert money.text(price) == "0"
    assert money.number(price) == 0


@pytest.mark.parametrize(
    ("price", "text"),
    [("1E+3", "1000"), ("1.500", "1.5"), ("1E-15", "0.000000000000001"), ("120", "120")],
)
def test_a_text_has_no_exponent_and_no_idle_zeros(price: str, text: str) -> None:
    assert money.text(Decimal(price)) == text


def test_a_whole_number_has_no_fraction() -> None:
    assert repr(money.number(Decimal("3.000000000"))) == "3"
