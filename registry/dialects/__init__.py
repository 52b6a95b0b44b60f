"""How to speak to one kind of provider API: one file each, one line here."""

from __future__ import annotations

from registry.plugins import Plugins

DIALECTS = Plugins(
    {
        "openai": "registry.dialects.openai.DIALECT",
        "azure": "registry.dialects.azure.DIALECT",
        "gemini": "registry.dialects.gemini.DIALECT",
        "anthropic": "registry.dialects.anthropic.DIALECT",
        "cohere": "registry.dialects.cohere.DIALECT",
        "ollama": "registry.dialects.ollama.DIALECT",
        "openai_compatible": "registry.dialects.openai_compatible.DIALECT",
        "openwebui": "registry.dialects.openwebui.DIALECT",
        "cli": "registry.dialects.cli.DIALECT",
    }
)
