from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.constraints import FieldUnique
from registry.fields import LabelField


class LLMUse(models.Model):
    """Which application was last given which model, for whom and when; measured, not decided.

    Noted at most once a minute per pair. `user` is whose role was resolved; null for lists.
    """

    llm = models.ForeignKey(
        "registry.LLMModel", models.CASCADE, related_name="uses", verbose_name=_("model")
    )
    application = LabelField(_("application"), max_length=100)
    role = models.CharField(_("role"), max_length=64, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("user"),
    )
    last_used_at = models.DateTimeField(_("last used"))

    class Meta:
        verbose_name = _("use of a model")
        verbose_name_plural = _("uses of models")
        ordering = ("-last_used_at",)
        constraints = (
            FieldUnique(
                field="application",
                fields=("llm", "application"),
                name="registry_llmuse_once",
                violation_error_message=_("This use is noted."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.application}: {self.llm}"
