"""Connections: an address and a key that belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit import events
from registry import provider_rules
from registry.choices import ConnectionKind, ConnectionState
from registry.errors import InUseError
from registry.models import Connection, LLMModel, Platform
from registry.services import origins
from registry.services.fingerprints import fingerprint
from registry.services.problems import Problems
from registry.services.revision import catalogue_write, refresh, store
from registry.types import Change, ConnectionChange

if TYPE_CHECKING:
    from registry.types import Secret

NO_CHANGE = ConnectionChange()


def save_connection(connection: Connection, change: ConnectionChange = NO_CHANGE) -> Connection:
    """Create or change a connection.

    Another origin (scheme, host or port) drops the stored key unless a new one comes along.
    Raises ValidationError, StaleRevisionError or GoneError.
    """
    event = "connection_created" if connection._state.adding else "connection_updated"
    with catalogue_write(event, connection):
        stored = refresh(connection, change)
        problems = Problems()
        if stored is not None and stored.provider_id != connection.provider_id:
            problems.add("provider", _("The provider of a stored connection does not change."))
        with problems.gather():
            settle(connection, stored, change.api_key)
        with problems.gather():
            connection.full_clean()
        _require_address(connection, problems)
        problems.finish()
        store(connection, stored)
    return connection


def settle(connection: Connection, stored: Connection | None, secret: Secret | None) -> None:
    """Bring address, origin, key and state of an unsaved change into agreement.

    Raises ValidationError on `api_url`.
    """
    try:
        connection.api_url = origins.normalise(connection.api_url)
    except ValidationError as error:
        raise ValidationError({"api_url": error.messages}) from None
    address = effective_address(connection)
    origin = "" if connection.kind == ConnectionKind.CLI else origins.origin_of(address)
    dropped = connection.has_key and origin != connection.origin
    if dropped:
        _forget_key(connection)
    connection.origin = origin
    if secret is not None:
        connection.put_key(secret)
        connection.key_fingerprint = fingerprint(secret.reveal(), purpose="api_key")
        connection.key_changed_at = timezone.now()
    waits = dropped or (stored is not None and stored.state == ConnectionState.NEEDS_KEY)
    connection.state = _state(connection, address, waits=waits)


def effective_address(connection: Connection) -> str:
    """Return the address that is called: the connection's own, else its provider's."""
    return connection.api_url or origins.normalise(connection.provider.direct_api_url)


def remove_key(connection: Connection, change: Change = NO_CHANGE) -> Connection:
    """Forget the stored key; the connection stays."""
    with catalogue_write("connection_key_removed", connection):
        stored = refresh(connection, Change(frozenset(), change.expected_revision))
        _forget_key(connection)
        connection.state = _state(connection, effective_address(connection), waits=False)
        store(connection, stored)
    return connection


def delete_connection(connection: Connection, change: Change = NO_CHANGE) -> None:
    """Delete a connection that nothing uses. Raises InUseError, which names the users."""
    with catalogue_write("connection_deleted", connection):
        refresh(connection, Change(frozenset(), change.expected_revision))
        users = users_of(connection)
        if not any(users.values()):
            connection.delete()
    if any(users.values()):
        with transaction.atomic():
            events.record("connection_delete_blocked", connection, **users)
        raise InUseError(_("Models or platforms use this connection."), **users)


def users_of(connection: Connection) -> dict[str, list[str]]:
    """Return the names of the models and platforms that use the connection."""
    return {
        "models": sorted(
            LLMModel.objects.filter(connection=connection).values_list("name", flat=True)
        ),
        "platforms": sorted(
            Platform.objects.filter(connection=connection).values_list("name", flat=True)
        ),
    }


def _require_address(connection: Connection, problems: Problems) -> None:
    needs_one = provider_rules.rule_of(connection.provider).api_endpoint == provider_rules.REQUIRED
    if needs_one and not connection.api_url and connection.kind != ConnectionKind.CLI:
        problems.add("api_url", _("This provider needs an address."))


def _forget_key(connection: Connection) -> None:
    connection.api_key = None
    connection.key_fingerprint = ""
    connection.key_changed_at = timezone.now()


def _state(connection: Connection, address: str, *, waits: bool) -> str:
    rule = provider_rules.rule_of(connection.provider)
    if connection.kind == ConnectionKind.CLI:
        return ConnectionState.KEYLESS
    if origins.is_blocked(address):
        return ConnectionState.ADDRESS_BLOCKED
    if connection.has_key:
        return ConnectionState.READY
    if waits or rule.api_key == provider_rules.REQUIRED:
        return ConnectionState.NEEDS_KEY
    return ConnectionState.KEYLESS
