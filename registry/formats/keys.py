"""How other programs name the environment variable with a provider's key."""

from __future__ import annotations

import re


def variable(provider: str) -> str:
    """Return such as OPENAI_API_KEY, or "" where no provider is known."""
    word = re.sub(r"[^A-Z0-9]+", "_", provider.upper()).strip("_")
    if not word:
        return ""
    return f"_{word}_API_KEY" if word[0].isdigit() else f"{word}_API_KEY"
