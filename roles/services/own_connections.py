"""A person's own accounts, hosts and command-line logins: nobody else reaches them.

Each function says of another user's record what it says of one that is not there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from registry.choices import ConnectionKind, HostType
from registry.models import Connection
from registry.models.base import is_uuid
from registry.services.connections import save_connection
from registry.services.keys import read_key
from registry.types import UNSET, Change, ConnectionChange, Secret, Unset
from roles.services import removal
from roles.services.configuration import LOCAL
from roles.services.provider_names import provider_named
from roles.services.registry_of import DEFAULT_CREDENTIAL

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from registry.models import Provider
    from registry.models.connection import ConnectionQuerySet

_NOTHING_NAMED = Change(frozenset())
_USUAL_LOGIN = "anthropic"


def own_connections(user: User, kind: str = "") -> ConnectionQuerySet:
    """Return the user's connections, oldest first, without those that are part of a model."""
    rows = Connection.objects.filter(owner=user.pk, private_to__isnull=True)
    rows = rows.filter(kind=kind) if kind else rows
    found: ConnectionQuerySet = rows.select_related("provider").order_by("created_at", "pk")
    return found


def own_connection(user: User, name: str | None, kind: str = "") -> Connection | None:
    """Return the user's connection of this short name or id, None if he has none of this kind."""
    text = (name or "").strip()
    rows = own_connections(user, kind)
    found: Connection | None = (
        rows.filter(pk=text).first() if is_uuid(text) else rows.slugged(text).first()
    )
    return found


def usable_connection(user: User, name: str | None) -> Connection | None:
    """Return what a model of this user may be called over: his own, or one of the organisation.

    The organisation's have no short name, only an id.
    """
    found = own_connection(user, name)
    text = (name or "").strip()
    if found is None and is_uuid(text):
        shared = Connection.objects.shared().select_related("provider")
        found = shared.filter(pk=text).first()
    return found


def find_login(user: User, name: str, provider: Provider) -> Connection | None:
    """Return the user's command-line login of this name at a provider.

    Everybody has the one of the Claude command: it is stored when it is first named.
    """
    found = own_connection(user, name, ConnectionKind.CLI)
    if found is not None:
        return found if found.provider_id == provider.pk else None
    is_default = name.strip().casefold() == DEFAULT_CREDENTIAL["id"]
    if not is_default or provider.slug != _USUAL_LOGIN or own_connection(user, name) is not None:
        return None
    row = Connection(owner=user, kind=ConnectionKind.CLI, provider=provider)
    row.slug, row.label = DEFAULT_CREDENTIAL["id"], DEFAULT_CREDENTIAL["label"]
    return save_connection(row)


def save_host(
    user: User,
    slug: str | None,
    *,
    label: str | Unset = UNSET,
    api_url: str | Unset = UNSET,
    api_key: Secret | None = None,
    host_type: str | Unset = UNSET,
    change: Change = _NOTHING_NAMED,
) -> Connection:
    """Create a host (`slug` None) or change one of the user's.

    What is UNSET stays; a blank key keeps the stored one; a kind of host that is not known is
    Open WebUI. Raises ValidationError (on `connection` for a host that is not there),
    StaleRevisionError or GoneError.
    """
    row = _found(user, slug, ConnectionKind.HOST, provider=LOCAL)
    if row._state.adding or host_type is not UNSET:
        host_type = host_type if host_type in HostType.values else HostType.OPENWEBUI.value
    values = {"label": label, "api_url": api_url, "host_type": host_type}
    return _save(row, values, api_key, change)


def save_account(
    user: User,
    slug: str | None,
    *,
    provider: str | Unset = UNSET,
    label: str | Unset = UNSET,
    api_key: Secret | None = None,
    api_url: str | Unset = UNSET,
    change: Change = _NOTHING_NAMED,
) -> Connection:
    """Create an account at a provider (`slug` None) or change one of the user's.

    The provider of a stored account does not change. Otherwise as `save_host`.
    """
    row = _found(user, slug, ConnectionKind.ACCOUNT, provider=provider)
    return _save(row, {"label": label, "api_url": api_url}, api_key, change)


def save_cli(
    user: User,
    slug: str | None,
    *,
    provider: str | Unset = UNSET,
    label: str | Unset = UNSET,
    change: Change = _NOTHING_NAMED,
) -> Connection:
    """Create a command-line login (`slug` None) or change one: it has neither address nor key.

    A new one is of Anthropic unless `provider` says otherwise.
    """
    maker = provider if slug or provider is not UNSET else _USUAL_LOGIN
    row = _found(user, slug, ConnectionKind.CLI, provider=maker)
    return _save(row, {"label": label}, None, change)


def remove_connection(
    user: User, slug: str | None, kind: str = "", change: Change = _NOTHING_NAMED
) -> bool:
    """Remove one of the user's connections with its models, and empty the slots that named them.

    Returns whether there was one of this kind. Raises StaleRevisionError.
    """
    found = own_connection(user, slug, kind)
    return found is not None and removal.remove_connection(found, change)


def _found(
    user: User, slug: str | None, kind: ConnectionKind, *, provider: str | Unset
) -> Connection:
    """Return the stored connection of this name, or a new one."""
    if not slug:
        maker = provider_named("" if provider is UNSET else provider)
        return Connection(owner=user, kind=kind, provider=maker)
    row = own_connection(user, slug, kind)
    if row is None:
        raise ValidationError({"connection": [_("There is no such connection.")]})
    if provider is not UNSET:
        row.provider = provider_named(provider)
    return row


def _save(
    row: Connection, values: dict[str, str | Unset], api_key: Secret | None, change: Change
) -> Connection:
    named: dict[str, Any] = {name: text for name, text in values.items() if text is not UNSET}
    for name, text in named.items():
        setattr(row, name, text.strip())
    secret = _read(api_key, row)
    fields = frozenset({*named, "provider"})
    return save_connection(row, ConnectionChange(fields, change.expected_revision, secret))


def _read(api_key: Secret | None, row: Connection) -> Secret | None:
    """Return a new key, trimmed. Raises ValidationError on `api_key`."""
    try:
        return read_key(None if api_key is None else api_key.reveal(), hint=row.key_hint)
    except ValidationError as error:
        raise ValidationError({"api_key": error.messages}) from None
