from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from audit import tracking
from registry.constraints import FieldUnique
from registry.fields import LabelField, ProseField
from registry.models.base import SlugTextField, TrackedQuerySet


class Capability(models.Model):
    """A word of the vocabulary of what models can do."""

    name = SlugTextField(_("name"), max_length=64)
    label = LabelField(_("label"), max_length=100)
    description = ProseField(_("description"), blank=True)

    objects = TrackedQuerySet.as_manager()

    class Meta:
        verbose_name = _("capability")
        verbose_name_plural = _("capabilities")
        ordering = ("name",)
        constraints = (
            FieldUnique(
                field="name",
                fields=("name",),
                name="registry_capability_unique",
                violation_error_message=_("This capability exists."),
            ),
        )

    def __str__(self) -> str:
        return str(self.label or self.name)


class ModelCapability(models.Model):
    """Whether a model has a capability. No row means that nobody knows."""

    llm = models.ForeignKey("registry.LLMModel", models.CASCADE, related_name="capabilities")
    capability = models.ForeignKey(Capability, models.PROTECT, related_name="uses")
    supported = models.BooleanField(_("supported"))

    objects = TrackedQuerySet.as_manager()

    class Meta:
        verbose_name = _("capability of a model")
        verbose_name_plural = _("capabilities of a model")
        ordering = ("capability__name",)
        constraints = (
            FieldUnique(
                field="capabilities",
                fields=("llm", "capability"),
                name="registry_modelcapability_unique",
                violation_error_message=_("This capability is named twice."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.capability.name}: {self.supported}"


def _part(row: ModelCapability, told: dict[str, Any]) -> dict[str, Any]:
    return {f"capabilities.{row.capability.name}": told.get("supported", [None, None])}


tracking.track(Capability, noun="capability")
tracking.track(ModelCapability, noun="model_capability", part_of="llm", part=_part)
