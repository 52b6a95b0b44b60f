from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Prefetch, Q
from django.utils.translation import gettext_lazy as _

from audit import tracking
from registry.choices import Health, LLMStatus, LLMType, Mode, QualityTier, ReasoningEffort
from registry.constraints import FieldCheck, FieldUnique, one_of, within
from registry.fields import (
    BoundedFloatField,
    BoundedIntegerField,
    Bounds,
    ExactField,
    FeaturesField,
    LabelField,
    ProseField,
    UsdField,
)
from registry.models.base import BOOKKEEPING, Revised, SlugTextField, TrackedQuerySet, is_uuid
from registry.models.capability import ModelCapability
from registry.models.parameters import (
    PARAMETER_CONSTRAINTS,
    EmbeddingParameters,
    GenerationParameters,
)

PROBE_TOKENS = Bounds(1, 32_768)
LATENCY_MS = Bounds(0, 86_400_000)  # a day
TOKENS_PER_SECOND = Bounds(0, 1_000_000)


class LLMQuerySet(TrackedQuerySet):
    """The words for choosing models."""

    def shared(self) -> LLMQuerySet:
        """Keep the organisation's; a user's own models have an owner."""
        return self.filter(owner__isnull=True)

    def of_type(self, llm_type: str) -> LLMQuerySet:
        return self.filter(type=llm_type)

    def active(self) -> LLMQuerySet:
        return self.filter(status=LLMStatus.ACTIVE)

    def default_first(self) -> LLMQuerySet:
        """Order as a chooser shows them: the default, then by name."""
        return self.order_by("-is_default", "name", "slug")

    def named(self, name: str) -> LLMQuerySet:
        """Keep the model of this uuid, or the shared one of this slug."""
        if is_uuid(name):
            return self.filter(pk=name)
        return self.shared().slugged(name)

    def with_links(self) -> LLMQuerySet:
        """Read along what a list row or an answer shows, in a constant number of queries."""
        return self.select_related("provider", "connection", "replacement").prefetch_related(
            "tags",
            "aliases",
            Prefetch("capabilities", ModelCapability.objects.select_related("capability")),
            "knowledge_bases",
            "generation_bases",
        )


