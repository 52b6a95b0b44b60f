"""Puts the catalogue of selection.json into the tables, by the services."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from registry.models import Capability, LLMModel, Platform, Provider, Route
from registry.services import prices
from registry.services.llms import save_llm
from registry.services.platforms import save_platform
from registry.services.providers import save_provider
from registry.services.routes import save_route
from registry.types import LLMChange

_PARAMETERS = (
    *("type", "status", "family", "quality_tier", "context_window", "max_output_tokens"),
    *("tokens_per_second", "dimensions", "distance_metric", "deprecation_date"),
    *("migration_guide",),
)
_ROUTE = ("priority", "status", "avg_latency_ms")


def load(file: dict[str, Any]) -> None:
    """Store the platforms, models and routes; their ids are the slugs.

    What an installation begins with may be there already: it is made what the file says.
    """
    platforms = {entry["id"]: _save_platform(entry) for entry in file["platforms"]}
    providers = {
        name: Provider.objects.named(name).first() or save_provider(Provider(slug=name, name=name))
        for name in {entry["provider"] for entry in file["models"]}
    }
    _name_capabilities({name for entry in file["models"] for name in entry["capabilities"]})
    llms = {entry["id"]: _save_llm(entry, providers[entry["provider"]]) for entry in file["models"]}
    for entry in file["models"]:
        if "replacement" in entry:
            llm = llms[entry["id"]]
            llm.replacement = llms[entry["replacement"]]
            save_llm(llm, LLMChange(frozenset({"replacement"})))
    for entry in file["routes"]:
        _save_route(entry, llms[entry["model"]], platforms[entry["platform"]])


def _save_platform(entry: dict[str, Any]) -> Platform:
    slug = entry["id"]
    platform: Platform = Platform.objects.slugged(slug).first() or Platform(slug=slug, name=slug)
    platform.status = entry["status"]
    return save_platform(platform)


def _name_capabilities(names: set[str]) -> None:
    for name in names.difference(Capability.objects.values_list("name", flat=True)):
        capability = Capability(name=name, label=name)
        capability.full_clean()
        capability.save()


def _save_llm(entry: dict[str, Any], provider: Provider) -> LLMModel:
    columns = {}
    for name in _PARAMETERS:
        if entry.get(name) is not None:
            columns[name] = entry[name]
    names = {"slug": entry["id"], "model_id": entry["id"], "name": entry["id"]}
    llm = save_llm(
        LLMModel(provider=provider, **names, **columns),
        LLMChange(
            capabilities=entry["capabilities"],
            tags=entry.get("tags", []),
            aliases=entry.get("aliases", []),
            needs_connection=False,
        ),
    )
    prices.append(llm, _known(entry["pricing"]))
    return llm


def _save_route(entry: dict[str, Any], llm: LLMModel, platform: Platform) -> None:
    route = save_route(
        Route(
            slug=entry["id"],
            llm=llm,
            platform=platform,
            provider=Provider.objects.named(entry["provider"]).get(),
            success_rate=float(entry["success_rate"]),
            **{name: entry[name] for name in _ROUTE},
        )
    )
    prices.append(llm, _known(entry["pricing"]), route=route)


def _known(pricing: dict[str, str | None] | None) -> dict[str, Decimal | None]:
    """Return the prices that are known: an absent or negative one is not."""
    known: dict[str, Decimal | None] = {}
    for unit, text in (pricing or {}).items():
        if text is not None and Decimal(text) >= 0:
            known[unit] = Decimal(text)
    return known
