"""D4: a number out of its bounds is refused by its name; the table refuses it, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction

from registry.choices import LLMType
from registry.models import KnowledgeBase, LLMModel
from registry.services.llms import save_llm
from registry.types import LLMChange, Secret
from tests.factories import API_KEY, make_knowledge_base, make_llm, make_provider

# Parameter -> the type that has it, and the smallest and the largest value it takes.
BOUNDS: dict[str, tuple[str, float, float]] = {
    "dimensions": (LLMType.EMBEDDING, 1, 8192),
    "max_tokens": (LLMType.EMBEDDING, 1, 2_147_483_647),
    "batch_size": (LLMType.EMBEDDING, 1, 1000),
    "context_window": (LLMType.GENERATION, 1024, 2_147_483_647),
    "max_output_tokens": (LLMType.GENERATION, 1, 2_147_483_647),
    "temperature": (LLMType.GENERATION, 0, 2),
    "top_p": (LLMType.GENERATION, 0, 1),
    "top_k": (LLMType.GENERATION, 1, 2_147_483_647),
}
NOT_NUMBERS: dict[str, Any] = {
    "-1": -1,
    "2^31": 2**31,
    "2^63": 2**63,
    "10^400": 10**400,
    "NaN": float("nan"),
    "Infinity": float("inf"),
    "-Infinity": float("-inf"),
    "text": "1e5",
    "true": True,
    "list": [1],
}

pytestmark = pytest.mark.django_db


def save_with(name: str, value: Any) -> LLMModel:
    llm_type = BOUNDS[name][0]
    columns: dict[str, Any] = {"dimensions": 8} if llm_type == LLMType.EMBEDDING else {}
    llm = LLMModel(
        type=llm_type, provider=make_provider(), name="A", model_id="a", **columns | {name: value}
    )
    return save_llm(llm, LLMChange(api_key=Secret(API_KEY)))


@pytest.mark.invariant("D4")
@pytest.mark.parametrize("name", BOUNDS)
def test_what_is_no_number_within_bounds_is_refused_by_name(
    name: str, figure: Callable[..., None]
) -> None:
    _type, low, high = BOUNDS[name]
    wrong = NOT_NUMBERS | {"below": low - 0.5 if name in ("temperature", "top_p") else low - 1}
    wrong |= {"above": high + 1}
    if name not in ("temperature", "top_p"):
        wrong |= {"a fraction": low + 0.5}

    for what, value in wrong.items():
        with pytest.raises(ValidationError) as refused:
            save_with(name, value)
        assert set(refused.value.message_dict) == {name}, what

    assert not LLMModel.objects.exists()
    figure(parameter=name, refused=len(wrong))


@pytest.mark.invariant("D4")
@pytest.mark.parametrize("name", BOUNDS)
def test_the_bounds_themselves_are_taken(name: str) -> None:
    _type, low, high = BOUNDS[name]

    stored = [
        getattr(LLMModel.objects.get(pk=save_with(name, value).pk), name) for value in (low, high)
    ]

    assert stored == [low, high]


@pytest.mark.invariant("D4")
@pytest.mark.parametrize("what", NOT_NUMBERS)
def test_a_count_of_documents_is_bounded(what: str) -> None:
    with pytest.raises(ValidationError) as refused:
        make_knowledge_base("Docs", document_count=NOT_NUMBERS[what])

    assert set(refused.value.message_dict) == {"document_count"}
    assert not KnowledgeBase.objects.exists()


@pytest.mark.invariant("D4")
@pytest.mark.parametrize("count", [0, 1, 2_147_483_647, None])
def test_a_count_of_documents_may_be_unknown_or_zero(count: int | None) -> None:
    assert make_knowledge_base("Docs", document_count=count).document_count == count


@pytest.mark.invariant("D4")
def test_the_table_refuses_by_itself(figure: Callable[..., None]) -> None:
    llms = {llm_type: make_llm(llm_type) for llm_type in (LLMType.EMBEDDING, LLMType.GENERATION)}
    refused = 0

    for name, (llm_type, low, high) in BOUNDS.items():
        pk = llms[LLMType(llm_type)].pk
        stored = pk if connection.vendor == "postgresql" else pk.hex
        for value in (low - 1, high + 1, 2**63 - 1):
            with pytest.raises(DatabaseError), transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute(
                        f"UPDATE registry_llmmodel SET {name} = %s WHERE id = %s", [value, stored]
                    )
            refused += 1

    figure(columns=len(BOUNDS), refused=refused)
