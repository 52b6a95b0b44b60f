"""The list that the Codex CLI asks for: `GET /v1/models` with `client_version` in the query.

Its reader is strict: a key that is missing, null in the wrong place or of an unknown word makes
the whole list unreadable. So what is not known about a model is the cautious word here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from registry.choices import LLMType, Mode
from registry.formats.base import Window
from registry.formats.openai import OpenAI
from registry.types import ListedModel

_LEVELS = ("none", "minimal", "low", "medium", "high", "xhigh")
# The command line sends this text with each request; it may not be empty.
_INSTRUCTIONS = (
    "You are a coding agent on the user's machine. Use the tools that are offered to read, change "
    "and test the code, keep changes small, and say plainly what you did and what you did not."
)


class Codex(OpenAI):
    name = "codex"

    def entry(self, model: ListedModel) -> dict[str, Any]:
        levels = _levels(model)
        found: dict[str, Any] = {
            "slug": model.id,
            "display_name": model.name or model.id,
            "description": model.description or None,
            "supported_reasoning_levels": [
                {"effort": level, "description": level.capitalize()} for level in levels
            ],
            "shell_type": "shell_command",
            "visibility": "list" if _talks(model) else "hide",
            "supported_in_api": True,
            "priority": 1,
            "upgrade": _upgrade(model),
            "base_instructions": _INSTRUCTIONS,
            "supports_reasoning_summaries": False,
            "support_verbosity": False,
            "default_verbosity": None,
            "apply_patch_tool_type": None,
            "truncation_policy": {"mode": "bytes", "limit": 10_000},
            "supports_parallel_tool_calls": "parallel_tool_calls" in model.supported_parameters,
            "experimental_supported_tools": [],
            "input_modalities": ["text", "image"] if model.capabilities.get("vision") else ["text"],
        }
        if "medium" in levels:
            found["default_reasoning_level"] = "medium"
        if model.context_window:
            found["context_window"] = model.context_window
        return found

    def frame(self, entries: Sequence[bytes], ids: Sequence[str], window: Window | None) -> bytes:
        return b'{"models":[%s]}' % b",".join(entries)


def _levels(model: ListedModel) -> list[str]:
    said = model.thinking.levels if model.thinking else ()
    return [level for level in _LEVELS if level in said]


def _talks(model: ListedModel) -> bool:
    return model.type == LLMType.GENERATION or model.mode in (Mode.CHAT, Mode.RESPONSES)


def _upgrade(model: ListedModel) -> dict[str, str] | None:
    if not model.replacement:
        return None
    return {"model": model.replacement, "migration_markdown": ""}


FORMAT = Codex()
