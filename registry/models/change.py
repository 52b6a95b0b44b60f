from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class CatalogueChange(models.Model):
    """What one catalogue write did to one subject, by the revision it led to.

    It names and links, and holds no value: what changed is on the trail. Without foreign keys,
    since it tells of deleted rows, too.
    """

    revision = models.PositiveBigIntegerField()
    event = models.CharField(max_length=64)
    kind = models.CharField(max_length=32)  # model, route, price, provider, platform
    subject_id = models.CharField(max_length=64)
    name = models.CharField(max_length=410)  # its slug
    # The model it is about, as it was called then: a deleted one can be found nowhere else.
    llm_id = models.UUIDField(null=True)
    llm_slug = models.CharField(max_length=200, blank=True)
    llm_model_id = models.CharField(max_length=200, blank=True)
    owner_id = models.BigIntegerField(null=True)  # whose own model; null is shared
    # Of an inactive model that was inactive before: the staff's affair.
    for_staff = models.BooleanField(default=False)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("change of the catalogue")
        verbose_name_plural = _("changes of the catalogue")
        ordering = ("revision", "id")
        indexes = (
            models.Index(fields=("revision", "id"), name="registry_change_revision"),
            models.Index(fields=("at",), name="registry_change_at"),
        )

    def __str__(self) -> str:
        return f"{self.revision} {self.event} {self.name}"
