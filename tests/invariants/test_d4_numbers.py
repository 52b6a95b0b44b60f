"""D4: a number out of its bounds is refused by its name; the table refuses it, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction

from audit import tracking
from registry.choices import LLMType
from registry.models import Connection, KnowledgeBase, LLMModel, Price
from registry.services.costs import Usage
from registry.services.llms import save_llm
from registry.services.prices import save_price
from registry.types import LLMChange, Secret
from roles.models import CatalogEntry
from roles.services.catalogs import save_entry
from roles.services.own_llms import save_cloud_model, save_local_model
from tests.factories import (
    API_KEY,
    make_knowledge_base,
    make_llm,
    make_provider,
    make_route,
    make_user,
)
from tests.roles.factories import make_host, provider_of

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
LARGEST = 2_147_483_647
# The same of the tables beside the models; `usd` is a price in US dollars.
BESIDE: dict[str, tuple[float, float]] = {
    "price.usd": (0, 999_999.999999999),
    "price.min_prompt_tokens": (0, LARGEST),
    "route.priority": (1, 1_000_000),
    "route.success_rate": (0, 1),
    "route.avg_latency_ms": (0, 86_400_000),
    "llmmodel.latency_ms": (0, 86_400_000),
    "llmmodel.tokens_per_second": (0, 1_000_000),
}
REAL = ("price.usd", "route.success_rate", "llmmodel.tokens_per_second")
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


def store_beside(name: str, value: Any) -> Any:
    """Store a row whose column `name` (`table.column`) is `value`, which may be no number."""
    table, _dot, column = name.partition(".")
    if table == "price":
        columns = {"usd": 1, column: value}
        return save_price(Price(llm=make_llm(), unit="input", **columns))
    return (make_route if table == "route" else make_llm)(**{column: value})


@pytest.mark.invariant("D4")
@pytest.mark.parametrize("name", BESIDE)
def test_what_is_no_number_within_bounds_is_refused_in_other_tables(
    name: str, figure: Callable[..., None]
) -> None:
    low, high = BESIDE[name]
    wrong = NOT_NUMBERS | {"below": low - 1, "above": high + 1}
    if name in REAL:
        del wrong["text"]  # a number to a column of fractions; the API refuses it
    else:
        wrong |= {"a fraction": low + 0.5}

    for what, value in wrong.items():
        with pytest.raises(ValidationError) as refused:
            store_beside(name, value)
        assert set(refused.value.message_dict) == {name.partition(".")[2]}, what

    assert not Price.objects.exists()
    figure(parameter=name, refused=len(wrong))


@pytest.mark.invariant("D4")
@pytest.mark.parametrize("name", BESIDE)
def test_the_bounds_of_other_tables_are_taken(name: str) -> None:
    for bound in BESIDE[name]:
        row = store_beside(name, bound)
        row.refresh_from_db()
        assert float(getattr(row, name.partition(".")[2])) == bound


@pytest.mark.invariant("D4")
@pytest.mark.parametrize("name", ["prompt_tokens", "output_tokens", "cached_tokens"])
def test_the_tokens_of_a_cost_are_bounded(name: str, figure: Callable[..., None]) -> None:
    wrong = NOT_NUMBERS | {"a fraction": 0.5, "nothing": None}

    for what, value in wrong.items():
        with pytest.raises(ValidationError) as refused:
            Usage(**{"prompt_tokens": LARGEST, name: value})
        assert set(refused.value.message_dict) == {name}, what

    assert Usage(LARGEST, LARGEST, LARGEST).prompt_tokens == LARGEST
    figure(parameter=name, refused=len(wrong))


@pytest.mark.invariant("D4")
def test_the_other_tables_refuse_by_themselves(figure: Callable[..., None]) -> None:
    refused = 0

    for name, (low, high) in BESIDE.items():
        table, _dot, column = name.partition(".")
        row = store_beside(name, low)
        is_plain = connection.vendor == "postgresql" or table == "price"
        pk = row.pk if is_plain else row.pk.hex
        for value in (low - 1, high + 1, 2**63 - 1)[: 1 if name == "price.usd" else 3]:
            with pytest.raises(DatabaseError), transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute(
                        f"UPDATE registry_{table} SET {column} = %s WHERE id = %s", [value, pk]
                    )
            refused += 1

    figure(columns=len(BESIDE), refused=refused)


# A window in thousands of tokens: what does not fit the column is refused in the word sent.
OWN_WINDOWS: dict[str, Callable[[Any], object]] = {
    "model of a host": lambda value: save_local_model(
        *(_host().owner, None), host=_host().slug, model_name="m", context_k=value
    ),
    "model of a provider": lambda value: save_cloud_model(
        *(_host().owner, None), provider="gemini", model_name="m", context_k=value
    ),
    "addition to a catalogue": lambda value: save_entry(
        _host().owner, "gemini", model_id="m", context_k=value
    ),
}


def _host() -> Any:
    found = Connection.objects.filter(owner__isnull=False).first()
    return found or make_host(make_user())


@pytest.mark.invariant("D4")
@pytest.mark.parametrize("what", OWN_WINDOWS)
def test_a_window_in_thousands_is_refused_by_name(what: str, figure: Callable[..., None]) -> None:
    provider_of("gemini")
    wrong = NOT_NUMBERS | {"below": 1, "above": LARGEST // 1000 + 1, "a fraction": 0.5}

    for name, value in wrong.items():
        with pytest.raises(ValidationError) as refused:
            OWN_WINDOWS[what](value)
        assert set(refused.value.message_dict) == {"context_k"}, name

    assert not LLMModel.objects.exists()
    assert not CatalogEntry.objects.exists()
    figure(parameter=f"context_k, {what}", refused=len(wrong))


@pytest.mark.invariant("D4")
@pytest.mark.parametrize("what", OWN_WINDOWS)
@pytest.mark.parametrize(("value", "stored"), [(0, None), (2, 2_000), (2_147_483, 2_147_483_000)])
def test_a_window_in_thousands_is_stored_in_tokens(
    what: str, value: int, stored: int | None
) -> None:
    provider_of("gemini")

    row: Any = OWN_WINDOWS[what](value)

    row.refresh_from_db()
    assert row.context_window == stored


@pytest.mark.invariant("D4")
def test_the_table_of_additions_refuses_by_itself(figure: Callable[..., None]) -> None:
    entry = save_entry(make_user(), provider_of("gemini").slug, model_id="m", context_k=2)
    for value in (1_023, LARGEST + 1, 2**63 - 1):
        with pytest.raises(DatabaseError), transaction.atomic():
            tracking.unaudited(CatalogEntry.objects.filter(pk=entry.pk)).update(
                context_window=value
            )

    figure(columns=1, refused=3)
