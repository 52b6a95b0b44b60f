from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from registry.choices import PriceSource
from registry.errors import GoneError, StaleRevisionError
from registry.models import LLMModel, Price, Route
from registry.services import prices
from registry.services.llms import save_llm
from registry.types import Change, LLMChange
from tests.factories import make_llm, make_platform, make_price, make_route
from tests.registry.services.ledger import in_force, usd
from tests.trail import written

pytestmark = pytest.mark.django_db

NOTHING: frozenset[str] = frozenset()
HOUR = timedelta(hours=1)


@pytest.fixture
def llm() -> LLMModel:
    return make_llm(name="GPT-4o", slug="gpt-4o")


@pytest.fixture
def route(llm: LLMModel) -> Route:
    return make_route(llm, make_platform("azure"))


# What is appended
# ------------------------------------------------------------------------
def test_prices_are_appended_and_in_force_at_once(llm: LLMModel) -> None:
    rows = prices.append(llm, usd(input="2.50", output="10"))

    assert [(row.unit, row.usd, row.source) for row in rows] == [
        ("input", Decimal("2.5"), "manual"),
        ("output", Decimal(10), "manual"),
    ]
    assert (llm.input_cost, llm.output_cost) == (Decimal("2.5"), Decimal(10))
    assert in_force(llm) == ("2.5", "10", False)
    assert not Price.objects.filter(is_applied=False).exists()


def test_a_price_that_ends_is_a_new_row_and_no_row_is_rewritten(llm: LLMModel) -> None:
    prices.append(llm, usd(input="2.50"))
    prices.append(llm, usd(input=None))

    assert [row.usd for row in Price.objects.order_by("pk")] == [Decimal("2.5"), None]
    assert in_force(llm) == (None, None, False)


@pytest.mark.parametrize("again", [usd(input="2.50", output="10"), usd(input="2.5")])
def test_what_is_said_already_is_not_said_again(
    llm: LLMModel, again: dict[str, Decimal | None]
) -> None:
    prices.append(llm, usd(input="2.50", output="10"))
    llm.refresh_from_db()
    revision = llm.revision

    with written() as found:
        assert prices.append(llm, again) == []

    llm.refresh_from_db()
    assert (found, llm.revision, Price.objects.count()) == ([], revision, 2)


def test_there_is_nothing_to_withdraw_of_what_was_never_said(llm: LLMModel) -> None:
    prices.append(llm, usd(input="2"), source=PriceSource.SYNC)

    assert prices.append(llm, usd(input=None, output=None)) == []


@pytest.mark.parametrize(
    "origin",
    [
        {"source_url": "https://example.com/pricing"},
        {"source_name": "price list"},
        {"checked_on": date(2026, 11, 26)},
    ],
)
def test_the_same_price_from_another_page_is_said_again(
    llm: LLMModel, origin: dict[str, Any]
) -> None:
    prices.append(llm, usd(input="2"))

    (row,) = prices.append(llm, usd(input="2"), **origin)

    assert {name: getattr(row, name) for name in origin} == origin


def test_a_route_may_cost_something_else(llm: LLMModel, route: Route) -> None:
    prices.append(llm, usd(input="2.50"))
    prices.append(llm, usd(input="2.60"), route=route)

    assert in_force(llm) == ("2.5", None, False)
    assert in_force(route) == ("2.6", None, False)
    assert route.revision == 2  # its answer is another one


def test_a_tier_of_long_prompts_is_marked(llm: LLMModel) -> None:
    prices.append(llm, usd(input="2.50"))
    prices.append(llm, usd(input="5"), min_prompt_tokens=200_000)

    assert in_force(llm) == ("2.5", None, True)

    prices.append(llm, usd(input=None), min_prompt_tokens=200_000)

    assert in_force(llm) == ("2.5", None, False)


