"""What a role resolves to: everything an application needs to call a model, but no key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q

from registry import provider_rules
from registry.choices import ConnectionKind, Dialect, HostType, Transport
from registry.services import llm_connections, origins
from registry.services.connections import effective_address
from registry.services.fingerprints import fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterable

    from registry.models import Connection, LLMModel, Provider
    from registry.types import Secret

LOCAL = "local"
GOOGLE_ADDRESS = "https://generativelanguage.googleapis.com/v1beta"

# The providers that older installations call by another word.
_LOCAL_HOST = "openai-compatible"
_WORDS = {_LOCAL_HOST: LOCAL, "gemini": "google"}
# Dialects of software that people run themselves.
_HOST_TYPES: dict[str, str] = {
    Dialect.OLLAMA: HostType.OLLAMA,
    Dialect.OPENWEBUI: HostType.OPENWEBUI,
}
_COMMANDS = (Transport.CLAUDE_CLI, Transport.GEMINI_CLI)


@dataclass(frozen=True)
class Configuration:
    """One model, ready to be called. `llm` is None for a built-in.

    `key` is the name that slots and documents know it by: a slug, or a built-in's key.
    `transport` is one of `Transport`, a legacy document's own word, or a provider's dialect.
    `context_window` is in tokens, None where it is not known.
    """

    key: str
    llm: LLMModel | None
    transport: str
    model_name: str
    label: str
    provider: str
    context_window: int | None = None
    tags: tuple[str, ...] = ()
    api_url: str = ""
    host_type: str = ""
    connection: Connection | None = None

    @property
    def is_builtin(self) -> bool:
        return self.llm is None

    @property
    def is_local(self) -> bool:
        """Whether a host that somebody runs answers, and no provider on the internet."""
        if self.llm is None:
            return False
        return is_local(self.llm)

    @property
    def server_key(self) -> Secret | None:
        """Return the environment's Gemini key, if this speaks to Google itself without an account.

        The key goes to no other origin, whatever address a provider's row has.
        """
        key: Secret = settings.GEMINI_API_KEY
        speaks_to_google = origins.origin_of(self.api_url) == origins.origin_of(GOOGLE_ADDRESS)
        if self.transport != Transport.GEMINI_API or self.connection is not None:
            return None
        return key if key and speaks_to_google else None

    @property
    def has_key(self) -> bool:
        """Whether it has a key of its own; the server's is the built-in's."""
        if self.connection is not None:
            return self.connection.has_key
        return self.is_builtin and self.server_key is not None

    @property
    def key_hint(self) -> str:
        if self.connection is not None:
            return self.connection.key_hint
        key = self.server_key if self.is_builtin else None
        return "" if key is None else f"key{fingerprint(key.reveal(), purpose='api_key')[:8]}"

    @property
    def parameters(self) -> dict[str, Any]:
        """Return what is set of the parameters that a model of this type has."""
        if self.llm is None:
            return {}
        names = provider_rules.PARAMETERS.get(self.llm.type, ())
        values = {name: getattr(self.llm, name) for name in names}
        return {name: value for name, value in values.items() if value not in (None, "")}

    def facts(self) -> dict[str, Any]:
        """Return all of it as plain values, in the words of the older documents."""
        return {
            "id": self.key,
            "uuid": None if self.llm is None else str(self.llm.pk),
            "type": self.transport,
            "model_name": self.model_name,
            "label": self.label,
            "provider": self.provider,
            "context_k": (self.context_window or 0) // 1000,
            "tags": list(self.tags),
            "api_url": self.api_url,
            "host_type": self.host_type,
            "connection": _name(self.connection),
            "has_key": self.has_key,
            "key_hint": self.key_hint,
            "parameters": self.parameters,
        }


def of_llm(llm: LLMModel, *, tags: Iterable[str] | None = None) -> Configuration:
    """Return the configuration of a stored model, whether or not it can be used now.

    Without queries if provider, connection and tags have been read along; tags may be given.
    """
    connection = _connection(llm)
    names = (tag.name for tag in llm.tags.all()) if tags is None else tags
    return Configuration(
        key=llm.slug,
        llm=llm,
        transport=llm.transport or llm.provider.dialect,
        # A command of no model of its own is stored under its own word.
        model_name="" if llm.model_id == llm.transport else llm.model_id,
        label=llm.name,
        provider=provider_word(llm.provider),
        context_window=llm.context_window,
        tags=tuple(sorted(names)),
        api_url=_address(llm, connection),
        host_type=_host_type(llm, connection),
        connection=connection,
    )


def tokens_of(context_k: int, present: int | None = None) -> int | None:
    """Return the tokens that thousands of them are, None of 0: not known.

    What is here already and reads the same stays: counting in thousands is no reason to round it.
    """
    if present is not None and present // 1000 == context_k:
        return present
    return context_k * 1000 or None


def provider_word(provider: Provider) -> str:
    """Return how older documents name the provider: local, google, anthropic, else its slug."""
    return LOCAL if _serves_hosts(provider) else _WORDS.get(provider.slug, provider.slug)


def is_local(llm: LLMModel) -> bool:
    """Whether a host that somebody runs serves the model."""
    if llm.transport:
        return str(llm.transport) == Transport.LOCAL_OPENAI
    return _serves_hosts(llm.provider)


def serves_hosts(prefix: str) -> Q:
    """Say in SQL what `_serves_hosts` says of a provider; `prefix` leads to it."""
    of_dialect = Q((f"{prefix}dialect__in", list(_HOST_TYPES)))
    return of_dialect | Q((f"{prefix}slug", _LOCAL_HOST))


def _serves_hosts(provider: Provider) -> bool:
    return provider.slug == _LOCAL_HOST or provider.dialect in _HOST_TYPES


def _connection(llm: LLMModel) -> Connection | None:
    """Return the model's connection, unless it is somebody else's: that is nobody's to be told."""
    connection = llm.connection
    if connection is None or not llm_connections.may_be_called_over(llm, connection):
        return None
    if connection.provider_id == llm.provider_id:  # which need not be read again
        connection.provider = llm.provider
    return connection


def _address(llm: LLMModel, connection: Connection | None) -> str:
    """Return the address that is called; empty for a command, and where there is none."""
    if llm.transport in _COMMANDS:
        return ""
    if connection is not None and connection.kind == ConnectionKind.CLI:
        return ""
    if connection is None and llm.transport == Transport.LOCAL_OPENAI:
        return ""
    try:
        if connection is not None:
            return effective_address(connection)
        return origins.normalise(llm.provider.direct_api_url)
    except ValidationError:  # written by another hand than ours
        return ""


def _host_type(llm: LLMModel, connection: Connection | None) -> str:
    if not is_local(llm):
        return ""
    told = connection.host_type if connection is not None else ""
    return told or _HOST_TYPES.get(llm.provider.dialect, HostType.OPENAI.value)


def _name(connection: Connection | None) -> str | None:
    """Return how its owner, or the catalogue, calls a connection; a private one has no name."""
    if connection is None or connection.private_to_id is not None:
        return None
    return connection.slug or str(connection.pk)
