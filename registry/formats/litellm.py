"""The LiteLLM proxy's `GET /model/info`: what it knows of each model, null where nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from registry.choices import LLMType, PriceUnit
from registry.formats import money
from registry.formats.base import ListFormat, Window
from registry.types import ListedModel

# LiteLLM's words for what a model does, where ours are others.
_MODES = {
    LLMType.GENERATION.value: "chat",
    LLMType.EMBEDDING.value: "embedding",
    "image": "image_generation",
    "audio": "audio_transcription",
    "rerank": "rerank",
    "moderation": "moderation",
}
_COSTS = {
    PriceUnit.INPUT.value: "input_cost_per_token",
    PriceUnit.OUTPUT.value: "output_cost_per_token",
    PriceUnit.CACHED_INPUT.value: "cache_read_input_token_cost",
    PriceUnit.CACHE_WRITE.value: "cache_creation_input_token_cost",
    PriceUnit.REASONING.value: "output_cost_per_reasoning_token",
    PriceUnit.AUDIO.value: "input_cost_per_audio_token",
    PriceUnit.IMAGE.value: "input_cost_per_image",
    PriceUnit.REQUEST.value: "input_cost_per_request",
}
_SUPPORTS = {
    "vision": "supports_vision",
    "tools": "supports_function_calling",
    "reasoning": "supports_reasoning",
    "structured_output": "supports_response_schema",
    "audio": "supports_audio_input",
    "pdf_input": "supports_pdf_input",
    "system_messages": "supports_system_messages",
    "streaming": "supports_native_streaming",
}


class LiteLLM(ListFormat):
    name = "litellm"

    def entry(self, model: ListedModel) -> dict[str, Any]:
        return {
            "model_name": model.id,
            "litellm_params": {"model": call_name(model)},
            "model_info": {"id": model.id, "db_model": False, **facts(model)},
        }

    def single(self, model: ListedModel) -> dict[str, Any]:
        return {"data": [self.entry(model)]}

    def frame(self, entries: Sequence[bytes], ids: Sequence[str], window: Window | None) -> bytes:
        return b'{"data":[%s]}' % b",".join(entries)

    def error(self, status: int, code: str, message: str, field: str = "") -> dict[str, Any]:
        kind = {401: "auth_error", 404: "not_found_error"}.get(status, "invalid_request_error")
        # Its code is the status, as a text.
        return {
            "error": {
                "message": message,
                "type": kind,
                "param": field or None,
                "code": str(status),
            }
        }


def call_name(model: ListedModel) -> str:
    """Return the model as LiteLLM calls it: under its provider's prefix, as far as one is known."""
    return f"{model.proxy_prefix}{model.id}"


def facts(model: ListedModel) -> dict[str, Any]:
    """Return what LiteLLM keeps of a model beside its names."""
    found: dict[str, Any] = {
        "key": call_name(model),
        "litellm_provider": model.proxy_prefix.strip("/") or model.owned_by or None,
        "mode": model.mode or _MODES.get(model.type),
        "max_tokens": model.max_output_tokens,
        "max_input_tokens": model.max_input_tokens or model.context_window,
        "max_output_tokens": model.max_output_tokens,
        "output_vector_size": model.dimensions,
    }
    prices = dict(model.prices)  # once: it may be worked out at each look
    for ours, theirs in _COSTS.items():
        price = money.apiece(prices, ours)
        found[theirs] = None if price is None else money.number(price)
    for ours, theirs in _SUPPORTS.items():
        found[theirs] = model.capabilities.get(ours)
    found["supported_openai_params"] = list(model.supported_parameters) or None
    found["deprecation_date"] = model.retires_on.isoformat() if model.retires_on else None
    return found


FORMAT = LiteLLM()
