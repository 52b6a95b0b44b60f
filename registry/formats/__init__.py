"""Shapes of a model list: one file each, one line here."""

from __future__ import annotations

from registry.plugins import Plugins

FORMATS = Plugins(
    {
        "openai": "registry.formats.openai.FORMAT",
        "codex": "registry.formats.codex.FORMAT",
        "anthropic": "registry.formats.anthropic.FORMAT",
        "gemini": "registry.formats.gemini.FORMAT",
        "generic": "registry.formats.generic.FORMAT",
        "ollama": "registry.formats.ollama.FORMAT",
        "openrouter": "registry.formats.openrouter.FORMAT",
        "litellm": "registry.formats.litellm.FORMAT",
        "litellm_config": "registry.formats.litellm_config.FORMAT",
        "models_dev": "registry.formats.models_dev.FORMAT",
    }
)
