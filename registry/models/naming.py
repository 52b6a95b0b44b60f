from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from audit import tracking
from registry.constraints import FieldUnique
from registry.fields import LabelField
from registry.models.base import TrackedQuerySet


class Tag(models.Model):
    """A word that people file models under; `folded` makes it one in any spelling."""

    name = LabelField(_("name"), max_length=64)
    folded = models.CharField(max_length=128, editable=False)

    objects = TrackedQuerySet.as_manager()

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ("folded",)
        constraints = (
            FieldUnique(
                field="name",
                fields=("folded",),
                name="registry_tag_unique",
                violation_error_message=_("This tag exists."),
            ),
        )

    def __str__(self) -> str:
        return str(self.name)


class LLMAlias(models.Model):
    """Another name of a model, found by search after the names themselves."""

    llm = models.ForeignKey("registry.LLMModel", models.CASCADE, related_name="aliases")
    name = LabelField(_("name"), max_length=200)
    folded = models.CharField(max_length=400, editable=False, db_index=True)

    objects = TrackedQuerySet.as_manager()

    class Meta:
        verbose_name = _("alias")
        verbose_name_plural = _("aliases")
        ordering = ("folded",)
        constraints = (
            FieldUnique(
                field="aliases",
                fields=("llm", "folded"),
                name="registry_llmalias_unique",
                violation_error_message=_("This model has the alias twice."),
            ),
        )

    def __str__(self) -> str:
        return str(self.name)


def alias_part(alias: LLMAlias, told: dict[str, Any]) -> dict[str, Any]:
    """Say nothing here: the service tells the whole list as one change."""
    return {}


tracking.track(Tag, noun="tag", exclude=("folded",))
tracking.track(LLMAlias, noun="alias", part_of="llm", part=alias_part)
