"""Ollama's `GET /api/tags`, and `POST /api/show` for one model."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any

from registry.choices import LLMType, Mode
from registry.formats.base import ListFormat, Window
from registry.formats.moments import rfc3339, since_epoch
from registry.types import ListedModel

# What Ollama itself writes for a moment that is not set.
_NO_MOMENT = "0001-01-01T00:00:00Z"
_NO_ARCHITECTURE = "unknown"
_CAPABILITIES = {"tools": "tools", "vision": "vision", "reasoning": "thinking"}
_COMPLETES = {LLMType.GENERATION.value, Mode.CHAT.value, Mode.RESPONSES.value}
_EMBEDS = {LLMType.EMBEDDING.value, Mode.EMBEDDING.value}


class Ollama(ListFormat):
    name = "ollama"

    def entry(self, model: ListedModel) -> dict[str, Any]:
        return {
            "name": model.id,
            "model": model.id,
            "modified_at": _modified(model),
            "size": 0,  # bytes on this server, which holds no weights
            "digest": hashlib.sha256(model.id.encode()).hexdigest(),
            "details": _details(model),
        }

    def single(self, model: ListedModel) -> dict[str, Any]:
        found = {
            "parameters": _parameters(model),
            "details": _details(model),
            "model_info": _info(model),
            "modified_at": _modified(model),
        }
        # An old server has no capabilities: so a client hears that nothing is known of them.
        words = _capabilities(model)
        return found | ({"capabilities": words} if words else {})

    def frame(self, entries: Sequence[bytes], ids: Sequence[str], window: Window | None) -> bytes:
        return b'{"models":[%s]}' % b",".join(entries)

    def error(self, status: int, code: str, message: str, field: str = "") -> dict[str, Any]:
        return {"error": message}


def _modified(model: ListedModel) -> str:
    moment = model.updated_at or since_epoch(model.created)
    return rfc3339(moment) if moment else _NO_MOMENT


def _details(model: ListedModel) -> dict[str, Any]:
    return {
        "parent_model": "",
        "format": "",
        "family": model.family,
        "families": [model.family] if model.family else None,
        "parameter_size": "",
        "quantization_level": "",
    }


def _info(model: ListedModel) -> dict[str, Any]:
    """Return what is known, under the architecture that the same answer declares."""
    architecture = re.sub(r"[^a-z0-9_-]+", "-", model.family.lower()).strip("-")
    architecture = architecture or _NO_ARCHITECTURE
    found = {
        "general.architecture": architecture,
        f"{architecture}.context_length": model.context_window,
        f"{architecture}.embedding_length": model.dimensions,
    }
    return {key: value for key, value in found.items() if value is not None}


def _parameters(model: ListedModel) -> str:
    """Return them in the lines of a Modelfile."""
    found = {
        "num_ctx": model.context_window,
        "temperature": model.temperature,
        "top_k": model.top_k,
        "top_p": model.top_p,
    }
    return "\n".join(f"{name} {value}" for name, value in found.items() if value is not None)


def _capabilities(model: ListedModel) -> list[str]:
    words = {model.type, model.mode}
    found = ["completion"] if words & _COMPLETES else []
    found += ["embedding"] if words & _EMBEDS else []
    return found + [
        theirs for ours, theirs in _CAPABILITIES.items() if model.capabilities.get(ours)
    ]


FORMAT = Ollama()
