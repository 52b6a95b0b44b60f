from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from audit import tracking
from registry.constraints import FieldUnique, within
from registry.fields import BoundedIntegerField, ExactField, LabelField
from registry.models.base import BOOKKEEPING, Revised, TrackedQuerySet
from registry.models.parameters import CONTEXT_WINDOW


class CatalogEntry(Revised):
    """A model that a person adds to what the server's catalogue of a provider offers him.

    It fills forms; it is no model of his until he registers it.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="catalog_entries",
        verbose_name=_("owner"),
    )
    provider = models.ForeignKey(
        "registry.Provider", models.CASCADE, related_name="+", verbose_name=_("provider")
    )
    model_id = ExactField(_("model id"), max_length=200)
    label = LabelField(_("label"), max_length=200)
    context_window = BoundedIntegerField(_("context window"), bounds=CONTEXT_WINDOW)

    objects = TrackedQuerySet.as_manager()

    class Meta:
        verbose_name = _("entry of a catalogue")
        verbose_name_plural = _("entries of catalogues")
        ordering = ("created_at", "id")
        constraints = (
            FieldUnique(
                field="model_id",
                fields=("owner", "provider", "model_id"),
                name="roles_catalogentry_unique",
                violation_error_message=_("Your catalogue has this model."),
            ),
            within("catalogentry", "context_window", CONTEXT_WINDOW),
        )

    def __str__(self) -> str:
        return str(self.label)


tracking.track(CatalogEntry, noun="catalog_entry", exclude=BOOKKEEPING)
