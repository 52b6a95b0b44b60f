"""The `api.json` of models.dev: providers, each with its models. What is not known is left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from registry.choices import LLMStatus, LLMType, PriceUnit
from registry.formats import modalities, money
from registry.formats.base import Window, encode
from registry.formats.generic import OwnErrors
from registry.formats.keys import variable
from registry.formats.moments import since_epoch
from registry.types import ListedModel, Thinking

_NOBODY = "unknown"  # the provider of what names none
_PACKAGES = {
    "openai": "@ai-sdk/openai",
    "anthropic": "@ai-sdk/anthropic",
    "gemini": "@ai-sdk/google",
    "azure": "@ai-sdk/azure",
    "cohere": "@ai-sdk/cohere",
    "mistral": "@ai-sdk/mistral",
    "groq": "@ai-sdk/groq",
}
_ANY_PACKAGE = "@ai-sdk/openai-compatible"
_COSTS = {
    PriceUnit.INPUT.value: "input",
    PriceUnit.OUTPUT.value: "output",
    PriceUnit.REASONING.value: "reasoning",
    PriceUnit.CACHED_INPUT.value: "cache_read",
    PriceUnit.CACHE_WRITE.value: "cache_write",
    PriceUnit.AUDIO.value: "input_audio",
}
_STATUSES = {LLMStatus.BETA.value: "beta", LLMStatus.DEPRECATED.value: "deprecated"}


class ModelsDev(OwnErrors):
    name = "models_dev"

    def arrange(self, models: Sequence[ListedModel]) -> list[ListedModel]:
        return sorted(super().arrange(models), key=_slug)

    def entry(self, model: ListedModel) -> dict[str, Any]:
        known, takes = model.capabilities, modalities.inputs(model)
        released = model.release_date or _day(model)
        updated = model.updated_at.date() if model.updated_at else released
        limits = {
            "context": model.context_window,
            "input": model.max_input_tokens,
            "output": model.max_output_tokens,
        }
        found = {
            "id": model.id,
            "name": model.name or model.id,
            "family": model.family or None,
            "attachment": True if len(takes) > 1 else known.get("vision"),
            "reasoning": known.get("reasoning"),
            "reasoning_options": _reasoning(model.thinking) or None,
            "tool_call": known.get("tools"),
            "structured_output": known.get("structured_output"),
            "temperature": _has_temperature(model),
            "release_date": released.isoformat() if released else None,
            "last_updated": updated.isoformat() if updated else None,
            "modalities": {"input": takes, "output": ["text"]},
            "limit": {key: value for key, value in limits.items() if value is not None},
            "cost": _cost(model) or None,
            "status": _STATUSES.get(model.status),
        }
        return {key: value for key, value in found.items() if value is not None}

    def frame(self, entries: Sequence[bytes], ids: Sequence[str], window: Window | None) -> bytes:
        """Return the models by id, of whatever provider: the shape of its `models.json`."""
        return b"{%s}" % _members(zip(ids, entries, strict=True))

    def whole(self, models: Sequence[ListedModel], entries: Sequence[bytes]) -> bytes:
        told = zip(models, entries, strict=True)
        return b"{%s}" % _members(
            (slug, _provider(slug, list(group)))
            for slug, group in groupby(told, key=lambda pair: _slug(pair[0]))
        )


def _slug(model: ListedModel) -> str:
    return model.owned_by or _NOBODY


def _members(pairs: Iterator[tuple[str, bytes]]) -> bytes:
    return b",".join(b"%s:%s" % (encode(name), value) for name, value in pairs)


def _provider(slug: str, group: Sequence[tuple[ListedModel, bytes]]) -> bytes:
    names = (model.provider_name for model, _entry in group if model.provider_name)
    key = variable("" if slug == _NOBODY else slug)
    about = {
        "id": slug,
        "name": next(names, slug),
        "env": [key] if key else [],
        "npm": _PACKAGES.get(slug, _ANY_PACKAGE),
    }
    models = _members((model.id, entry) for model, entry in group)
    return b'%s,"models":{%s}}' % (encode(about)[:-1], models)


def _day(model: ListedModel) -> date | None:
    moment = since_epoch(model.created)
    return moment.date() if moment else None


def _has_temperature(model: ListedModel) -> bool | None:
    if not model.supported_parameters:
        return None
    return "temperature" in model.supported_parameters


def _reasoning(thinking: Thinking | None) -> list[dict[str, Any]]:
    """Return the ways in which the model's thinking can be set."""
    if thinking is None:
        return []
    found: list[dict[str, Any]] = []
    if thinking.zero_allowed:
        found.append({"type": "toggle"})
    if thinking.levels:
        found.append({"type": "effort", "values": list(thinking.levels)})
    if thinking.max > 0:
        found.append({"type": "budget_tokens", "min": thinking.min, "max": thinking.max})
    return found


def _cost(model: ListedModel) -> dict[str, int | float]:
    """Return the prices in US dollars per 1,000,000 tokens; without both main ones, none."""
    prices = dict(model.prices)
    if model.type == LLMType.EMBEDDING:
        prices.setdefault(PriceUnit.OUTPUT.value, Decimal(0))  # it puts out no token to pay for
    if PriceUnit.INPUT.value not in prices or PriceUnit.OUTPUT.value not in prices:
        return {}
    return {theirs: money.number(prices[ours]) for ours, theirs in _COSTS.items() if ours in prices}


FORMAT = ModelsDev()
