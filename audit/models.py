from __future__ import annotations

from auditlog.models import AbstractLogEntry
from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.choices import Source
from audit.recorder import TrailManager


class LogEntry(AbstractLogEntry):
    """One event on the trail: what was done to one subject in one request, command or task.

    `changes` is {field: [old, new]}; a secret is told as {field: "changed"}. What belongs to the
    event but to no column (blocking knowledge bases, the default that stepped down) is in
    `additional_data`. `cid` is the request id.
    """

    event = models.CharField(_("event"), max_length=64, db_index=True)
    source = models.CharField(_("source"), max_length=16, choices=Source, db_index=True)
    actor_name = models.CharField(
        _("actor name"),
        max_length=150,
        blank=True,
        help_text=_("The actor's user name at the time; it outlives the account."),
    )
    application = models.CharField(_("application"), max_length=100, blank=True)

    objects = TrailManager()

    class Meta(AbstractLogEntry.Meta):
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ("-timestamp", "-id")
        indexes = (
            models.Index(
                fields=("content_type", "object_pk", "-timestamp"), name="audit_object_history"
            ),
            models.Index(fields=("-timestamp", "-id"), name="audit_newest_first"),
        )

    def __str__(self) -> str:
        return f"{self.event.replace('_', ' ')}: {self.object_repr}"
