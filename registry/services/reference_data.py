"""Loads providers, platforms and the capability vocabulary from registry/data."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from registry.models import Capability, Platform, Provider
from registry.services.platforms import save_platform
from registry.services.providers import save_provider

_PROVIDER_COLUMNS = (
    "slug name description kind dialect direct_api_url auth_required proxy_prefix".split()
)
_PLATFORM_COLUMNS = ("slug", "name", "description", "base_url", "auth_type")


def load() -> dict[str, int]:
    """Create what is missing; rows that are there stay as somebody left them.

    Returns the number of rows created per kind.
    """
    return {
        "providers": sum(_provider(entry) for entry in _read("providers")),
        "platforms": sum(_platform(entry) for entry in _read("platforms")),
        "capabilities": sum(_capability(entry) for entry in _read("capabilities")),
    }


def _read(name: str) -> list[dict[str, Any]]:
    text = resources.files("registry.data").joinpath(f"{name}.json").read_text()
    rows: list[dict[str, Any]] = json.loads(text)[name]
    return rows


def _provider(entry: dict[str, Any]) -> bool:
    if Provider.objects.filter(slug=entry["slug"]).exists():
        return False
    columns = {name: entry[name] for name in _PROVIDER_COLUMNS if name in entry}
    save_provider(Provider(**columns), aliases=entry.get("aliases", ()))
    return True


def _platform(entry: dict[str, Any]) -> bool:
    if Platform.objects.filter(slug=entry["slug"]).exists():
        return False
    columns = {name: entry[name] for name in _PLATFORM_COLUMNS if name in entry}
    providers = list(Provider.objects.filter(slug__in=entry.get("providers", ())))
    save_platform(Platform(**columns), providers=providers)
    return True


def _capability(entry: dict[str, Any]) -> bool:
    if Capability.objects.filter(name=entry["name"]).exists():
        return False
    capability = Capability(
        name=entry["name"], label=entry["label"], description=entry.get("description", "")
    )
    capability.full_clean()
    capability.save()
    return True
