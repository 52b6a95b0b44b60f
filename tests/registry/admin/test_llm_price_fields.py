"""The two price fields of a model's form, its settings, and what it says of speed."""

from __future__ import annotations

from decimal import Decimal
from itertools import product

import pytest

from registry.choices import LLMType, PriceSource
from registry.models import LLMModel, Price
from tests.factories import make_llm, make_price, make_provider
from tests.registry.admin.visits import Visitor, add, of
from tests.subcases import case
from tests.trail import changes, written

pytestmark = pytest.mark.django_db

BAD = ["-1", "NaN", "Infinity", "1e400", "0.0000000001", "1000000", "true", "two", "1\x002"]


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


def test_a_new_model_is_saved_with_its_prices(visitor: Visitor) -> None:
    with written() as events:
        add(visitor, make_provider("acme"), input_cost="0.15", output_cost="0.6")

    llm = LLMModel.objects.get()
    assert (llm.input_cost, llm.output_cost) == (Decimal("0.15"), Decimal("0.6"))
    assert {price.source for price in Price.objects.all()} == {PriceSource.MANUAL}
    assert changes(events.named("model_created"))["pricing.input_cost"] == [None, "0.15"]


def test_the_form_shows_the_price_in_force_and_where_it_is_from(visitor: Visitor) -> None:
    llm = make_llm()
    make_price(llm, "10", source=PriceSource.REFERENCE, source_name="litellm 1")

    visitor.open(of(llm))

    assert visitor.value("input_cost") == "10"
    assert visitor.value("output_cost") == ""
    assert "Reference data: litellm 1" in visitor.text


def test_saving_without_touching_the_price_enters_none(visitor: Visitor) -> None:
    llm = make_llm()
    make_price(llm, "0.150000000", source=PriceSource.REFERENCE)

    visitor.fill(of(llm), name="Other")

    assert LLMModel.objects.get().name == "Other"
    assert Price.objects.count() == 1


def test_a_changed_price_is_entered_and_the_other_left_alone(visitor: Visitor) -> None:
    llm = make_llm()
    make_price(llm, "1", source=PriceSource.REFERENCE)
    make_price(llm, "2", "output", source=PriceSource.REFERENCE)

    with written() as events:
        visitor.fill(of(llm), output_cost="1.5")

    assert Price.objects.get(source=PriceSource.MANUAL).usd == Decimal("1.5")
    assert changes(events.only) == {"pricing.output_cost": ["2", "1.5"]}


def test_an_emptied_price_says_which_other_one_counts(visitor: Visitor) -> None:
    llm = make_llm()
    make_price(llm, "5", source=PriceSource.REFERENCE)
    make_price(llm, "2")

    visitor.fill(of(llm), input_cost=None)

    assert LLMModel.objects.get().input_cost == Decimal(5)
    assert "that of another source counts: $5.00 per 1M tokens" in visitor.text


def test_a_wrong_price_stands_at_its_field(subtests: pytest.Subtests, visitor: Visitor) -> None:
    llm = make_llm()

    for field, usd in product(("input_cost", "output_cost"), BAD):
        with case(subtests, field=field, usd=usd):
            visitor.fill(of(llm), name="Kept in the form", **{field: usd})

            assert visitor.wrong() == {field}
            assert visitor.value("name") == "Kept in the form"
            assert not Price.objects.exists()


def test_a_forged_price_of_somebody_without_the_right_is_not_read() -> None:
    llm = make_llm()
    visitor = Visitor(None, "llmmodel.change", "llmmodel.view", "price.view")

    visitor.fill(of(llm), name="Renamed", input_cost="1", output_cost="1")

    assert LLMModel.objects.get().name == "Renamed"
    assert not Price.objects.exists()


def test_a_vector_bills_no_output(visitor: Visitor) -> None:
    visitor.open(of(make_llm(LLMType.EMBEDDING)))
    shown = {node.get("data-field"): node for node in visitor.page.having("data-field")}

    assert shown["input_cost"].get("data-visible") == "true"
    assert shown["output_cost"].get("data-visible") == "false"


def test_a_copy_starts_with_the_same_prices(visitor: Visitor) -> None:
    llm = make_llm(latency_ms=300, settings={"region": "eu"}, known_params="top_p seed")
    make_price(llm, "2.50")

    visitor.open("/admin/registry/llmmodel/add/", copy=str(llm.pk))

    assert visitor.value("input_cost") == "2.5"
    assert visitor.value("latency_ms") == "300"
    assert visitor.value("settings") == '{"region": "eu"}'
    assert visitor.value("known_params") == "top_p seed"


def test_a_lost_race_keeps_the_price_that_was_typed(visitor: Visitor) -> None:
    llm = make_llm()
    visitor.open(of(llm))
    make_price(llm, "3")

    visitor.send(input_cost="2")

    assert "Someone else has changed this" in visitor.text
    assert visitor.value("input_cost") == "2"
    visitor.send()
    assert LLMModel.objects.get().input_cost == Decimal(2)


# Settings, speed and accepted parameters
# ----------------------------------------------------------------------------
def test_settings_and_speed_are_saved(visitor: Visitor) -> None:
    llm = make_llm()

    visitor.fill(
        of(llm),
        settings='{"region": "eu", "depth": [1, {"a": null}]}',
        known_params="temperature  seed",
        latency_ms="300",
        tokens_per_second="81.5",
    )

    llm.refresh_from_db()
    assert llm.settings == {"region": "eu", "depth": [1, {"a": None}]}
    assert (llm.latency_ms, llm.tokens_per_second) == (300, 81.5)
    assert "seed" in llm.known_params
    visitor.fill(of(llm), settings="")
    llm.refresh_from_db()
    assert llm.settings == {}


OUT_OF_ORDER = (
    ("settings", "{"),
    ("settings", "[1]"),
    ("settings", '"text"'),
    ("settings", '{"a": NaN}'),
    ("settings", '{"a": "\\u0000"}'),
    ("settings", '{"a": "\\ud800"}'),
    ("settings", '{"a":' * 60 + "1" + "}" * 60),
    ("settings", '{"a":' + "[" * 5_000 + "]" * 5_000 + "}"),
    ("settings", '{"a": "' + "x" * 50_000 + '"}'),
    ("latency_ms", "-1"),
    ("latency_ms", str(2**63)),
    ("tokens_per_second", "NaN"),
    ("tokens_per_second", "1e400"),
    ("known_params", "a\0b"),
    ("known_params", "x" * 1_001),
)


def test_what_is_out_of_order_stands_at_its_field(
    subtests: pytest.Subtests, visitor: Visitor
) -> None:
    llm = make_llm()

    for field, value in OUT_OF_ORDER:
        with case(subtests, field=field, value=value):
            visitor.fill(of(llm), **{field: value})

            assert visitor.status == 200
            assert visitor.wrong() == {field}


def test_the_advanced_fields_are_folded_until_one_is_wrong(visitor: Visitor) -> None:
    llm = make_llm()

    (folded,) = visitor.open(of(llm)).page.find("details")
    assert "open" not in folded.attributes

    visitor.fill(of(llm), settings="{")
    (opened,) = visitor.page.find("details")
    assert "open" in opened.attributes
