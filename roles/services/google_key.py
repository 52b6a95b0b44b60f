"""Which key a person's calls of Google's API bear."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from registry.choices import ConnectionKind
from roles.services.own_connections import own_connection, own_connections

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from registry.models import Connection
    from registry.types import Secret

_GOOGLE = "gemini"


def google_key(user: User, account: str | None = None) -> Secret | None:
    """Return the key of a named account of the user's, None if it has none or is not there.

    Without a name: the key of his oldest account that has one, else the server's, which is sent
    to Google's own address only. Raises CredentialUnreadableError rather than take another key
    for one that cannot be read. To be called where the giving away of a key is on the trail.
    """
    if account:
        return _key_of(own_connection(user, account, ConnectionKind.ACCOUNT))
    rows = own_connections(user, ConnectionKind.ACCOUNT)
    first = rows.filter(provider__slug=_GOOGLE, api_key__isnull=False).first()
    if first is not None:
        return _key_of(first)
    key: Secret = settings.GEMINI_API_KEY
    return key or None


def _key_of(row: Connection | None) -> Secret | None:
    if row is None or row.provider.slug != _GOOGLE or not row.has_key:
        return None
    return row.open_key()
