"""Connections: an address and a key that belong together."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit import events
from registry import provider_rules
from registry.choices import ConnectionKind, ConnectionState
from registry.errors import CredentialUnreadableError, InUseError, PrivateConnectionError
from registry.models import Connection, LLMModel, Platform, Route
from registry.services import health, origins, slugs
from registry.services.fingerprints import fingerprint
from registry.services.owners import owners_told
from registry.services.problems import Problems
from registry.services.revision import catalogue_write, refresh, store
from registry.types import Change, ConnectionChange

if TYPE_CHECKING:
    from registry.types import Secret

NO_CHANGE = ConnectionChange()


def save_connection(connection: Connection, change: ConnectionChange = NO_CHANGE) -> Connection:
    """Create or change a connection.

    Another origin (scheme, host or port) drops the stored key unless a new one comes along.
    A private one is changed with its model. Raises ValidationError, StaleRevisionError,
    GoneError or PrivateConnectionError.
    """
    event = "connection_created" if connection._state.adding else "connection_updated"
    with catalogue_write(event, connection):
        users = health.hold_models_of(connection)
        stored = refresh(connection, change)
        if stored is not None and stored.private_to_id is not None:
            raise PrivateConnectionError(model=str(stored.private_to_id))
        problems = Problems()
        if stored is not None and stored.provider_id != connection.provider_id:
            problems.add("provider", _("The provider of a stored connection does not change."))
        _refuse_on_login(connection, change, problems)
        slugs.give_connection_slug(connection)
        if connection.kind != ConnectionKind.HOST:
            connection.host_type = ""
        with problems.gather():
            settle(connection, change.api_key)
        with problems.gather():
            connection.full_clean()
        _require_address(connection, problems)
        problems.finish()
        store(connection, stored)
        if health.calls_differ(stored, connection):
            health.forget(users)
    return connection


def settle(connection: Connection, secret: Secret | None) -> None:
    """Bring address, origin, key and state of an unsaved change into agreement.

    Raises ValidationError on `api_url`.
    """
    try:
        connection.api_url = origins.normalise(connection.api_url)
    except ValidationError as error:
        raise ValidationError({"api_url": error.messages}) from None
    address = effective_address(connection)
    origin = "" if connection.kind == ConnectionKind.CLI else origins.origin_of(address)
    if connection.has_key and origin != connection.origin:
        forget_key(connection, lost_at=timezone.now())
    connection.origin = origin
    if secret is not None:
        connection.put_key(secret)
        connection.key_fingerprint = fingerprint(secret.reveal(), purpose="api_key")
        connection.key_changed_at = timezone.now()
    connection.state = _state(connection, address)


def effective_address(connection: Connection) -> str:
    """Return the address that is called: the connection's own, else its provider's."""
    return connection.api_url or origins.normalise(connection.provider.direct_api_url)


def key_for(connection: Connection, address: str) -> Secret:
    """Return the key for a call at `address`; where there is none, none can be led astray.

    Raises CredentialUnreadableError for an address that the key was not given for, which only
    another hand than ours can have written, and what `open_key` raises.
    """
    try:
        is_meant = not address or origins.origin_of(address) == connection.origin
    except (KeyError, ValueError):  # no address of ours
        is_meant = False
    if not is_meant:
        raise CredentialUnreadableError
    return connection.open_key()


def remove_key(connection: Connection, change: Change = NO_CHANGE) -> Connection:
    """Forget the stored key; the connection stays."""
    with catalogue_write("connection_key_removed", connection):
        users = health.hold_models_of(connection)
        stored = refresh(connection, Change(frozenset(), change.expected_revision))
        forget_key(connection, lost_at=None)
        connection.state = _state(connection, effective_address(connection))
        store(connection, stored)
        if health.calls_differ(stored, connection):
            health.forget(users)
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
        raise InUseError(_("Models, platforms or routes use this connection."), **users)


def users_of(connection: Connection) -> dict[str, list[str]]:
    """Return the names of the models, platforms and routes that use the connection.

    Of people's own models over one of the organisation's only the `people` are told.
    """
    llms = list(LLMModel.objects.filter(connection=connection).only("name", "owner"))
    others = {llm.owner_id for llm in llms if llm.owner_id != connection.owner_id}
    return {
        "models": sorted(llm.name for llm in llms if llm.owner_id == connection.owner_id),
        **({"people": owners_told(others)} if others else {}),
        "platforms": sorted(
            Platform.objects.filter(connection=connection).values_list("name", flat=True)
        ),
        "routes": sorted(
            Route.objects.filter(connection=connection).values_list("slug", flat=True)
        ),
    }


def _require_address(connection: Connection, problems: Problems) -> None:
    needs_one = provider_rules.rule_of(connection.provider).api_endpoint == provider_rules.REQUIRED
    if needs_one and not connection.api_url and connection.kind != ConnectionKind.CLI:
        problems.add("api_url", _("This provider needs an address."))


def _refuse_on_login(connection: Connection, change: ConnectionChange, problems: Problems) -> None:
    """A command finds its address and its login itself."""
    if connection.kind != ConnectionKind.CLI:
        return
    if connection.api_url:
        problems.add("api_url", _("A command-line login has no address."))
    if change.api_key is not None:
        problems.add("api_key", _("A command-line login has no key here."))


def forget_key(connection: Connection, *, lost_at: datetime | None) -> None:
    """Drop the key of an unsaved change.

    `lost_at` says since when a key is missed; None when somebody wants none.
    """
    connection.api_key = None
    connection.key_fingerprint = ""
    connection.key_changed_at = lost_at


def _state(connection: Connection, address: str) -> str:
    rule = provider_rules.rule_of(connection.provider)
    if connection.kind == ConnectionKind.CLI:
        return ConnectionState.KEYLESS
    if origins.is_blocked(address):
        return ConnectionState.ADDRESS_BLOCKED
    if connection.has_key:
        return ConnectionState.READY
    is_missed = connection.key_changed_at is not None
    if is_missed or rule.api_key == provider_rules.REQUIRED:
        return ConnectionState.NEEDS_KEY
    return ConnectionState.KEYLESS
