from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from audit import tracking
from registry.choices import PriceSource, PriceState, PriceUnit
from registry.constraints import FieldCheck, one_of, within
from registry.fields import BoundedIntegerField, Bounds, LabelField, UsdField
from registry.models.base import TrackedQuerySet

PROMPT_TOKENS = Bounds(0, 2_147_483_647)


class PriceQuerySet(TrackedQuerySet):
    """The words for choosing prices."""

    def live(self) -> PriceQuerySet:
        return self.filter(state=PriceState.LIVE)

    def begun(self, at: datetime) -> PriceQuerySet:
        """Keep what counts from `at` on or longer."""
        return self.filter(valid_from__lte=at)

    def due(self, at: datetime) -> PriceQuerySet:
        """Keep what has begun by `at` and is not yet in the prices in force."""
        return self.live().begun(at).filter(is_applied=False)

    def newest_first(self) -> PriceQuerySet:
        """Order so that of two prices for the same, the one in force comes first."""
        return self.order_by("-valid_from", "-pk")


class Price(models.Model):
    """What a unit costs from a moment on. A new price is a new row; none is ever rewritten.

    Without `route` it is the model's list price, with it what this route costs instead.
    `min_prompt_tokens` is the length of the prompt from which on it counts; 0 is any length.
    `usd` is for `PriceUnit.per` of the unit; null withdraws the source's earlier word.
    """

    llm = models.ForeignKey(
        "registry.LLMModel", models.CASCADE, related_name="prices", verbose_name=_("model")
    )
    route = models.ForeignKey(
        "registry.Route",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="prices",
        verbose_name=_("route"),
        help_text=_("Leave empty for the list price of the model."),
    )
    unit = models.CharField(_("unit"), max_length=16, choices=PriceUnit)
    min_prompt_tokens = BoundedIntegerField(
        _("from prompt tokens"),
        bounds=PROMPT_TOKENS,
        null=False,
        blank=False,
        default=0,
        help_text=_("Counts for prompts of at least so many tokens; 0 for all."),
    )
    usd = UsdField(
        _("price"),
        help_text=_(
            "US dollars per 1,000,000 tokens, or per image or request. Empty withdraws it."
        ),
    )
    valid_from = models.DateTimeField(_("valid from"))
    source = models.CharField(
        _("source"), max_length=16, choices=PriceSource, default=PriceSource.MANUAL
    )
    source_name = LabelField(_("read from"), max_length=200, blank=True)
    source_url = models.CharField(_("page"), max_length=500, blank=True)
    checked_on = models.DateField(_("checked on"), null=True, blank=True)
    state = models.CharField(
        _("state"), max_length=16, choices=PriceState, default=PriceState.LIVE, editable=False
    )
    # Whether the prices in force on models and routes take this one into account already.
    is_applied = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(_("entered"), auto_now_add=True)

    objects = PriceQuerySet.as_manager()

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        ordering = ("-valid_from", "-id")
        indexes = (
            models.Index(
                fields=("llm", "route", "unit", "-valid_from"), name="registry_price_history"
            ),
            models.Index(
                fields=("valid_from",),
                condition=Q(is_applied=False, state=PriceState.LIVE),
                name="registry_price_due",
            ),
        )
        constraints = (
            one_of("price", "unit", PriceUnit.values),
            one_of("price", "source", PriceSource.values),
            one_of("price", "state", PriceState.values),
            within("price", "min_prompt_tokens", PROMPT_TOKENS),
            FieldCheck(
                field="usd",
                condition=Q(usd__isnull=True) | Q(usd__gte=0),
                repeats=True,
                name="registry_price_usd_gte_0",
                violation_error_message=_("A price cannot be negative."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.route or self.llm}: {self.unit}"


def _part(price: Price, told: dict[str, Any]) -> dict[str, Any]:
    """Say nothing here: the service tells what was in force before and after."""
    return {}


tracking.track(Price, noun="price", exclude=("is_applied",), part_of="llm", part=_part)
