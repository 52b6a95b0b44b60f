"""Small and random catalogues for the tests of selection."""

from __future__ import annotations

import random
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from registry.choices import LLMType
from registry.models import Capability, LLMModel, Platform, Provider
from registry.types import LLMChange
from tests.factories import make_llm, make_platform, make_price, make_provider, make_route

WORDS = ("tools", "vision", "streaming")


def name_capabilities(*names: str) -> None:
    for name in names or WORDS:
        Capability.objects.get_or_create(name=name, defaults={"label": name.title()})


def make(
    slug: str,
    *,
    can: Sequence[str] = (),
    cannot: Sequence[str] = (),
    tags: Sequence[str] = (),
    aliases: Sequence[str] = (),
    price: str | None = None,
    output: str | None = None,
    llm_type: str = LLMType.GENERATION,
    **columns: Any,
) -> LLMModel:
    """Create a shared model without a key; `price` is per 1,000,000 input tokens."""
    name_capabilities(*WORDS, *can, *cannot)
    known = dict.fromkeys(can, True) | dict.fromkeys(cannot, False)
    llm = make_llm(
        llm_type,
        slug=slug,
        model_id=slug,
        name=slug,
        change=LLMChange(capabilities=known, tags=tags, aliases=aliases, needs_connection=False),
        **columns,
    )
    if price is not None:
        make_price(llm, price)
    if output is not None:
        make_price(llm, output, "output")
    llm.refresh_from_db()
    return llm


def random_catalogue(seed: int, count: int = 14) -> list[LLMModel]:
    """Create models of every kind that matters: priced or not, in tiers, routed or not."""
    chance = random.Random(seed)  # noqa: S311  # chance, no secret
    providers = [make_provider(f"maker{seed}-{number}") for number in range(3)]
    platforms = [
        make_platform(f"platform{seed}-{number}", status=status)
        for number, status in enumerate(("active", "beta", "deprecated"))
    ]
    return [_random_llm(f"r{seed}-{n}", chance, providers, platforms) for n in range(count)]


def _random_llm(
    slug: str, chance: random.Random, providers: list[Provider], platforms: list[Platform]
) -> LLMModel:
    can = [word for word in WORDS if chance.random() < 0.6]
    llm = make(
        slug,
        provider=chance.choice(providers),
        can=can,
        cannot=[word for word in WORDS if word not in can and chance.random() < 0.5],
        status=chance.choice(["active", "active", "active", "beta", "deprecated", "inactive"]),
        context_window=chance.choice([None, 4_096, 32_000, 128_000]),
        max_output_tokens=chance.choice([None, 1_024, 4_096]),
        tokens_per_second=chance.choice([None, 20.0, 80.0]),
        quality_tier=chance.choice(["best", "cheap", "unknown"]),
        price=_usd(chance),
        output=_usd(chance),
    )
    if chance.random() < 0.3:
        make_price(llm, str(Decimal(chance.randrange(1, 900)) / 100), min_prompt_tokens=500)
    if chance.random() < 0.2:
        make_price(llm, str(Decimal(chance.randrange(1, 9)) / 1000), "request")
    for platform in chance.sample(platforms, chance.randrange(0, 4)):
        route = make_route(
            llm,
            platform,
            priority=chance.randrange(1, 3),
            status=chance.choice(["active", "active", "inactive", "maintenance"]),
            success_rate=chance.choice([None, 0.9, 0.99]),
            avg_latency_ms=chance.choice([None, 100, 300]),
        )
        if chance.random() < 0.5:
            make_price(llm, str(Decimal(chance.randrange(0, 500)) / 100), route=route)
    llm.refresh_from_db()
    return llm


def _usd(chance: random.Random) -> str | None:
    return chance.choice([None, "0", str(Decimal(chance.randrange(1, 1000)) / 100)])
