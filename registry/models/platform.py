from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from audit import tracking
from registry.choices import AuthType, CatalogueStatus
from registry.constraints import FieldUnique, one_of
from registry.fields import FeaturesField, LabelField, ProseField
from registry.models.base import BOOKKEEPING, Revised, SlugTextField, TrackedQuerySet


class Platform(Revised):
    """Where models of several providers can be called."""

    slug = SlugTextField(_("slug"))
    name = LabelField(_("name"), max_length=200)
    description = ProseField(_("description"), blank=True)
    base_url = models.CharField(
        _("API address"),
        max_length=500,
        blank=True,
    )
    auth_type = models.CharField(
        _("login"), max_length=16, choices=AuthType, default=AuthType.API_KEY
    )
    connection = models.ForeignKey(
        "registry.Connection",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="platforms",
        verbose_name=_("connection"),
    )
    providers = models.ManyToManyField(
        "registry.Provider", blank=True, related_name="platforms", verbose_name=_("providers")
    )
    features = FeaturesField(_("features"), default=dict, blank=True)
    status = models.CharField(
        _("status"), max_length=16, choices=CatalogueStatus, default=CatalogueStatus.ACTIVE
    )

    objects = TrackedQuerySet.as_manager()

    class Meta:
        verbose_name = _("platform")
        verbose_name_plural = _("platforms")
        ordering = ("name", "slug")
        constraints = (
            FieldUnique(
                field="slug",
                fields=("slug",),
                name="registry_platform_slug_unique",
                violation_error_message=_("A platform with this slug exists."),
            ),
            one_of("platform", "auth_type", AuthType.values),
            one_of("platform", "status", CatalogueStatus.values),
        )

    def __str__(self) -> str:
        return str(self.slug)


tracking.track(Platform, noun="platform", exclude=BOOKKEEPING, m2m=("providers",))
