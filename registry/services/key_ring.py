"""Does the key ring open what this database holds?"""

from __future__ import annotations

from django.db import DatabaseError
from django.utils.translation import gettext_lazy as _

from registry.errors import CredentialUnreadableError, KeyRingError
from registry.fields import Binding, seal
from registry.models import KeyRingCanary
from registry.types import Secret

_BINDING = Binding(row="canary", owner="", origin="")
_TEXT = "this key ring is the right one"


def plant_canary() -> None:
    """Store the known text under the present ring, once."""
    if not KeyRingCanary.objects.exists():
        KeyRingCanary(pk=1, sealed=seal(Secret(_TEXT), _BINDING)).save()


def check() -> None:
    """Raise KeyRingError unless the stored canary opens.

    A database without tables or without a canary has nothing that a wrong ring could lose.
    """
    try:
        canary = KeyRingCanary.objects.filter(pk=1).first()
    except DatabaseError:  # not migrated, or not there: the readiness page says which
        return
    if canary is None:
        return
    try:
        opened = canary.sealed.open(_BINDING)
    except CredentialUnreadableError:
        raise KeyRingError(
            _(
                "No key of REGISTRY_ENCRYPTION_KEYS opens what this database holds. "
                "Put the former key ring back; new keys go in front of the old ones."
            )
        ) from None
    if opened.reveal() != _TEXT:
        raise KeyRingError
