"""How an application reaches a person's own model: what fits its provider and connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from registry.choices import ConnectionKind, Transport
from roles.services.configuration import LOCAL, provider_word

if TYPE_CHECKING:
    from registry.models import Provider

_DIALECT = ""  # as the provider speaks


def fitting(provider: Provider, kind: str) -> tuple[str, ...]:
    """Return the transports that fit, the usual one first.

    `kind` is that of the connection, empty without one.
    """
    word = provider_word(provider)
    is_command = kind in ("", ConnectionKind.CLI)
    if word == LOCAL:
        return (Transport.LOCAL_OPENAI.value,)
    if word == "anthropic":
        return (Transport.CLAUDE_CLI.value,) if is_command else (_DIALECT,)
    if word != "google":
        return (_DIALECT,)
    if kind == ConnectionKind.CLI:
        return (Transport.GEMINI_CLI.value,)
    command = (Transport.GEMINI_CLI.value,) if is_command else ()
    return (Transport.GEMINI_API.value, *command)


def choose(provider: Provider, kind: str, *, stored: str = "", asked: str = "") -> str:
    """Return the transport of a model: the one asked for, else the stored one where it fits.

    `stored` is empty for a new model and for one that changes its provider; a word that an older
    document brought along stays. Raises ValidationError on `transport`.
    """
    allowed = fitting(provider, kind)
    if asked:
        if asked not in allowed:
            raise ValidationError({"transport": [_("This does not fit the provider.")]})
        return asked
    is_foreign_word = bool(stored) and stored not in Transport.values
    return stored if stored in allowed or is_foreign_word else allowed[0]
