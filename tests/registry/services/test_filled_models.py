"""A form that the catalogue filled in: what was left as it was keeps its source."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from registry.choices import LLMType, PriceSource
from registry.models import LLMModel, Price
from registry.services import known_models
from registry.services.known_models import save_filled
from registry.types import LLMChange
from tests.factories import make_llm, make_provider, reference_provider
from tests.trail import written

pytestmark = pytest.mark.django_db


def known() -> known_models.KnownModel:
    return known_models.find(provider="openai", model_id="gpt-4o")[0]


def entered(**pricing: str) -> LLMChange:
    usd = {unit: Decimal(text) for unit, text in pricing.items()}
    return LLMChange(needs_connection=False, pricing=usd)


def gpt() -> LLMModel:
    return LLMModel(
        provider=reference_provider("openai"),
        type=LLMType.GENERATION,
        model_id="gpt-4o",
        name="Four",
    )


def test_a_price_left_as_filled_keeps_the_source_and_the_day() -> None:
    usd, llm = known_models.usd_of(known()), gpt()

    with written() as events:
        save_filled(llm, LLMChange(needs_connection=False, pricing=dict(usd)))

    found = {price.unit: price for price in Price.objects.all()}
    assert {unit: price.usd for unit, price in found.items()} == usd
    source = known().sources["prices.input_cost"]
    assert found["input"].source == PriceSource.REFERENCE
    assert found["input"].source_name == source["source"]
    assert found["input"].checked_on == date.fromisoformat(source["checked"])
    assert events.names == ["model_created"]


def test_a_price_that_was_changed_is_the_persons_own() -> None:
    usd = known_models.usd_of(known())

    llm = save_filled(gpt(), entered(input="1.23", output=str(usd["output"])))

    sources = dict(llm.prices.values_list("unit", "source"))
    assert sources == {"input": PriceSource.MANUAL, "output": PriceSource.REFERENCE}
    assert LLMModel.objects.get().input_cost == Decimal("1.23")


def test_the_same_price_of_another_model_is_the_persons_own() -> None:
    usd = known_models.usd_of(known())
    llm = LLMModel(
        provider=make_provider("acme"), type=LLMType.GENERATION, model_id="gpt-4o", name="Like it"
    )

    save_filled(llm, LLMChange(needs_connection=False, pricing=dict(usd)))

    assert {price.source for price in Price.objects.all()} == {PriceSource.MANUAL}


def test_a_stored_models_price_is_the_persons_own_whatever_the_catalogue_says() -> None:
    llm = make_llm(provider=reference_provider("openai"), model_id="gpt-4o")

    save_filled(llm, entered(input=str(known_models.usd_of(known())["input"])))

    assert Price.objects.get().source == PriceSource.MANUAL


def test_a_price_that_was_emptied_is_not_entered() -> None:
    save_filled(gpt(), LLMChange(needs_connection=False, pricing={"input": None}))

    assert not Price.objects.exists()
