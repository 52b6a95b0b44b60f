"""What can be set on a model of each type. Null means unknown, never zero."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from registry.choices import DistanceMetric
from registry.constraints import FieldCheck, one_of, within
from registry.fields import BoundedFloatField, BoundedIntegerField, Bounds, LabelField

_LARGEST = 2_147_483_647  # PostgreSQL's integer

DIMENSIONS = Bounds(1, 8192)
MAX_TOKENS = Bounds(1, _LARGEST)
BATCH_SIZE = Bounds(1, 1000)
CONTEXT_WINDOW = Bounds(1024, _LARGEST)
MAX_OUTPUT_TOKENS = Bounds(1, _LARGEST)
TEMPERATURE = Bounds(0, 2)
TOP_P = Bounds(0, 1)
TOP_K = Bounds(1, _LARGEST)


class EmbeddingParameters(models.Model):
    dimensions = BoundedIntegerField(
        _("dimensions"), bounds=DIMENSIONS, help_text=_("Numbers in one vector, 1 to 8,192.")
    )
    max_tokens = BoundedIntegerField(
        _("maximum input"), bounds=MAX_TOKENS, help_text=_("Tokens that one text may have.")
    )
    normalize = models.BooleanField(
        _("normalise"), null=True, blank=True, help_text=_("Whether vectors have length 1.")
    )
    distance_metric = models.CharField(
        _("distance metric"), max_length=16, choices=DistanceMetric, blank=True
    )
    batch_size = BoundedIntegerField(
        _("batch size"), bounds=BATCH_SIZE, help_text=_("Texts in one call, 1 to 1,000.")
    )

    class Meta:
        abstract = True


class GenerationParameters(models.Model):
    context_window = BoundedIntegerField(
        _("context window"),
        bounds=CONTEXT_WINDOW,
        help_text=_("Tokens of question and answer together, at least 1,024."),
    )
    max_output_tokens = BoundedIntegerField(
        _("maximum output"),
        bounds=MAX_OUTPUT_TOKENS,
        help_text=_("Tokens of one answer; never more than the context window."),
    )
    temperature = BoundedFloatField(_("temperature"), bounds=TEMPERATURE, help_text=_("0 to 2."))
    top_p = BoundedFloatField("top_p", bounds=TOP_P, help_text=_("0 to 1."))
    top_k = BoundedIntegerField("top_k", bounds=TOP_K, help_text=_("At least 1."))
    known_params = LabelField(
        _("accepted parameters"),
        max_length=1000,
        blank=True,
        help_text=_("Names of request parameters that the API accepts, separated by blanks."),
    )

    class Meta:
        abstract = True


PARAMETER_CONSTRAINTS = (
    within("llmmodel", "dimensions", DIMENSIONS),
    within("llmmodel", "max_tokens", MAX_TOKENS),
    within("llmmodel", "batch_size", BATCH_SIZE),
    within("llmmodel", "context_window", CONTEXT_WINDOW),
    within("llmmodel", "max_output_tokens", MAX_OUTPUT_TOKENS),
    within("llmmodel", "temperature", TEMPERATURE),
    within("llmmodel", "top_p", TOP_P),
    within("llmmodel", "top_k", TOP_K),
    one_of("llmmodel", "distance_metric", [*DistanceMetric.values, ""]),
    FieldCheck(
        field="max_output_tokens",
        condition=Q(context_window__isnull=True)
        | Q(max_output_tokens__isnull=True)
        | Q(max_output_tokens__lte=F("context_window")),
        name="registry_llmmodel_output_fits_context",
        violation_error_message=_("An answer cannot be longer than the context window."),
    ),
    FieldCheck(
        field="dimensions",
        condition=~Q(type="embedding") | Q(dimensions__isnull=False),
        name="registry_llmmodel_dimensions_known",
        violation_error_message=_("An embedding model needs its dimensions."),
    ),
)
