from __future__ import annotations

import re

from django.db import models
from django.utils.translation import gettext_lazy as _

from audit import tracking
from registry.choices import CatalogueStatus, Dialect, ProviderKind
from registry.constraints import FieldUnique, one_of
from registry.fields import FeaturesField, LabelField, ProseField
from registry.models.base import (
    BOOKKEEPING,
    SLUG_PATTERN,
    Revised,
    SlugTextField,
    TrackedQuerySet,
)


class ProviderQuerySet(TrackedQuerySet):
    """The words for choosing providers."""

    def named(self, name: str) -> ProviderQuerySet:
        """Keep the provider of this slug, or of this alias (`google` is `gemini`)."""
        folded = name.strip().casefold()
        if not re.fullmatch(SLUG_PATTERN, folded):
            return self.none()
        return self.filter(models.Q(slug=folded) | models.Q(aliases__name=folded)).distinct()


class Provider(Revised):
    """Who makes or serves models, and how its API is spoken to."""

    slug = SlugTextField(_("slug"))
    name = LabelField(_("name"), max_length=200)
    description = ProseField(_("description"), blank=True)
    kind = models.CharField(
        _("kind"), max_length=16, choices=ProviderKind, default=ProviderKind.MAKER
    )
    dialect = models.CharField(
        _("dialect"),
        max_length=32,
        choices=Dialect,
        default=Dialect.OPENAI_COMPATIBLE,
        help_text=_("How its API is spoken to. Most services are OpenAI-compatible."),
    )
    direct_api_url = models.CharField(
        _("API address"),
        max_length=500,
        blank=True,
        help_text=_("Where the API answers when a connection names no address of its own."),
    )
    auth_required = models.BooleanField(_("needs a key"), default=True)
    features = FeaturesField(_("features"), default=dict, blank=True)
    proxy_prefix = models.CharField(_("gateway prefix"), max_length=64, blank=True)
    status = models.CharField(
        _("status"), max_length=16, choices=CatalogueStatus, default=CatalogueStatus.ACTIVE
    )

    objects = ProviderQuerySet.as_manager()

    class Meta:
        verbose_name = _("provider")
        verbose_name_plural = _("providers")
        ordering = ("name", "slug")
        constraints = (
            FieldUnique(
                field="slug",
                fields=("slug",),
                name="registry_provider_slug_unique",
                violation_error_message=_("A provider with this slug exists."),
            ),
            one_of("provider", "dialect", Dialect.values),
            one_of("provider", "status", CatalogueStatus.values),
            one_of("provider", "kind", ProviderKind.values),
        )

    def __str__(self) -> str:
        return str(self.slug)


class ProviderAlias(models.Model):
    """Another name of a provider, accepted in filters and imports."""

    provider = models.ForeignKey(Provider, models.CASCADE, related_name="aliases")
    name = SlugTextField(_("name"))

    objects = TrackedQuerySet.as_manager()

    class Meta:
        verbose_name = _("provider alias")
        verbose_name_plural = _("provider aliases")
        constraints = (
            FieldUnique(
                field="name",
                fields=("name",),
                name="registry_provideralias_name_unique",
                violation_error_message=_("Another provider has this alias."),
            ),
        )

    def __str__(self) -> str:
        return str(self.name)


def _alias_part(alias: ProviderAlias, told: dict[str, list[str]]) -> dict[str, list[list[str]]]:
    old, new = told.get("name", [None, None])
    return {"aliases": [[old] if old else [], [new] if new else []]}


tracking.track(Provider, noun="provider", exclude=BOOKKEEPING)
tracking.track(ProviderAlias, noun="provider_alias", part_of="provider", part=_alias_part)