# Whose word counts
# ------------------------------------------------------------------------
@pytest.mark.parametrize("other", [PriceSource.SYNC, PriceSource.REFERENCE])
def test_what_a_person_typed_stays_until_he_withdraws_it(llm: LLMModel, other: str) -> None:
    prices.append(llm, usd(input="1"))
    prices.append(llm, usd(input="9"), source=other)

    assert in_force(llm) == ("1", None, False)

    prices.append(llm, usd(input=None))

    assert in_force(llm) == ("9", None, False)


def test_a_form_that_repeats_what_it_was_shown_makes_no_price_its_own(llm: LLMModel) -> None:
    prices.append(llm, usd(input="2"), source=PriceSource.REFERENCE)

    save_llm(llm, LLMChange(NOTHING, pricing=usd(input="2", output=None)))

    assert [row.source for row in Price.objects.all()] == ["reference"]


# What is refused
# ------------------------------------------------------------------------
@pytest.mark.parametrize(
    "amount",
    ["-1", "-0.000000001", "NaN", "sNaN", "Infinity", "1e6", "1000000", "0.0000000001", "1e400"],
)
def test_a_price_out_of_bounds_is_refused_by_its_unit(llm: LLMModel, amount: str) -> None:
    with pytest.raises(ValidationError) as refused:
        prices.append(llm, usd(input="1", cached_input=amount))

    assert set(refused.value.message_dict) == {"cached_input_cost"}
    assert not Price.objects.exists()
    assert in_force(llm) == (None, None, False)


@pytest.mark.parametrize("value", [True, "many", [1], object()])
def test_what_is_no_amount_is_refused(llm: LLMModel, value: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        prices.append(llm, {"output": value})

    assert set(refused.value.message_dict) == {"output_cost"}


@pytest.mark.parametrize("amount", ["0", "-0", "0.000000001", "999999.999999999"])
def test_a_price_at_its_bound_is_kept_exactly(llm: LLMModel, amount: str) -> None:
    prices.append(llm, usd(input=amount))

    assert in_force(llm)[0] == amount.removeprefix("-")


@pytest.mark.parametrize(
    ("origin", "field"),
    [
        ({"min_prompt_tokens": -1}, "min_prompt_tokens"),
        ({"min_prompt_tokens": 2**31}, "min_prompt_tokens"),
        ({"min_prompt_tokens": 2**63}, "min_prompt_tokens"),
        ({"min_prompt_tokens": True}, "min_prompt_tokens"),
        ({"source": "rumour"}, "source"),
        ({"source_name": "a\nb"}, "source_name"),
        ({"source_name": "a" * 201}, "source_name"),
        ({"source_url": "javascript:alert(1)"}, "source_url"),
        ({"source_url": "file:///etc/passwd"}, "source_url"),
        ({"source_url": "https://example.com/\0"}, "source_url"),
        ({"source_url": "https://example.com/\ud800"}, "source_url"),
        ({"source_url": "https://example.com/" + "a" * 500}, "source_url"),
        ({"checked_on": "soon"}, "checked_on"),
        ({"valid_from": "soon"}, "valid_from"),
    ],
)
def test_what_is_wrong_beside_the_price_is_named(
    llm: LLMModel, origin: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        prices.append(llm, usd(input="1"), **origin)

    assert set(refused.value.message_dict) == {field}
    assert not Price.objects.exists()


def test_an_unknown_unit_is_refused(llm: LLMModel) -> None:
    with pytest.raises(ValidationError):
        prices.append(llm, usd(smell="1"))


def test_a_route_of_another_model_is_refused(llm: LLMModel) -> None:
    with pytest.raises(ValidationError) as refused:
        make_price(llm, "1", route=make_route())

    assert set(refused.value.message_dict) == {"route"}


def test_a_lost_race_is_told(llm: LLMModel) -> None:
    with pytest.raises(StaleRevisionError):
        prices.append(llm, usd(input="1"), change=Change(NOTHING, llm.revision + 1))

    assert not Price.objects.exists()


def test_a_model_that_is_gone_has_no_price(llm: LLMModel) -> None:
    LLMModel.objects.get(pk=llm.pk).delete()

    with pytest.raises(GoneError):
        prices.append(llm, usd(input="1"))
