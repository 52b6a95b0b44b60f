"""What a person should know of a stored model although nothing is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from registry.choices import ConnectionState
from registry.services import origins
from registry.services.connections import effective_address

if TYPE_CHECKING:
    from registry.models import Connection, LLMModel


def warnings_of(llm: LLMModel) -> list[str]:
    """Return sentences for the answer's `warnings`; empty when all is well."""
    if llm.connection is None:
        if llm.is_active:
            return [_("This model has no connection: nothing can call it yet.")]
        return []
    return connection_warnings(llm.connection)


def connection_warnings(connection: Connection) -> list[str]:
    if not connection.is_readable:
        return [_("The stored key cannot be read. Enter the key again.")]
    if connection.state == ConnectionState.NEEDS_KEY:
        return [_("There is no usable key. Enter the key.")]
    if connection.state == ConnectionState.ADDRESS_BLOCKED:
        allowance = origins.allowance(effective_address(connection))
        return [
            _("Private addresses are off for safety. This line allows the one used here: %s")
            % f"REGISTRY_PRIVATE_HOSTS={allowance}"
        ]
    return []
