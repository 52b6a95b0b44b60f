"""Many rows at once, past the services: their number is what a test is about."""

from __future__ import annotations

from uuid import uuid4

from audit.tracking import unaudited
from registry.models import (
    Capability,
    Connection,
    KnowledgeBase,
    LLMAlias,
    LLMModel,
    ModelCapability,
    Platform,
    Provider,
    Tag,
)


def fill(first: int, last: int) -> None:
    """Add the models of these numbers, each with everything a row of the list shows."""
    provider = Provider.objects.get(slug="openai")
    vision = Capability.objects.get(name="vision")
    shared, _new = Connection.objects.get_or_create(provider=provider, label="Shared")
    tag, _new = Tag.objects.get_or_create(name="tag", folded="tag")
    llms = [
        LLMModel(
            id=uuid4(),
            slug=f"m{number}",
            type="embedding",
            provider=provider,
            connection=shared,
            name=f"Model {number:05d}",
            model_id=f"m{number}",
            dimensions=8,
        )
        for number in range(first, last)
    ]
    unaudited(LLMModel.objects.all()).bulk_create(llms)
    unaudited(LLMAlias.objects.all()).bulk_create(
        [LLMAlias(llm=llm, name=f"a {llm.slug}", folded=f"a {llm.slug}") for llm in llms]
    )
    unaudited(ModelCapability.objects.all()).bulk_create(
        [ModelCapability(llm=llm, capability=vision, supported=True) for llm in llms]
    )
    unaudited(KnowledgeBase.objects.all()).bulk_create(
        [KnowledgeBase(slug=llm.slug, name=llm.slug, embedding_model=llm) for llm in llms]
    )
    links = LLMModel.tags.through
    links.objects.bulk_create([links(llmmodel_id=llm.pk, tag_id=tag.pk) for llm in llms])
    unaudited(Platform.objects.all()).bulk_create(
        [Platform(slug=f"p{llm.slug}", name=llm.slug) for llm in llms]
    )
    unaudited(Connection.objects.all()).bulk_create(
        [Connection(provider=provider, label=f"c {llm.slug}") for llm in llms]
    )
