"""What is asked is checked field by field; nothing that nobody reads is let pass."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from registry.services.selection import Requirements


def asking(field: str, value: Any) -> Requirements:
    asked: dict[str, Any] = {field: value}
    return Requirements(**asked)


@pytest.mark.parametrize("field", ["prompt_tokens", "output_tokens", "min_context", "min_output"])
@pytest.mark.parametrize("value", [-1, 2**31, 2**63, 1.5, "1e5", True, float("nan")])
def test_tokens_are_whole_numbers_in_bounds(field: str, value: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        asking(field, value)

    assert list(refused.value.message_dict) == [field]


@pytest.mark.parametrize("value", [-1, "NaN", "Infinity", "1e400", "cheap", True, 1_000_001])
def test_a_price_limit_is_an_amount_of_money(value: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        Requirements(max_input_cost=value, max_output_cost=value)

    assert set(refused.value.message_dict) == {"max_input_cost", "max_output_cost"}


@pytest.mark.parametrize("value", [-1, "fast", float("inf"), float("nan"), True])
def test_a_speed_is_a_finite_number(value: Any) -> None:
    with pytest.raises(ValidationError, match="tokens per second"):
        Requirements(min_speed_tps=value)


@pytest.mark.parametrize("limit", [0, 101, 10**9, "5", None])
def test_the_number_of_results_is_bounded(limit: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        Requirements(limit=limit)

    assert list(refused.value.message_dict) == ["limit"]


@pytest.mark.parametrize("field", ["requires", "optional", "excluded", "tags"])
@pytest.mark.parametrize(
    "value", ["tools", [1], [""], ["a\0b"], ["\ud800"], ["x" * 50_000], ["a"] * 51, None, {"a": 1}]
)
def test_names_are_a_short_list_of_texts(field: str, value: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        asking(field, value)

    assert list(refused.value.message_dict) == [field]


@pytest.mark.parametrize("field", ["type", "objective", "quality_tier"])
@pytest.mark.parametrize("value", ["nonsense", 1, True, ["best"]])
def test_a_choice_is_one_of_its_list(field: str, value: Any) -> None:
    with pytest.raises(ValidationError, match="Choose one of"):
        asking(field, value)


@pytest.mark.parametrize("field", ["provider", "platform", "family"])
def test_a_name_that_no_database_compares_with_is_refused(field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        asking(field, "a\0b")

    assert list(refused.value.message_dict) == [field]


def test_every_wrong_field_is_named_at_once() -> None:
    with pytest.raises(ValidationError) as refused:
        Requirements(type="x", limit=0, prompt_tokens=-1)

    assert set(refused.value.message_dict) == {"type", "limit", "prompt_tokens"}


def test_an_unknown_word_is_refused_by_its_name() -> None:
    with pytest.raises(ValidationError) as refused:
        Requirements.of(requires_tools=True, cost_tier="cheap")

    assert list(refused.value.message_dict) == ["cost_tier"]


def test_other_words_ask_the_same() -> None:
    asked = Requirements.of(
        requires_function_calling=True, requires_audio=False, max_cost_per_1m_input="0.5"
    )

    assert asked.requires == ("tools",)
    assert asked.max_input_cost == Decimal("0.5")


def test_any_tier_asks_for_none() -> None:
    assert Requirements(quality_tier="any").quality_tier is None


def test_a_capability_is_one_in_any_case_and_named_once() -> None:
    assert asking("requires", ["Tools", "tools ", "function_calling"]).requires == ("tools",)


def test_a_limit_finer_than_prices_lets_the_same_through_as_the_one_below() -> None:
    asked = Requirements(max_input_cost=Decimal("0.1499999999999"), max_output_cost="1e-400000")  # type: ignore[arg-type]

    assert asked.max_input_cost == Decimal("0.149999999")
    assert asked.max_output_cost == 0


@pytest.mark.parametrize("value", ["yes", 1, "false", []])
def test_a_capability_is_required_or_it_is_not(value: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        Requirements.of(requires_tools=value)

    assert list(refused.value.message_dict) == ["requires_tools"]


@pytest.mark.parametrize("value", ["tools", None, 5])
def test_a_list_stays_a_list_beside_other_words(value: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        Requirements.of(requires=value, requires_vision=True)

    assert list(refused.value.message_dict) == ["requires"]
