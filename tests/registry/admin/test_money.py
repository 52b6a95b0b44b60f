from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from registry.admin import money
from registry.choices import PriceUnit
from registry.models import Price


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("2.500000000", "$2.50"),
        ("10", "$10.00"),
        ("0", "$0.00"),
        ("0.000000001", "$0.000000001"),
        ("0.15", "$0.15"),
        ("0.125", "$0.125"),
        ("1234.5", "$1,234.50"),
        ("999999.999999999", "$999,999.999999999"),
        ("1E+2", "$100.00"),
        (None, "unknown"),
    ],
)
def test_an_amount_shows_every_decimal_that_counts(amount: str | None, text: str) -> None:
    assert money.usd(None if amount is None else Decimal(amount)) == text


def test_every_unit_says_what_one_price_covers() -> None:
    measures = {unit: money.per(unit) for unit in PriceUnit}

    assert measures.pop(PriceUnit.IMAGE) == "per image"
    assert measures.pop(PriceUnit.REQUEST) == "per request"
    assert set(measures.values()) == {"per 1M tokens"}


def test_an_unknown_price_has_no_unit() -> None:
    assert money.usd_per(None, "input") == "unknown"
    assert money.usd_per(Decimal("0.5"), "image") == "$0.50 per image"


@pytest.mark.parametrize("text", ["10.000000000", "0.150000000", "0"])
def test_a_field_shows_the_plain_amount(text: str) -> None:
    shown = money.plain(Decimal(text))

    assert shown == Decimal(text)
    assert "E" not in str(shown)
    assert not str(shown).endswith(".000000000")


def test_an_origin_names_source_page_and_day() -> None:
    price = Price(
        source="reference",
        source_name="litellm 1",
        source_url="https://a.example/?a=1&b=2",
        checked_on=date(2026, 11, 21),
    )

    html = money.origin(price)

    assert 'href="https://a.example/?a=1&amp;b=2"' in html
    assert "Reference data: litellm 1</a>, checked on 2026-11-21" in html


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "//x", ""])
def test_only_a_page_of_the_web_becomes_a_link(address: str) -> None:
    price = Price(source="manual", source_name="<script>", source_url=address)

    assert money.origin(price) == "Typed by a person: &lt;script&gt;"
