from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from audit import tracking
from registry.choices import ConnectionKind, ConnectionState, HostType
from registry.constraints import FieldUnique, one_of
from registry.errors import CredentialUnreadableError, NeedsKeyError
from registry.fields import Binding, FingerprintField, LabelField, SealedSecret, SecretField, seal
from registry.models.base import BOOKKEEPING, Revised, SlugTextField, TrackedQuerySet
from registry.types import Secret


class ConnectionQuerySet(TrackedQuerySet):
    """The words for choosing connections."""

    def shared(self) -> ConnectionQuerySet:
        """Keep those of the organisation that are not one model's own."""
        return self.filter(owner__isnull=True, private_to__isnull=True)


class Connection(Revised):
    """An address with its key: an account, a host or a command-line login.

    The key is bound to this row, its owner and `origin`; it cannot be opened elsewhere.
    `origin` is the scheme, host and port that the key may be sent to.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="connections",
        verbose_name=_("owner"),
    )
    provider = models.ForeignKey(
        "registry.Provider",
        models.PROTECT,
        related_name="connections",
        verbose_name=_("provider"),
    )
    # The name of an own one in its owner's documents; the organisation's have none.
    slug = SlugTextField(_("short name"), blank=True, default="")
    label = LabelField(_("label"), max_length=200)
    kind = models.CharField(
        _("kind"), max_length=16, choices=ConnectionKind, default=ConnectionKind.ACCOUNT
    )
    host_type = models.CharField(
        _("kind of host"),
        max_length=16,
        choices=HostType,
        blank=True,
        help_text=_("Empty is as the provider speaks."),
    )
    api_url = models.CharField(
        _("address"),
        max_length=500,
        blank=True,
        help_text=_("Leave empty to use the provider's own address."),
    )
    origin = models.CharField(_("origin"), max_length=300, blank=True, editable=False)
    api_key: SealedSecret | None = SecretField(_("API key"))
    key_fingerprint = FingerprintField(max_length=64, blank=True, editable=False)
    key_changed_at = models.DateTimeField(_("key since"), null=True, editable=False)
    private_to = models.OneToOneField(
        "registry.LLMModel",
        models.CASCADE,
        null=True,
        blank=True,
        editable=False,
        related_name="private_connection",
    )
    state = models.CharField(
        _("state"),
        max_length=16,
        choices=ConnectionState,
        default=ConnectionState.NEEDS_KEY,
        editable=False,
    )

    last_success_at = models.DateTimeField(_("last success"), null=True, editable=False)

    measured = ("last_success_at",)

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        ordering = ("label", "id")
        permissions = (("reveal_key", _("Can have the key of a resolved model revealed")),)
        constraints = (
            FieldUnique(
                field="label",
                fields=("provider", "label"),
                condition=models.Q(owner__isnull=True, private_to__isnull=True),
                name="registry_connection_label_unique",
                violation_error_message=_("This provider has a connection of this label."),
            ),
            FieldUnique(
                field="slug",
                fields=("owner", "slug"),
                condition=models.Q(owner__isnull=False) & ~models.Q(slug=""),
                name="registry_connection_own_slug_unique",
                violation_error_message=_("Another of your connections has this name."),
            ),
            one_of("connection", "host_type", ["", *HostType.values]),
            one_of("connection", "kind", ConnectionKind.values),
            one_of("connection", "state", ConnectionState.values),
        )

    def __str__(self) -> str:
        return str(self.label)

    @property
    def binding(self) -> Binding:
        return Binding(row=str(self.pk), owner=str(self.owner_id or ""), origin=self.origin)

    @property
    def has_key(self) -> bool:
        return self.api_key is not None

    @property
    def key_hint(self) -> str:
        """Return `key` and eight digits of the fingerprint; empty without a key."""
        return f"key{self.key_fingerprint[:8]}" if self.has_key else ""

    @property
    def is_readable(self) -> bool:
        """Whether the stored key, if any, can be opened with the present key ring."""
        try:
            self.open_key()
        except CredentialUnreadableError:
            return False
        except NeedsKeyError:
            return True
        return True

    @property
    def visible_state(self) -> str:
        """The stored state, or `needs_key` when the stored key cannot be read."""
        return str(self.state) if self.is_readable else ConnectionState.NEEDS_KEY.value

    def put_key(self, secret: Secret) -> None:
        """Seal `secret` into this row; the caller saves and stores the fingerprint."""
        self.api_key = seal(secret, self.binding)

    def open_key(self) -> Secret:
        """Return the key. Raises NeedsKeyError or CredentialUnreadableError."""
        if self.api_key is None:
            raise NeedsKeyError
        return self.api_key.open(self.binding)


# In the words of the model that a private connection belongs to.
_TOLD_OF_PRIVATE = {"api_url": "api_endpoint", "api_key": "api_key"}


def _private_part(row: Connection, told: dict[str, Any]) -> dict[str, Any]:
    return {
        _TOLD_OF_PRIVATE[name]: value for name, value in told.items() if name in _TOLD_OF_PRIVATE
    }


tracking.track(
    Connection,
    noun="connection",
    exclude=(*BOOKKEEPING, *Connection.measured, "api_key", "key_changed_at", "private_to"),
    secret={"key_fingerprint": "api_key"},
    part_of="private_to",
    part=_private_part,
)
