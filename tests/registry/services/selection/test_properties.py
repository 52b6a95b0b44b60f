"""What holds of every catalogue: tried on random ones, beside plain Python."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from registry.errors import PriceUnknownError
from registry.models import LLMModel, Route
from registry.services import selection
from registry.services.costs import Usage, cost
from registry.services.selection import Requirements
from tests.registry.services.selection.catalogues import WORDS, random_catalogue

pytestmark = pytest.mark.django_db

SEEDS = range(8)
SIZES = ((100, 100), (1000, 500), (3000, 2000), (30_000, 1024))
SELECTABLE = ("active", "beta")


def cost_or_none(subject: LLMModel | Route, usage: Usage) -> Decimal | None:
    try:
        return cost(subject, usage).total
    except PriceUnknownError:
        return None


def fits(llm: LLMModel, usage: Usage) -> bool:
    together = usage.prompt_tokens + usage.output_tokens
    long_enough = llm.max_output_tokens is None or usage.output_tokens <= llm.max_output_tokens
    return long_enough and (llm.context_window is None or together <= llm.context_window)


def usable(llm: LLMModel) -> list[Route]:
    routes = llm.routes.select_related("platform")
    return [
        route
        for route in routes
        if route.status == "active" and route.platform.status in SELECTABLE
    ]


def has(llm: LLMModel, name: str) -> bool:
    return llm.capabilities.filter(capability__name=name, supported=True).exists()


def is_reachable(llm: LLMModel) -> bool:
    return bool(usable(llm)) or not llm.routes.exists()


def offers(llm: LLMModel, usage: Usage) -> Iterator[Decimal]:
    """Return what the request costs over each way to call the model, where it is known."""
    for subject in usable(llm) if llm.routes.exists() else [llm]:
        found = cost_or_none(subject, usage)
        if found is not None:
            yield found


@pytest.mark.parametrize("seed", SEEDS)
def test_the_cheapest_route_is_never_dearer_than_another_usable_one(seed: int) -> None:
    llms = random_catalogue(seed)

    for prompt_tokens, output_tokens in SIZES:
        usage = Usage(prompt_tokens, output_tokens)
        found = selection.cheapest_route(prompt_tokens, output_tokens, ("tools",))
        others = [
            total
            for llm in llms
            if llm.status in SELECTABLE and has(llm, "tools") and fits(llm, usage)
            for route in usable(llm)
            if (total := cost_or_none(route, usage)) is not None
        ]
        assert (found is None) == (not others)
        if found is not None:
            assert found.cost.total == min(others)
            assert cost(found.route, usage).total == found.cost.total


@pytest.mark.parametrize("seed", SEEDS)
def test_the_cheapest_come_in_the_order_of_their_exact_costs(seed: int) -> None:
    llms = {llm.slug: llm for llm in random_catalogue(seed)}

    for prompt_tokens, output_tokens in SIZES:
        wanted = Requirements(
            prompt_tokens=prompt_tokens, output_tokens=output_tokens, objective="cheapest"
        )
        ranked = selection.recommend(wanted).results
        totals = [row.cost.total for row in ranked if row.cost]

        assert len(totals) == len(ranked)
        assert totals == sorted(totals)
        for row in ranked:
            assert row.cost is not None
            assert row.cost.total == min(offers(llms[row.llm.slug], wanted.usage))


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_recommended_is_what_a_query_finds_and_the_request_fits(seed: int) -> None:
    random_catalogue(seed)
    usage = Usage(3000, 2000)
    conditions: dict[str, Any] = {
        "requires": ("tools",),
        "max_input_cost": Decimal(5),
        "min_context": 4_096,
    }

    found = selection.recommend(
        Requirements(**conditions, prompt_tokens=3000, output_tokens=2000, limit=100)
    )

    expected = [llm.slug for llm in selection.query(**conditions) if fits(llm, usage)]
    assert [row.llm.slug for row in found.results] == expected
    assert found.count == len(expected)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_reason_is_true_and_none_is_missing(seed: int) -> None:
    llms = random_catalogue(seed)
    wanted = Requirements(
        requires=("tools",),
        excluded=("vision",),
        min_context=32_000,
        max_input_cost=Decimal(4),
        min_speed_tps=50,
        quality_tier="cheap",
        prompt_tokens=1500,
        output_tokens=2000,
        objective="cheapest",
    )

    found = selection.recommend(wanted)

    rejected = {row.llm.slug: {reason.code for reason in row.reasons} for row in found.rejected}
    accepted = {row.llm.slug for row in found.results}
    assert accepted | set(rejected) == {llm.slug for llm in llms}
    for llm in llms:
        reasons = set(reasons_of(llm))
        told = rejected.get(llm.slug, set())
        assert told - {"price_unknown"} == reasons, llm.slug
        if not reasons:
            assert (told == {"price_unknown"}) == (not list(offers(llm, wanted.usage)))


def reasons_of(llm: LLMModel) -> Iterator[str]:
    """Return by plain Python why a model does not fit; its cost apart."""
    known = dict(llm.capabilities.values_list("capability__name", "supported"))
    context, price, speed = llm.context_window, llm.input_cost, llm.tokens_per_second
    checks: dict[str, bool] = {
        "status": llm.status in SELECTABLE,
        "no_usable_route": is_reachable(llm),
        "capability_missing:tools": known.get("tools") is not False,
        "capability_unknown:tools": "tools" in known,
        "capability_excluded:vision": not known.get("vision"),
        "context_unknown": context is not None,
        "context_too_small": context is None or context >= 32_000,
        "input_price_unknown": price is not None,
        "input_too_dear": price is None or price <= Decimal(4),
        "speed_unknown": speed is not None,
        "too_slow": speed is None or speed >= 50,
        "other_tier": llm.quality_tier == "cheap",
        "output_too_long": llm.max_output_tokens is None or llm.max_output_tokens >= 2000,
        "request_too_long": context is None or context >= 3500,
    }
    for code, holds in checks.items():
        if not holds:
            yield code


@pytest.mark.parametrize("seed", SEEDS)
def test_a_cheaper_model_is_cheaper_and_can_do_the_same(seed: int) -> None:
    llms = random_catalogue(seed)
    usage = Usage(1000, 500)

    for llm in llms:
        own = min(offers(llm, usage), default=None) if usable(llm) else cost_or_none(llm, usage)
        found = selection.cheaper(llm, usage)
        assert own is not None or not found
        totals = [offer.total for offer in found if offer.total is not None]
        assert len(totals) == len(found)
        assert totals == sorted(totals)
        for offer in found:
            assert own is not None
            assert offer.total == min(offers(offer.llm, usage)) < own
            assert all(has(offer.llm, word) for word in ("tools", "vision") if has(llm, word))


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_cheaper_is_left_out(seed: int) -> None:
    llms = random_catalogue(seed)
    usage = Usage(1000, 500, cached_tokens=400)

    for llm in llms:
        own = min(offers(llm, usage), default=None if usable(llm) else cost_or_none(llm, usage))
        expected = {
            other.slug
            for other in llms
            if own is not None
            and other.pk != llm.pk
            and other.status in SELECTABLE
            and is_reachable(other)
            and fits(other, usage)
            and all(has(other, word) for word in WORDS if has(llm, word))
            and min(offers(other, usage), default=own) < own
        }
        assert {offer.llm.slug for offer in selection.cheaper(llm, usage)} == expected


@pytest.mark.parametrize("seed", SEEDS)
def test_the_best_is_the_first_of_the_query(seed: int) -> None:
    random_catalogue(seed)
    questions: list[dict[str, Any]] = [
        {},
        {"requires_tools": True},
        {"quality_tier": "best", "min_speed_tps": 50},
        {"provider": f"maker{seed}-1"},
        {"platform": f"platform{seed}-0", "min_context": 8_000},
        {"requires_telepathy": True},
    ]

    for question in questions:
        first = next(iter(selection.query(**question)), None)
        assert selection.find_best(**question) == first


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("objective", ["best", "cheapest"])
def test_asked_for_a_platform_only_its_routes_count(seed: int, objective: str) -> None:
    llms = {llm.slug: llm for llm in random_catalogue(seed)}
    platform = f"platform{seed}-0"
    wanted = Requirements(platform=platform, objective=objective)

    found = selection.recommend(wanted).results

    totals = []
    for row in found:
        served = [one for one in usable(llms[row.llm.slug]) if one.platform.slug == platform]
        assert row.route in served
        cost_there = None if row.cost is None else row.cost.total
        assert cost_there == cost_or_none(row.route, wanted.usage)
        totals.append(cost_there)
    if objective == "cheapest":
        assert totals == sorted(total for total in totals if total is not None)
