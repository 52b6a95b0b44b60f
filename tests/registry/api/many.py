"""Many rows at once, past the services: their number is what a test is about."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

from audit.tracking import unaudited
from registry.choices import JobKind, PriceUnit
from registry.models import (
    Capability,
    Client,
    ClientModel,
    Connection,
    ConnectionTest,
    Job,
    KnowledgeBase,
    LLMAlias,
    LLMModel,
    ModelCapability,
    Platform,
    Price,
    Provider,
    Route,
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
    _fill_tests(llms)
    _fill_prices(llms)
    _fill_routes(llms)


def fill_clients(first: int, last: int) -> None:
    """Add the clients of these numbers: each holds a model of its own and one that all hold."""
    now = datetime(2026, 11, 1, tzinfo=UTC)
    rows = [
        Client(
            client_id=f"c{number}",
            provider=f"p{number % 7}",
            registered_at=now,
            registered_turn=number,
            last_seen=now,
        )
        for number in range(first, last)
    ]
    unaudited(Client.objects.all()).bulk_create(rows)
    stored = {row.client_id: row for row in Client.objects.all()}
    ClientModel.objects.bulk_create(
        ClientModel(
            client=stored[row.client_id],
            model_id=model_id,
            position=position,
            info={"id": model_id},
            changed_at=now,
        )
        for row in rows
        for position, model_id in enumerate((f"m-{row.client_id}", "m"))
    )


def _fill_tests(llms: list[LLMModel]) -> None:
    """Add as many tests of connections, all of them of the first model."""
    tested = LLMModel.objects.get(slug="m0")
    jobs = [Job(kind=JobKind.CONNECTION_TEST, subject=llm.slug, source="api") for llm in llms]
    Job.objects.bulk_create(jobs)
    ConnectionTest.objects.bulk_create([ConnectionTest(job=job, llm=tested) for job in jobs])


def _fill_prices(llms: list[LLMModel]) -> None:
    """Give each model two prices, for short prompts and for long ones."""
    prices = [
        Price(
            llm=llm,
            unit=PriceUnit.INPUT,
            min_prompt_tokens=tier,
            usd=Decimal(2),
            valid_from=datetime(2026, 1, 1, tzinfo=UTC),
            is_applied=True,
        )
        for llm in llms
        for tier in (0, 200_000)
    ]
    unaudited(Price.objects.all()).bulk_create(prices)


def _fill_routes(llms: list[LLMModel]) -> None:
    """Give each model a route over a platform of its own, and the first model one over each."""
    first = LLMModel.objects.get(slug="m0")
    names = [f"p{llm.slug}" for llm in llms]
    platforms = list(Platform.objects.filter(slug__in=names))
    links = Platform.providers.through
    links.objects.bulk_create(
        [links(platform_id=row.pk, provider_id=first.provider_id) for row in platforms]
    )
    routed = {f"p{llm.slug}": llm for llm in llms}
    unaudited(Route.objects.all()).bulk_create(
        [
            Route(llm=llm, platform=row, provider_id=llm.provider_id, slug=f"{llm.slug}@{row.slug}")
            for row in platforms
            for llm in {first, routed[row.slug]}
        ]
    )
