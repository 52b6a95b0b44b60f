from __future__ import annotations

import random
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from registry.choices import LLMStatus, LLMType
from registry.models import Capability, LLMModel
from registry.services import selection
from registry.services.successors import suggested
from registry.types import LLMChange, Secret
from tests.factories import API_KEY, make_llm, make_price, make_provider

pytestmark = pytest.mark.django_db

NAMES = ("streaming", "tools", "vision")


@pytest.fixture(autouse=True)
def vocabulary(db: None) -> None:
    for name in NAMES:
        Capability(name=name, label=name).save()


def able(*names: str, **columns: Any) -> LLMModel:
    change = LLMChange(api_key=Secret(API_KEY), capabilities=dict.fromkeys(names, True))
    return make_llm(change=change, **columns)


def test_the_successor_can_do_all_that_the_model_can() -> None:
    old = able("tools", "vision", context_window=8_000, status=LLMStatus.DEPRECATED)
    able("tools", context_window=8_000)
    able("tools", "vision", context_window=4_000)
    able("tools", "vision")
    heir = able("tools", "vision", "streaming", context_window=8_000)

    assert suggested([old]) == {old.pk: heir}


def test_the_same_maker_comes_before_a_lower_price() -> None:
    maker = make_provider()
    old = make_llm(provider=maker, status=LLMStatus.DEPRECATED)
    cheap = make_llm()
    own = make_llm(provider=maker)
    make_price(cheap, "0.01")
    make_price(own, "5")

    assert suggested([old]) == {old.pk: own}


def test_vectors_of_other_lengths_do_not_mix() -> None:
    old = make_llm(LLMType.EMBEDDING, dimensions=768, status=LLMStatus.DEPRECATED)
    make_llm(LLMType.EMBEDDING, dimensions=1024)
    make_llm()
    assert suggested([old]) == {}

    heir = make_llm(LLMType.EMBEDDING, dimensions=768)
    assert suggested([old]) == {old.pk: heir}


@pytest.mark.parametrize("status", [LLMStatus.INACTIVE, LLMStatus.DEPRECATED])
def test_what_cannot_be_chosen_is_no_successor(status: str) -> None:
    old = make_llm(status=LLMStatus.DEPRECATED)
    make_llm(status=status)

    assert suggested([old]) == {}


def test_it_is_the_first_of_the_alternatives() -> None:
    """Over catalogues of all sorts the two answers are the same."""
    dice = random.Random(7)  # noqa: S311  # the same catalogue in every run
    makers = [make_provider() for _ in range(3)]
    llms: list[LLMModel] = []
    for _ in range(40):
        llm_type = dice.choice([LLMType.GENERATION, LLMType.EMBEDDING])
        columns: dict[str, Any] = {"provider": dice.choice(makers)}
        columns["status"] = dice.choice([*LLMStatus.values, LLMStatus.ACTIVE, LLMStatus.ACTIVE])
        columns["replacement"] = dice.choice([None, None, *llms[-2:]])
        if llm_type == LLMType.EMBEDDING:
            columns["dimensions"] = dice.choice([768, 1024])
        else:
            columns["context_window"] = dice.choice([None, 8_000, 128_000])
        known = {name: dice.random() < 0.6 for name in NAMES if dice.random() < 0.7}
        change = LLMChange(api_key=Secret(API_KEY), capabilities=known)
        llms.append(make_llm(llm_type, change=change, **columns))
        if dice.random() < 0.7:
            make_price(llms[-1], str(dice.randint(1, 5)))

    found = suggested(llms)

    for llm in llms:
        expected = selection.alternatives(llm)
        assert found.get(llm.pk) == (expected[0] if expected else None), llm
    assert found


@pytest.mark.invariant("X4")
def test_the_number_of_models_does_not_matter(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    llms = [make_llm() for _ in range(6)]

    with django_assert_num_queries(3):
        assert len(suggested(llms)) == 6
    with django_assert_num_queries(0):
        assert suggested([]) == {}
