from __future__ import annotations

import re
import uuid
from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from audit import tracking
from registry.choices import CatalogueStatus, RouteStatus
from registry.constraints import FieldUnique, one_of, within
from registry.fields import (
    BoundedFloatField,
    BoundedIntegerField,
    Bounds,
    ExactField,
    FeaturesField,
    UsdField,
)
from registry.models.base import BOOKKEEPING, SLUG_PATTERN, Revised, TrackedQuerySet, is_uuid

PRIORITY = Bounds(1, 1_000_000)
SUCCESS_RATE = Bounds(0, 1)
ROUTE_LATENCY_MS = Bounds(0, 86_400_000)  # a day
ROUTE_SLUG_PATTERN = rf"{SLUG_PATTERN}(@{SLUG_PATTERN})?"


class RouteQuerySet(TrackedQuerySet):
    """The words for choosing routes."""

    def usable(self) -> RouteQuerySet:
        """Keep the active routes over platforms that are in service."""
        platforms = (CatalogueStatus.ACTIVE, CatalogueStatus.BETA)
        return self.filter(status=RouteStatus.ACTIVE, platform__status__in=platforms)

    def in_order(self) -> RouteQuerySet:
        """Order as routes of one model are tried: priority, success, latency, name."""
        return self.order_by(
            "priority",
            models.F("success_rate").desc(nulls_last=True),
            models.F("avg_latency_ms").asc(nulls_last=True),
            "slug",
        )

    def named(self, name: str) -> RouteQuerySet:
        """Keep the route of this uuid or of this slug (`model@platform`).

        What cannot be a slug is not looked for.
        """
        text = name.strip().casefold()
        if is_uuid(text):
            return self.filter(pk=text)
        return self.filter(slug=text) if re.fullmatch(ROUTE_SLUG_PATTERN, text) else self.none()

    def with_links(self) -> RouteQuerySet:
        """Read along what a row of a list or an answer shows."""
        return self.select_related(
            "llm", "llm__provider", "llm__connection", "platform", "provider", "connection"
        )


class RouteSlugField(models.CharField):  # type: ignore[type-arg]
    """The name in addresses, `model@platform` unless somebody chose another."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 401)
        super().__init__(*args, **kwargs)

    def validate(self, value: Any, model_instance: Any) -> None:
        super().validate(value, model_instance)
        RegexValidator(
            rf"^{ROUTE_SLUG_PATTERN}\Z",
            _("Use lower case letters, digits, dots, underscores and hyphens, and one @."),
        )(value)


class Route(Revised):
    """A model over a platform. Of several, `priority` 1 is tried first; ties and gaps stay."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = RouteSlugField(
        _("slug"), help_text=_("The name in addresses. Left empty it is model@platform.")
    )
    llm = models.ForeignKey(
        "registry.LLMModel", models.CASCADE, related_name="routes", verbose_name=_("model")
    )
    platform = models.ForeignKey(
        "registry.Platform", models.PROTECT, related_name="routes", verbose_name=_("platform")
    )
    provider = models.ForeignKey(
        "registry.Provider", models.PROTECT, related_name="routes", verbose_name=_("provider")
    )
    connection = models.ForeignKey(
        "registry.Connection",
        models.RESTRICT,
        null=True,
        blank=True,
        related_name="routes",
        verbose_name=_("connection"),
    )
    priority = BoundedIntegerField(
        _("priority"),
        bounds=PRIORITY,
        null=False,
        blank=False,
        default=1,
        help_text=_("1 is tried first."),
    )
    status = models.CharField(
        _("status"), max_length=16, choices=RouteStatus, default=RouteStatus.ACTIVE
    )
    endpoint_override = models.CharField(
        _("own API address"),
        max_length=500,
        blank=True,
        help_text=_("Instead of the model's or the platform's address."),
    )
    model_string_override = ExactField(
        _("own model id"),
        max_length=200,
        blank=True,
        help_text=_("What this platform calls the model, if it is not the model's own id."),
    )
    success_rate = BoundedFloatField(
        _("success rate"),
        bounds=SUCCESS_RATE,
        help_text=_("The share of calls that end well, 0 to 1."),
    )
    avg_latency_ms = BoundedIntegerField(
        _("average latency"), bounds=ROUTE_LATENCY_MS, help_text=_("Milliseconds.")
    )
    settings = FeaturesField(_("settings"), default=dict, blank=True)

    # What this route costs where it differs from the model's list price; the ledger decides.
    input_cost = UsdField(_("own input price"), editable=False)
    output_cost = UsdField(_("own output price"), editable=False)
    has_tiers = models.BooleanField(default=False, editable=False)

    measured = ("input_cost", "output_cost", "has_tiers")

    objects = RouteQuerySet.as_manager()

    class Meta:
        verbose_name = _("route")
        verbose_name_plural = _("routes")
        ordering = ("slug",)
        indexes = (
            # Whether a model has a usable route is asked of every model: the index alone tells.
            models.Index(
                fields=("llm", "status", "priority", "platform"), name="registry_route_of_llm"
            ),
        )
        constraints = (
            FieldUnique(
                field="slug",
                fields=("slug",),
                name="registry_route_slug_unique",
                violation_error_message=_("Another route has this slug."),
            ),
            one_of("route", "status", RouteStatus.values),
            within("route", "priority", PRIORITY),
            within("route", "success_rate", SUCCESS_RATE),
            within("route", "avg_latency_ms", ROUTE_LATENCY_MS),
        )

    def __str__(self) -> str:
        return str(self.slug)

    @property
    def is_usable(self) -> bool:
        """As `RouteQuerySet.usable`, of one row whose platform is read."""
        in_service = self.platform.status in (CatalogueStatus.ACTIVE, CatalogueStatus.BETA)
        return self.status == RouteStatus.ACTIVE and in_service

    @property
    def model_string(self) -> str:
        """What the platform is sent as the model."""
        return str(self.model_string_override or self.llm.model_id)


tracking.track(Route, noun="route", exclude=(*BOOKKEEPING, *Route.measured))
