"""What a test calls: which address, with which key, in which dialect. Or why it cannot."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from registry import provider_rules
from registry.choices import ConnectionKind, HostType, Mode, ProbeCode
from registry.choices import Dialect as Dialects
from registry.dialects import DIALECTS
from registry.dialects.base import Target
from registry.errors import CredentialUnreadableError, NeedsKeyError
from registry.services import origins
from registry.services.connections import effective_address

if TYPE_CHECKING:
    from collections.abc import Callable

    from registry.dialects.base import Dialect
    from registry.models import Connection, ConnectionTest, LLMModel, Provider
    from registry.types import Secret


class NoTargetError(Exception):
    """There is nothing that could be called. `code` is a ProbeCode, `detail` our own word."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


@dataclass(frozen=True)
class Aim:
    """A target, and the dialect to speak to it."""

    dialect: Dialect
    target: Target


# How the software of a host is spoken to, whoever the provider is.
_OF_HOSTS: dict[str, str] = {
    HostType.OPENWEBUI: Dialects.OPENWEBUI,
    HostType.OPENAI: Dialects.OPENAI_COMPATIBLE,
    HostType.OLLAMA: Dialects.OLLAMA,
}


def dialect_of(provider: Provider, connection: Connection | None = None) -> Dialect:
    """Return how to speak to a provider; a host whose kind is known speaks as that kind does."""
    name = provider.dialect
    if connection is not None and connection.kind == ConnectionKind.CLI:
        name = "cli"
    elif connection is not None and connection.kind == ConnectionKind.HOST:
        name = _OF_HOSTS.get(connection.host_type, name)
    found: Dialect = DIALECTS.get(name)
    return found


def host_of(llm: LLMModel) -> str:
    """Return the origin that a test of `llm` calls; empty when there is none."""
    return origins.origin_of(_address(llm.provider, llm.connection))


def host_of_connection(connection: Connection) -> str:
    return origins.origin_of(_address(connection.provider, connection))


def of_llm(llm: LLMModel) -> Aim:
    """Return what a test of a stored model calls. Raises NoTargetError."""
    dialect = dialect_of(llm.provider, llm.connection)
    if llm.connection is not None and llm.connection.kind == ConnectionKind.CLI:
        return Aim(dialect, Target(address="", model_id=llm.model_id, type=llm.type))
    address = _checked(_address(llm.provider, llm.connection))
    key = _stored_key(llm.provider, llm.connection, address)
    return Aim(dialect, _target(llm, address, key))


def of_connection(connection: Connection) -> Aim:
    """Return what a test of a connection alone calls: no model. Raises NoTargetError."""
    dialect = dialect_of(connection.provider, connection)
    if connection.kind == ConnectionKind.CLI:
        return Aim(dialect, Target(address=""))
    address = _checked(_address(connection.provider, connection))
    key = _stored_key(connection.provider, connection, address)
    return Aim(dialect, Target(address=address, key=key))


def of_unsaved(llm: LLMModel, test: ConnectionTest) -> Aim:
    """Return what a test of unsaved settings calls. Raises NoTargetError.

    `llm` is a row in memory, filled from the settings. A typed address goes with the key typed
    beside it or with none; a stored key goes only to the address stored with it.
    """
    settings: dict[str, Any] = test.settings or {}
    if llm.connection is not None:
        return of_llm(llm)
    typed = settings.get("api_endpoint") or ""
    address = _checked(typed or origins.normalise(llm.provider.direct_api_url))
    key = None
    if test.api_key is not None:
        if origins.origin_of(address) != test.origin:
            raise NoTargetError(ProbeCode.NEEDS_KEY)
        key = _opened(partial(test.api_key.open, test.binding))
    elif _needs_key(llm.provider):
        raise NoTargetError(ProbeCode.NEEDS_KEY)
    return Aim(dialect_of(llm.provider), _target(llm, address, key))


def _target(llm: LLMModel, address: str, key: Secret | None) -> Target:
    return Target(
        address=address,
        key=key,
        model_id=llm.model_id,
        type=llm.type,
        mode=llm.mode or Mode.usual(llm.type),
        dimensions=llm.dimensions,
        max_tokens=llm.probe_max_tokens,
        reasoning_effort=llm.probe_reasoning_effort,
    )


def _address(provider: Provider, connection: Connection | None) -> str:
    if connection is None:
        return origins.normalise(provider.direct_api_url)
    if connection.kind == ConnectionKind.CLI:
        return ""
    if connection.provider_id == provider.pk:  # which need not be read again, for each of many
        connection.provider = provider
    return effective_address(connection)


def _checked(address: str) -> str:
    if not address:
        raise NoTargetError(ProbeCode.CANNOT_TEST, "no_address")
    if origins.is_blocked(address):
        raise NoTargetError(ProbeCode.ADDRESS_BLOCKED, origins.allowance(address))
    return address


def _stored_key(provider: Provider, connection: Connection | None, address: str) -> Secret | None:
    if connection is None or not connection.has_key:
        missed = connection is not None and connection.key_changed_at is not None
        if missed or _needs_key(provider):
            detail = "" if connection is not None else "no_connection"
            raise NoTargetError(ProbeCode.NEEDS_KEY, detail)
        return None
    if origins.origin_of(address) != connection.origin:  # moved by another hand than ours
        raise NoTargetError(ProbeCode.NEEDS_KEY, "moved")
    return _opened(connection.open_key)


def _opened(open_key: Callable[[], Secret]) -> Secret:
    try:
        key = open_key()
    except CredentialUnreadableError:
        raise NoTargetError(ProbeCode.CREDENTIAL_UNREADABLE) from None
    except NeedsKeyError:
        raise NoTargetError(ProbeCode.NEEDS_KEY) from None
    return key


def _needs_key(provider: Provider) -> bool:
    return provider_rules.rule_of(provider).api_key == provider_rules.REQUIRED
