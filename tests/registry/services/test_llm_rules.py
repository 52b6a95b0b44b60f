"""What a model may hold, by its type and beside its neighbours."""

from __future__ import annotations

from typing import Any

import pytest

from registry.choices import LLMType
from registry.types import LLMChange, Secret
from tests.factories import API_KEY, make_connection, make_llm, make_provider
from tests.registry.services.drafts import draft, refusal

pytestmark = pytest.mark.django_db

FOREIGN = {
    "embedding": ["context_window", "max_output_tokens", "temperature", "top_p", "top_k"],
    "generation": ["dimensions", "max_tokens", "normalize", "batch_size"],
    "ner": ["dimensions", "batch_size", "context_window", "temperature", "top_k"],
}


@pytest.mark.parametrize(
    ("llm_type", "field"), [(name, field) for name, fields in FOREIGN.items() for field in fields]
)
def test_a_parameter_of_another_type_is_refused(llm_type: str, field: str) -> None:
    columns: dict[str, Any] = {"dimensions": 8} if llm_type == "embedding" else {}
    value = 2048 if field == "context_window" else 1

    assert set(refusal(draft(llm_type, **(columns | {field: value})))) == {field}


def test_an_embedding_model_needs_its_dimensions() -> None:
    assert set(refusal(draft(LLMType.EMBEDDING))) == {"dimensions"}


def test_an_answer_is_not_longer_than_the_context() -> None:
    found = refusal(draft(context_window=2048, max_output_tokens=2049))

    assert set(found) == {"max_output_tokens"}


@pytest.mark.parametrize("metric", ["cosine", "dot", "euclidean", ""])
def test_a_distance_metric_is_known_or_empty(metric: str) -> None:
    assert make_llm(LLMType.EMBEDDING, distance_metric=metric).distance_metric == metric


def test_an_unknown_distance_metric_is_refused() -> None:
    assert "distance_metric" in refusal(draft(LLMType.EMBEDDING, dimensions=8, distance_metric="x"))


@pytest.mark.parametrize("is_connected", [True, False])
def test_one_model_stands_once_over_one_connection(is_connected: bool) -> None:
    provider = make_provider()
    over = LLMChange(needs_connection=False)
    if is_connected:
        over = LLMChange(connection=make_connection(provider))
    make_llm(provider=provider, model_id="fast-1", change=over)

    found = refusal(draft(provider=provider, model_id="fast-1"), over)

    assert set(found) == {"model_id"}


def test_the_same_model_may_stand_over_several_connections() -> None:
    provider = make_provider()

    slugs = [
        make_llm(provider=provider, model_id="fast-1", change=change).slug
        for change in (
            LLMChange(api_key=Secret(API_KEY)),
            LLMChange(api_key=Secret(API_KEY)),
            LLMChange(connection=make_connection(provider)),
            LLMChange(needs_connection=False),
        )
    ]

    assert slugs == ["fast-1"] + [f"{provider.slug}-fast-1{end}" for end in ("", "-2", "-3")]


def test_a_slug_is_unique_among_shared_models() -> None:
    make_llm(slug="fast")

    assert refusal(draft(slug="fast")) == {"slug": ["Another model has this slug."]}


@pytest.mark.parametrize("slug", ["embedding", "generation", "ner", "available"])
def test_the_words_of_addresses_are_no_slugs(slug: str) -> None:
    assert set(refusal(draft(slug=slug))) == {"slug"}
