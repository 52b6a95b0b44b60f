"""Thousands of models with capabilities, routes and prices, written past the services at once.

A trail of them is not what is measured; each row is one that the services would have written.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone

from audit import tracking
from registry.choices import LLMStatus, LLMType
from registry.models import Capability, LLMModel, ModelCapability, Platform, Price, Route
from tests.factories import make_platform, make_provider

CAPABILITIES = ("json_mode", "streaming", "tools", "vision")
PLATFORMS = 3


def add_many(count: int, *, retiring: int = 0, start: int = 0) -> list[LLMModel]:
    """Add generation models with two capabilities, three routes and two prices each.

    The first `retiring` retire within 90 days. The prices rise with the number, from `start` on.
    """
    provider = make_provider()
    words = [Capability.objects.get_or_create(name=name)[0] for name in CAPABILITIES]
    platforms = [make_platform() for _ in range(PLATFORMS)]
    llms = [_llm(number, number - start < retiring) for number in range(start, start + count)]
    for llm in llms:
        llm.provider = provider
    tracking.unaudited(LLMModel.objects.all()).bulk_create(llms, batch_size=500)
    _link(llms, words, platforms)
    _price(llms)
    return llms


def _llm(number: int, is_retiring: bool) -> LLMModel:
    today = timezone.localdate()
    ends: date | None = today + timedelta(days=number % 90) if is_retiring else None
    return LLMModel(
        slug=f"many-{number:05}",
        name=f"Many {number:05}",
        model_id=f"many/model-{number:05}",
        type=LLMType.GENERATION,
        status=LLMStatus.ACTIVE if number % 5 else LLMStatus.BETA,
        context_window=8_000 * (1 + number % 30),
        max_output_tokens=4_096,
        tokens_per_second=float(20 + number % 100),
        deprecation_date=ends,
        input_cost=_usd(number),
        output_cost=2 * _usd(number),
    )


def _usd(number: int) -> Decimal:
    return Decimal(100 + number) / 1000


def _link(llms: list[LLMModel], words: list[Capability], platforms: list[Platform]) -> None:
    links = [
        ModelCapability(llm=llm, capability=words[(place + step) % len(words)], supported=step == 0)
        for place, llm in enumerate(llms)
        for step in range(2)
    ]
    routes = [
        Route(
            slug=f"{llm.slug}@{platform.slug}",
            llm=llm,
            platform=platform,
            provider=llm.provider,
            priority=priority,
        )
        for llm in llms
        for priority, platform in enumerate(platforms, start=1)
    ]
    tracking.unaudited(ModelCapability.objects.all()).bulk_create(links, batch_size=500)
    tracking.unaudited(Route.objects.all()).bulk_create(routes, batch_size=500)


def _price(llms: list[LLMModel]) -> None:
    since = timezone.now() - timedelta(days=1)
    prices = [
        Price(llm=llm, unit=unit, usd=usd, valid_from=since, is_applied=True)
        for llm in llms
        for unit, usd in (("input", llm.input_cost), ("output", llm.output_cost))
    ]
    tracking.unaudited(Price.objects.all()).bulk_create(prices, batch_size=500)
