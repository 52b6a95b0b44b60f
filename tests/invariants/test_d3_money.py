"""D3: money is exact, from the request to the sum; what is too fine is refused, never rounded."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command

from registry.choices import PriceUnit
from registry.models import LLMModel, Price
from registry.services import costs, prices
from registry.services.costs import Usage
from registry.services.price_book import PriceBook, usd_text
from tests.factories import make_llm, make_price, make_user
from tests.registry.api.client import MODELS, Api, fields_of, with_token

pytestmark = pytest.mark.django_db

EVENTS = 100_000
SEED = 20_261_126
JAN, FEB, MAR = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2, 3))
NANO = 10**9  # of the finest price in one US dollar
# Per 1,000,000 tokens: 1e-15 and 1e-10 dollars a token, usual ones, and the largest.
LADDER = ["0.000000001", "0.0001", "0.075", "2.50", "15", "999999.999999999"]
UNITS = (PriceUnit.INPUT, PriceUnit.CACHED_INPUT, PriceUnit.OUTPUT)


def chances() -> random.Random:
    return random.Random(SEED)  # noqa: S311  # the same amounts in every run


def in_nanos(usd: str) -> int:
    whole, _point, fraction = usd.partition(".")
    return int(whole) * NANO + int(fraction.ljust(9, "0") or 0)


def any_usd(dice: random.Random) -> str:
    """Return a price of any size and fineness that the column takes."""
    digits = dice.randrange(10)
    whole = dice.randrange(10 ** dice.randrange(1, 7))
    return f"{whole}.{dice.randrange(10**digits):0{digits}d}" if digits else str(whole)


@pytest.fixture
def api() -> Api:
    return with_token(make_user(superuser=True))


def priced_llms(at: datetime, step: int) -> tuple[list[LLMModel], dict[Any, int]]:
    """Return a model for each rung of the ladder, and its prices as whole nano-dollars."""
    known = list(LLMModel.objects.order_by("name")) or [
        make_llm(name=f"{rung:02d}") for rung in range(len(LADDER))
    ]
    nanos = {}
    for rung, llm in enumerate(known):
        for place, unit in enumerate(UNITS):
            usd = LADDER[(rung + place + step) % len(LADDER)]
            make_price(llm, usd, unit=unit, valid_from=at)
            nanos[llm.pk, unit] = in_nanos(usd)
    return known, nanos


def any_usage(dice: random.Random) -> Usage:
    prompt = dice.randrange(10 ** dice.randrange(1, 8))
    return Usage(prompt, dice.randrange(10 ** dice.randrange(1, 7)), dice.randint(0, prompt))


@pytest.mark.invariant("D3")
def test_the_costs_of_many_events_add_up_exactly(figure: Callable[..., None]) -> None:
    dice = chances()
    llms, in_january = priced_llms(JAN, step=0)
    _llms, in_february = priced_llms(FEB, step=1)
    ids = [llm.pk for llm in llms]
    books = [(PriceBook.load(ids, JAN), in_january), (PriceBook.load(ids, MAR), in_february)]
    amounts, exact, versions = [], 0, set()

    for _ in range(EVENTS):
        (book, nanos), llm_id, usage = dice.choice(books), dice.choice(ids), any_usage(dice)
        found = costs.cost_of(book, llm_id, usage)
        amounts.append(found.total)
        versions |= {(book.at, price.valid_from) for price in found.prices}
        exact += sum(count * nanos[llm_id, unit] for unit, count in usage.counts.items())

    # A nano-dollar per million tokens is 1e-15 dollars a token.
    total = costs.total(amounts)
    assert total.as_integer_ratio() == Decimal(f"{exact}e-15").as_integer_ratio()
    assert versions == {(JAN, JAN), (MAR, FEB)}
    floats = sum(float(amount) for amount in amounts)
    figure(events=EVENTS, usd=usd_text(total), floats_miss_usd=f"{floats - float(total):.1e}")


@pytest.mark.invariant("D3")
def test_prices_go_in_and_out_as_json_exactly(api: Api, figure: Callable[..., None]) -> None:
    dice, llm = chances(), make_llm()
    sent = 0

    for _ in range(125):
        wanted = {unit.field: any_usd(dice) for unit in PriceUnit}
        # As text and as a number, as it is written.
        body = {
            name: json.dumps(usd) if dice.random() < 0.5 else usd for name, usd in wanted.items()
        }
        raw = ", ".join(f'"{name}": {usd}' for name, usd in body.items())
        answer = api.patch(f"{MODELS}/{llm.pk}/pricing", f"{{{raw}}}".encode())
        assert answer.status_code == 200, answer.content
        shown = api.get(f"{MODELS}/{llm.pk}").json()["pricing"]
        stored = {price.unit: price.usd for price in PriceBook.load([llm.pk]).prices(llm.pk)}
        for unit in PriceUnit:
            assert Decimal(shown[unit.field]) == Decimal(wanted[unit.field]) == stored[unit]
            assert isinstance(shown[unit.field], str)
            sent += 1

    figure(prices=sent, exact=sent)


@pytest.mark.invariant("D3")
def test_the_command_prints_the_exact_cost(figure: Callable[..., None]) -> None:
    dice, llm = chances(), make_llm(slug="gpt")
    tried = 100
    for _ in range(tried):
        usd = {unit: any_usd(dice) for unit in UNITS}
        prices.append(llm, {unit.value: Decimal(text) for unit, text in usd.items()})
        usage, out = any_usage(dice), StringIO()
        tokens = [f"--{name.replace('_', '-')}={count}" for name, count in vars(usage).items()]

        call_command("cost", "gpt", *tokens, "--json", stdout=out)

        exact = sum(count * in_nanos(usd[unit]) for unit, count in usage.counts.items())
        assert Decimal(json.loads(out.getvalue())["total"]) == Decimal(f"{exact}e-15")

    figure(costs=tried, exact=tried)


@pytest.mark.invariant("D3")
def test_a_price_that_is_too_fine_is_refused_and_never_rounded(
    api: Api, figure: Callable[..., None]
) -> None:
    dice, llm = chances(), make_llm()
    prices.append(llm, {"input": Decimal("2.5")})
    tried = 0

    for digits in range(10, 26):
        for _ in range(5):
            usd = f"{dice.randrange(100)}.{dice.randrange(10**9):09d}".ljust(digits, "0")
            usd += str(dice.randrange(1, 10))
            for written in (json.dumps(usd), usd):
                for path, body in (
                    ("/pricing", f'{{"input_cost": {written}}}'),
                    ("", f'{{"pricing": {{"input_cost": {written}}}}}'),
                ):
                    answer = api.patch(f"{MODELS}/{llm.pk}{path}", body.encode())
                    assert (answer.status_code, fields_of(answer)) == (400, {"input_cost"}), usd
                    tried += 1
            with pytest.raises(ValidationError):
                make_price(llm, usd)

    assert [price.usd for price in Price.objects.all()] == [Decimal("2.5")]
    figure(tried=tried, refused=tried)
