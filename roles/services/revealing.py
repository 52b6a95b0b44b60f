"""Giving away the key of what a role resolves to: on the trail first, and for good."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.db import transaction

from audit import events
from registry.choices import ConnectionKind, Transport
from registry.errors import TrailUnavailableError
from registry.models import Connection
from registry.services import origins
from registry.services.connections import key_for
from roles.services.own_connections import own_connections
from roles.services.resolution import resolve

if TYPE_CHECKING:
    from datetime import datetime

    from django.contrib.auth.models import User

    from registry.models import LLMModel
    from registry.types import Secret
    from roles.services.configuration import Configuration
    from roles.services.resolution import Resolution

logger = logging.getLogger("registry.reveal")

EVENT = "key_revealed"
_GOOGLE = "gemini"  # the provider's slug


@dataclass(frozen=True)
class Revealed:
    """What a role resolves to, with the key that a call of it bears; None where it bears none."""

    resolution: Resolution
    api_key: Secret | None


def reveal(
    user: User | None,
    role: str,
    *,
    healthy_only: bool = False,
    local_only: bool = False,
    whole: bool = False,
    now: datetime | None = None,
) -> Revealed:
    """Return the answer of `resolve` with its key, once the trail has the event for good.

    A Gemini model without an account bears the key of the user's oldest Google account, else
    the server's. Whether the actor may have keys at all is for the caller to ask. Raises
    ValidationError on `role`, CredentialUnreadableError, and TrailUnavailableError when the
    event cannot be committed; inside another transaction it never can.
    """
    resolution = resolve(
        user, role, healthy_only=healthy_only, local_only=local_only, whole=whole, now=now
    )
    if resolution.chosen is None:
        return Revealed(resolution, None)
    chosen = _with_account(resolution.chosen, user)
    secret = _key_of(chosen)
    if secret is not None:
        _commit_event(chosen, user, resolution.role)
    return Revealed(replace(resolution, chosen=chosen), secret)


def _with_account(configuration: Configuration, user: User | None) -> Configuration:
    """Return a Gemini configuration with the user's own account where it names none.

    Keys go only to the origin they were given for.
    """
    if configuration.transport != Transport.GEMINI_API or user is None:
        return configuration
    llm = configuration.llm
    names_one = llm is not None and (llm.connection_id is not None or llm.connection_ref)
    if configuration.connection is not None or names_one:
        return configuration
    rows = own_connections(user, ConnectionKind.ACCOUNT).filter(
        provider__slug=_GOOGLE,
        api_key__isnull=False,
        origin=origins.origin_of(configuration.api_url),
    )
    account: Connection | None = rows.first()
    return configuration if account is None else replace(configuration, connection=account)


def _key_of(configuration: Configuration) -> Secret | None:
    connection = configuration.connection
    if connection is None:
        return configuration.server_key
    return key_for(connection, configuration.api_url) if connection.has_key else None


def _commit_event(configuration: Configuration, user: User | None, role: str) -> None:
    """Write who is given which key for whom, and see it committed."""
    try:
        with transaction.atomic(durable=True):
            _record(configuration, user, role)
    except Exception as error:
        logger.exception("a key was not revealed: the trail cannot be written")
        raise TrailUnavailableError from error


def _record(configuration: Configuration, user: User | None, role: str) -> None:
    connection, llm = configuration.connection, configuration.llm
    payload: dict[str, Any] = {
        "role": role,
        "for_user": None if user is None else user.get_username(),
        "model": configuration.label,
        "connection": None if connection is None else str(connection),
        "key": configuration.key_hint or None,
    }
    subject: Connection | LLMModel | None = connection
    if connection is None or connection.private_to_id is not None:
        subject = llm
    if subject is None:  # a built-in with the server's key: there is no row
        events.record_about(EVENT, Connection, configuration.label, **payload)
    else:
        events.record(EVENT, subject, **payload)
