"""Numbers are bounded, at the API and in the tables."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from audit.tracking import unaudited
from registry.models import KnowledgeBase, LLMModel, Provider
from tests.factories import make_knowledge_base, make_llm
from tests.registry.api.client import MODELS, Api, fields_of

BASES = "/api/v1/admin/knowledge-bases"
# As they stand in the body: JSON of our own writing, since a library would not write them.
NEVER = [
    *("-1", "2147483648", "9223372036854775808", "1" + "0" * 400, "-1e300", "1e400"),
    *("NaN", "Infinity", "-Infinity", '"1e5"', '"5"', '""', "true", "false", "[]", "[1]", "{}"),
]
WHOLE = ["0.5", "1.5", "1e-7"]
PARAMETERS = {
    "dimensions": ("embedding", [*NEVER, *WHOLE, "0", "8193", "null"]),
    "max_tokens": ("embedding", [*NEVER, *WHOLE, "0"]),
    "batch_size": ("embedding", [*NEVER, *WHOLE, "0", "1001"]),
    "context_window": ("generation", [*NEVER, *WHOLE, "0", "1023"]),
    "max_output_tokens": ("generation", [*NEVER, *WHOLE, "0"]),
    "temperature": ("generation", [*NEVER, "2.0000001", "-0.1"]),
    "top_p": ("generation", [*NEVER, "1.01", "-0.01"]),
    "top_k": ("generation", [*NEVER, *WHOLE, "0"]),
}
GOOD = {
    "dimensions": ["1", "8192", "768.0"],
    "max_tokens": ["1", "2147483647", "null"],
    "batch_size": ["1", "1000", "null"],
    "context_window": ["1024", "2147483647", "1e6", "null"],
    "max_output_tokens": ["1", "null"],
    "temperature": ["0", "2", "0.7", "null"],
    "top_p": ["0", "1", "1e-3", "null"],
    "top_k": ["1", "2147483647", "null"],
}
# What only the table can be asked: the values as SQL gets them.
OUT_OF_RANGE: dict[str, list[float]] = {
    "dimensions": [-1, 0, 8193],
    "max_tokens": [-1, 0],
    "batch_size": [-1, 0, 1001],
    "context_window": [-1, 0, 1023],
    "max_output_tokens": [-1, 0],
    "temperature": [-0.1, 2.1, float("inf"), float("-inf")],
    "top_p": [-0.01, 1.01, float("inf")],
    "top_k": [-1, 0],
}


def body(field: str, value: str) -> bytes:
    return f'{{"config": {{{json.dumps(field)}: {value}}}}}'.encode()


@pytest.mark.invariant("D4")
@pytest.mark.parametrize("field", PARAMETERS)
def test_a_number_out_of_bounds_is_refused_by_name(
    api: Api, openai: Provider, field: str, figure: Callable[..., None]
) -> None:
    llm_type, values = PARAMETERS[field]
    llm = make_llm(llm_type, provider=openai)

    for value in values:
        answer = api.patch(f"{MODELS}/{llm.pk}", body(field, value))
        assert answer.status_code == 400, (value[:20], answer.content)
        assert fields_of(answer) == {field}, value[:20]

    llm.refresh_from_db()
    assert llm.revision == 1
    figure(field=field, refused=len(values))


@pytest.mark.invariant("D4")
@pytest.mark.parametrize("field", GOOD)
def test_a_number_at_its_bound_is_kept(api: Api, openai: Provider, field: str) -> None:
    llm = make_llm(PARAMETERS[field][0], provider=openai)

    for value in GOOD[field]:
        answer = api.patch(f"{MODELS}/{llm.pk}", body(field, value))
        assert answer.status_code == 200, (value, answer.content)
        assert answer.json()["config"][field] == json.loads(value)


@pytest.mark.invariant("D4")
@pytest.mark.parametrize("value", [*NEVER, *WHOLE])
def test_a_count_of_documents_is_a_count(api: Api, value: str) -> None:
    make_knowledge_base("Docs")

    answer = api.patch(f"{BASES}/docs", f'{{"document_count": {value}}}'.encode())

    assert (answer.status_code, fields_of(answer)) == (400, {"document_count"})


@pytest.mark.invariant("D4")
@pytest.mark.parametrize("field", ["name", "model_id", "slug", "family", "description"])
@pytest.mark.parametrize("value", ["1", "1" + "0" * 400, "1.5", "true", "NaN", "[]", "{}"])
def test_a_number_is_no_text(api: Api, openai: Provider, field: str, value: str) -> None:
    path = f"{MODELS}/{make_llm(provider=openai).pk}"

    answer = api.patch(path, f'{{"{field}": {value}}}'.encode())

    assert (answer.status_code, fields_of(answer)) == (400, {field})


@pytest.mark.invariant("D4")
def test_an_answer_is_never_longer_than_the_context(api: Api, openai: Provider) -> None:
    path = f"{MODELS}/{make_llm(provider=openai, context_window=4096).pk}"

    answer = api.patch(path, {"config": {"max_output_tokens": 8192}})

    assert (answer.status_code, fields_of(answer)) == (400, {"max_output_tokens"})


def refuses(row: Any, **columns: Any) -> bool:
    """Say whether the table itself refuses these values, past every rule of ours."""
    try:
        with transaction.atomic():
            unaudited(type(row).objects.filter(pk=row.pk)).update(**columns)
    except DatabaseError:
        return True
    return False


@pytest.mark.invariant("D4")
@pytest.mark.django_db
def test_the_tables_refuse_the_same_numbers(figure: Callable[..., None]) -> None:
    rows = {name: make_llm(name) for name in ("embedding", "generation")}
    tried: list[tuple[Any, dict[str, Any]]] = [
        (rows[PARAMETERS[field][0]], {field: value})
        for field, values in OUT_OF_RANGE.items()
        for value in values
    ]
    tried.append((make_knowledge_base(), {"document_count": -1}))
    tried.append((rows["generation"], {"context_window": 4096, "max_output_tokens": 8192}))
    tried.append((rows["embedding"], {"dimensions": None}))

    accepted = [columns for row, columns in tried if not refuses(row, **columns)]

    assert accepted == []
    assert {LLMModel, KnowledgeBase} == {type(row) for row, _columns in tried}
    figure(tried=len(tried), refused=len(tried))
