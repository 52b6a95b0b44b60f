"""OpenRouter's `GET /api/v1/models`: prices are texts, in US dollars for one token or piece."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from registry.choices import LLMType, PriceUnit
from registry.formats import modalities, money
from registry.formats.base import BadPageError, ListFormat, Window, encode
from registry.formats.paging import whole_number
from registry.types import ListedModel

_USUAL, _MOST = 500, 1000  # entries of a page, where one is asked for
_PRICES = {
    PriceUnit.INPUT.value: "prompt",
    PriceUnit.OUTPUT.value: "completion",
    PriceUnit.REQUEST.value: "request",
    PriceUnit.IMAGE.value: "image",
    PriceUnit.AUDIO.value: "audio",
    PriceUnit.REASONING.value: "internal_reasoning",
    PriceUnit.CACHED_INPUT.value: "input_cache_read",
    PriceUnit.CACHE_WRITE.value: "input_cache_write",
}
_OUTPUTS = {LLMType.EMBEDDING.value: "embeddings", "rerank": "rerank", "image": "image"}


class OpenRouter(ListFormat):
    name = "openrouter"
    parameters = ("limit", "offset")

    def entry(self, model: ListedModel) -> dict[str, Any]:
        return {
            "id": model.id,
            "canonical_slug": model.id,
            "hugging_face_id": None,
            "name": model.name or model.id,
            "created": model.created,  # 0 is not known: its readers want a number
            "description": model.description,
            "context_length": model.context_window,
            "architecture": _architecture(model),
            "pricing": _pricing(model),
            "top_provider": {
                "context_length": model.context_window,
                "max_completion_tokens": model.max_output_tokens,
                "is_moderated": False,  # nobody stands between the caller and the provider
            },
            "per_request_limits": None,
            "supported_parameters": list(model.supported_parameters),
            "default_parameters": {
                "temperature": model.temperature,
                "top_p": model.top_p,
                "top_k": model.top_k,
            },
            "knowledge_cutoff": None,
            "expiration_date": model.retires_on.isoformat() if model.retires_on else None,
        }

    def single(self, model: ListedModel) -> dict[str, Any]:
        return {"data": self.entry(model)}

    def window(self, parameters: Mapping[str, str], ids: Sequence[str]) -> Window | None:
        limit = whole_number(parameters, "limit")
        start = whole_number(parameters, "offset")
        if limit is None and start is None:
            return None
        limit, start = _USUAL if limit is None else limit, start or 0
        if not 1 <= limit <= _MOST:
            raise BadPageError("limit", f"limit must be between 1 and {_MOST}.")
        if start < 0:
            raise BadPageError("offset", "offset must not be negative.")
        start = min(start, len(ids))
        return Window(start, min(start + limit, len(ids)))

    def frame(self, entries: Sequence[bytes], ids: Sequence[str], window: Window | None) -> bytes:
        following = None
        if window is not None and window.stop < len(ids):
            # Relative to the address that was asked, wherever that is.
            following = f"?offset={window.stop}&limit={window.stop - window.start}"
        about = {"links": {"next": following}, "total_count": len(ids)}
        return b'{"data":[%s],%s' % (b",".join(entries), encode(about)[1:])

    def error(self, status: int, code: str, message: str, field: str = "") -> dict[str, Any]:
        return {"error": {"code": status, "message": message}}


def _architecture(model: ListedModel) -> dict[str, Any]:
    takes = ["file" if kind == "pdf" else kind for kind in modalities.inputs(model)]
    gives = [_OUTPUTS.get(model.type, "text")]
    return {
        "modality": f"{'+'.join(takes)}->{'+'.join(gives)}",
        "input_modalities": takes,
        "output_modalities": gives,
        "instruct_type": None,
    }


def _pricing(model: ListedModel) -> dict[str, str]:
    """Return the prices that are known; a price that is left out is not nothing to pay."""
    prices = dict(model.prices)  # once: it may be worked out at each look
    found = ((theirs, money.apiece(prices, ours)) for ours, theirs in _PRICES.items())
    return {name: money.text(price) for name, price in found if price is not None}


FORMAT = OpenRouter()
