from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from audit import tracking
from registry.choices import KnowledgeBaseStatus
from registry.constraints import FieldUnique, one_of, within
from registry.fields import BoundedIntegerField, Bounds, LabelField, ProseField
from registry.models.base import BOOKKEEPING, Revised, SlugTextField, TrackedQuerySet

DOCUMENTS = Bounds(0, 2_147_483_647)  # PostgreSQL's integer


class KnowledgeBase(Revised):
    """An application's store whose vectors and answers depend on registered models."""

    slug = SlugTextField(
        _("slug"), help_text=_("The name in addresses. Left empty it is made from the name.")
    )
    name = LabelField(_("name"), max_length=200)
    description = ProseField(_("description"), blank=True)
    status = models.CharField(
        _("status"),
        max_length=16,
        choices=KnowledgeBaseStatus,
        default=KnowledgeBaseStatus.ACTIVE,
    )
    embedding_model = models.ForeignKey(
        "registry.LLMModel",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="knowledge_bases",
        verbose_name=_("embedding model"),
    )
    generation_model = models.ForeignKey(
        "registry.LLMModel",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="generation_bases",
        verbose_name=_("generation model"),
    )
    document_count = BoundedIntegerField(
        _("documents"), bounds=DOCUMENTS, help_text=_("Empty when unknown.")
    )

    objects = TrackedQuerySet.as_manager()

    class Meta:
        verbose_name = _("knowledge base")
        verbose_name_plural = _("knowledge bases")
        ordering = ("name", "slug")
        constraints = (
            FieldUnique(
                field="slug",
                fields=("slug",),
                name="registry_knowledgebase_slug_unique",
                violation_error_message=_("A knowledge base with this slug exists."),
            ),
            one_of("knowledgebase", "status", KnowledgeBaseStatus.values),
            within("knowledgebase", "document_count", DOCUMENTS),
        )

    def __str__(self) -> str:
        return str(self.name)


tracking.track(KnowledgeBase, noun="knowledge_base", exclude=BOOKKEEPING)