class LLMModel(EmbeddingParameters, GenerationParameters, Revised):
    """One model as the organisation uses it. `model_id` is the string that its API is sent."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = SlugTextField(
        _("slug"), help_text=_("The name in addresses. Left empty it is made from the model id.")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="llms",
        verbose_name=_("owner"),
    )
    type = models.CharField(_("type"), max_length=16, choices=LLMType)
    provider = models.ForeignKey(
        "registry.Provider", models.PROTECT, related_name="llms", verbose_name=_("provider")
    )
    name = LabelField(_("name"), max_length=200)
    model_id = ExactField(
        _("model id"), max_length=200, help_text=_("Exactly as the provider's API wants it.")
    )
    family = LabelField(_("family"), max_length=100, blank=True)
    version = LabelField(_("version"), max_length=100, blank=True)
    description = ProseField(_("description"), blank=True)
    status = models.CharField(
        _("status"), max_length=16, choices=LLMStatus, default=LLMStatus.ACTIVE
    )
    is_default = models.BooleanField(_("default"), default=False)
    connection = models.ForeignKey(
        "registry.Connection",
        models.RESTRICT,
        null=True,
        blank=True,
        related_name="llms",
        verbose_name=_("connection"),
    )
    settings = FeaturesField(
        _("settings"),
        default=dict,
        blank=True,
        help_text=_("Names and values that applications read, such as a setting of one platform."),
    )
    # A legacy document may hold other words than those of `Transport`: they are kept.
    transport = LabelField(_("transport"), max_length=32, blank=True)
    connection_ref = LabelField(
        _("lost connection"),
        max_length=200,
        blank=True,
        editable=False,
        help_text=_("What a document called a connection that is not there."),
    )
    mode = models.CharField(_("mode"), max_length=16, choices=Mode, blank=True)
    quality_tier = models.CharField(
        _("quality tier"), max_length=16, choices=QualityTier, default=QualityTier.UNKNOWN
    )
    tags = models.ManyToManyField(
        "registry.Tag", blank=True, related_name="llms", verbose_name=_("tags")
    )
    release_date = models.DateField(_("released"), null=True, blank=True)
    deprecation_date = models.DateField(_("retires on"), null=True, blank=True)
    migration_guide = ProseField(_("migration guide"), blank=True)
    replacement = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="replaces",
        verbose_name=_("replacement"),
    )

    # When somebody last set the status to deprecated.
    deprecated_at = models.DateTimeField(_("deprecated since"), null=True, editable=False)
    latency_ms = BoundedIntegerField(
        _("latency"), bounds=LATENCY_MS, help_text=_("Milliseconds until an answer begins.")
    )
    tokens_per_second = BoundedFloatField(
        _("speed"), bounds=TOKENS_PER_SECOND, help_text=_("Output tokens per second.")
    )

    # For connection tests only; nothing else reads them.
    probe_max_tokens = BoundedIntegerField(
        _("tokens of a test"),
        bounds=PROBE_TOKENS,
        help_text=_("Output tokens that a connection test allows; empty is 16."),
    )
    probe_reasoning_effort = models.CharField(
        _("reasoning effort of a test"), max_length=16, choices=ReasoningEffort, blank=True
    )
    health = models.CharField(
        _("health"), max_length=16, choices=Health, default=Health.UNKNOWN, editable=False
    )
    health_since = models.DateTimeField(_("health since"), null=True, editable=False)
    tested_at = models.DateTimeField(_("last tested"), null=True, editable=False)

    # The list prices in force per 1,000,000 tokens, for choosing and sorting rows; the ledger of
    # prices decides them. `has_tiers`: a long prompt has other prices, or a request one of its own.
    input_cost = UsdField(_("input price"), editable=False)
    output_cost = UsdField(_("output price"), editable=False)
    has_tiers = models.BooleanField(default=False, editable=False)

    measured = ("health", "health_since", "tested_at", "input_cost", "output_cost", "has_tiers")

    objects = LLMQuerySet.as_manager()

    class Meta:
        verbose_name = _("model")
        verbose_name_plural = _("models")
        ordering = ("name", "slug")
        indexes = (
            models.Index(fields=("type", "status", "name"), name="registry_llm_chooser"),
            models.Index(fields=("name", "slug"), name="registry_llm_by_name"),
            models.Index(fields=("model_id",), name="registry_llm_model_id"),
            models.Index(fields=("deprecation_date",), name="registry_llm_retires"),
        )
        constraints = (
            *PARAMETER_CONSTRAINTS,
            one_of("llmmodel", "type", LLMType.values),
            one_of("llmmodel", "status", LLMStatus.values),
            one_of("llmmodel", "health", Health.values),
            within("llmmodel", "probe_max_tokens", PROBE_TOKENS),
            within("llmmodel", "latency_ms", LATENCY_MS),
            within("llmmodel", "tokens_per_second", TOKENS_PER_SECOND),
            one_of("llmmodel", "probe_reasoning_effort", ["", *ReasoningEffort.values]),
            FieldUnique(
                field="slug",
                fields=("slug",),
                condition=Q(owner__isnull=True),
                name="registry_llmmodel_shared_slug_unique",
                violation_error_message=_("Another model has this slug."),
            ),
            FieldUnique(
                field="slug",
                fields=("owner", "slug"),
                condition=Q(owner__isnull=False),
                name="registry_llmmodel_own_slug_unique",
                violation_error_message=_("Another of your models has this slug."),
            ),
            FieldUnique(
                field="model_id",
                fields=("type", "provider", "model_id", "connection"),
                condition=Q(owner__isnull=True, connection__isnull=False),
                name="registry_llmmodel_identity_unique",
                violation_error_message=_("This model is registered over this connection."),
            ),
            FieldUnique(
                field="model_id",
                fields=("type", "provider", "model_id"),
                condition=Q(owner__isnull=True, connection__isnull=True),
                name="registry_llmmodel_unconnected_unique",
                violation_error_message=_("This model is registered without a connection."),
            ),
            FieldUnique(
                field="is_default",
                fields=("type",),
                condition=Q(owner__isnull=True, is_default=True),
                name="registry_llmmodel_one_default",
                violation_error_message=_("This type has a default."),
            ),
            FieldCheck(
                field="is_default",
                condition=Q(is_default=False) | Q(status="active", owner__isnull=True),
                name="registry_llmmodel_default_is_active",
                violation_error_message=_("Only an active, shared model can be the default."),
            ),
        )

    def __str__(self) -> str:
        return str(self.name)

    @property
    def is_active(self) -> bool:
        return self.status == LLMStatus.ACTIVE

    @property
    def heir(self) -> LLMModel | None:
        """The replacement, if whoever sees this model sees that too: it may change its owner."""
        found = self.replacement
        return found if found is not None and found.owner_id in (None, self.owner_id) else None

    @property
    def has_private_connection(self) -> bool:
        return self.connection is not None and self.connection.private_to_id == self.pk


# `deprecated_at` is the moment of the event that tells the status.
_UNTOLD = (*BOOKKEEPING, *LLMModel.measured, "deprecated_at")
tracking.track(LLMModel, noun="model", exclude=_UNTOLD, m2m=("tags",))
