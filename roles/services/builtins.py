"""The three models that are always there: made from the settings, never stored."""

from __future__ import annotations

from django.conf import settings

from registry.choices import Transport
from roles.choices import Builtin
from roles.services.configuration import GOOGLE_ADDRESS, Configuration

_CLAUDE_CONTEXT = 200_000  # tokens
_GEMINI_CONTEXT = 1_000_000


def builtins() -> dict[str, Configuration]:
    """Return the built-ins by key; a stored model of the same name never hides one."""
    found = (_claude_cli(), _gemini_cli(), _gemini_api())
    return {configuration.key: configuration for configuration in found}


def builtin(key: str) -> Configuration | None:
    """Return the built-in of this key, None for anything else."""
    return builtins().get(key)


def builtin_key(text: str) -> Builtin | None:
    """Return the built-in that a text names, in any case; None if it names none."""
    key = text.strip().casefold()
    return Builtin(key) if key in Builtin.values else None


def _claude_cli() -> Configuration:
    return Configuration(
        key=Builtin.CLAUDE_CLI.value,
        llm=None,
        transport=Transport.CLAUDE_CLI.value,
        model_name=settings.DEFAULT_MODEL,
        label=f"Claude (CLI) — {settings.DEFAULT_MODEL}",
        provider="anthropic",
        context_window=_CLAUDE_CONTEXT,
        tags=("chat", "persona", "creative"),
    )


def _gemini_cli() -> Configuration:
    return Configuration(
        key=Builtin.GEMINI_CLI.value,
        llm=None,
        transport=Transport.GEMINI_CLI.value,
        model_name="",  # the command chooses
        label="Gemini (CLI)",
        provider="google",
        context_window=_GEMINI_CONTEXT,
        tags=("chat", "research", "long_context"),
    )


def _gemini_api() -> Configuration:
    # The address is Google's own, whatever the provider's row says: the server's key goes there.
    return Configuration(
        key=Builtin.GEMINI_API.value,
        llm=None,
        transport=Transport.GEMINI_API.value,
        model_name=settings.ORCHESTRATOR_MODEL,
        label=f"Gemini API — {settings.ORCHESTRATOR_MODEL}",
        provider="google",
        context_window=_GEMINI_CONTEXT,
        tags=("orchestrator", "research", "long_context", "tools"),
        api_url=GOOGLE_ADDRESS,
    )
