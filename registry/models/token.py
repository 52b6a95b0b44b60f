from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from audit import tracking
from registry.fields import LabelField
from registry.models.base import TrackedQuerySet


class ApiToken(models.Model):
    """An application's key to the API. Only its digest is stored; it is shown once.

    It belongs to a user, dies with him, and never allows more than he may do at the moment.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="api_tokens",
        verbose_name=_("user"),
    )
    application = LabelField(
        _("application"), max_length=100, help_text=_("Which application uses this token.")
    )
    scopes = models.CharField(_("scopes"), max_length=200, help_text=_("Separated by blanks."))
    digest = models.CharField(max_length=64, unique=True, editable=False)
    password_stamp = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)

    objects = TrackedQuerySet.as_manager()

    class Meta:
        verbose_name = _("application token")
        verbose_name_plural = _("applications")
        ordering = ("application", "-created_at")

    def __str__(self) -> str:
        return f"{self.application} ({self.user})"

    @property
    def scope_set(self) -> frozenset[str]:
        return frozenset(self.scopes.split())


tracking.track(
    ApiToken, noun="token", exclude=("digest", "password_stamp", "created_at", "last_used_at")
)
