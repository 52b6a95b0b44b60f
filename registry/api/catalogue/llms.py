from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, ClassVar

from django.db.models import F, Prefetch, QuerySet
from rest_framework import serializers
from rest_framework.response import Response

from registry.api import parameters
from registry.api.base import Shape
from registry.api.catalogue.base import CatalogueViewSet, own_action
from registry.api.catalogue.listing import (
    SortedListing,
    also_as,
    at_least,
    at_most,
    offered_by,
    served_by,
)
from registry.api.listing import Rows
from registry.api.llm_serializers import (
    CapabilityChangeSerializer,
    LLMSerializer,
    StatusSerializer,
)
from registry.api.llms import LLMViewSet
from registry.api.pricing import PriceChangeSerializer
from registry.choices import LLMStatus
from registry.models import LLMModel, ModelCapability
from registry.models.llm import LLMQuerySet
from registry.services import selection
from registry.services.llm_links import fold
from registry.services.llm_uses import note_asked
from registry.services.selection.requirements import known_name

_STAFF = LLMViewSet.listing.filters
# What everyone sees; an inactive model is the staff's affair.
VISIBLE = (LLMStatus.ACTIVE, LLMStatus.BETA, LLMStatus.DEPRECATED)
# The links that an answer shows, read in one query each.
LINKS = (
    "provider",
    "replacement",
    "tags",
    "aliases",
    Prefetch("capabilities", ModelCapability.objects.select_related("capability")),
)


class CatalogueLLMSerializer(LLMSerializer):
    """A model as everyone sees it: no address, key, owner or connection."""

    replacement = serializers.CharField(  # type: ignore[assignment]  # only ever read here
        source="heir.slug", default=None, read_only=True
    )

    class Meta:
        model = LLMModel
        fields = (
            *("id", "slug", "type", "provider", "name", "model_id", "status", "is_default"),
            *("config", "description", "aliases", "family", "version", "mode"),
            *("quality_tier", "tags", "capabilities", "pricing", "settings", "known_params"),
            *("latency_ms", "tokens_per_second", "release_date", "deprecation_date"),
            *("deprecated_at", "migration_guide", "replacement", "health"),
            *("created_at", "updated_at", "revision"),
        )


def is_visible(llm: LLMModel) -> bool:
    return llm.status in VISIBLE


def _capable(rows: Rows, value: str) -> Rows:
    """Keep the models that have each of the capabilities, by whichever of their names."""
    names = [known_name(name) for name in parameters.texts(value)]
    return _STAFF["capability"](rows, ",".join(names))


def _tagged(rows: Rows, value: str) -> Rows:
    """Keep the models that have each of the tags."""
    for name in parameters.texts(value):
        rows = rows.filter(tags__folded=fold(name))
    return rows


RANK = selection.rank()
SORTS: dict[str, Sequence[Any]] = {
    "cost": RANK,
    "-cost": (F("input_cost").desc(nulls_last=True), *RANK[1:]),
    "context": (F("context_window").asc(nulls_last=True), *RANK),
    "-context": (F("context_window").desc(nulls_last=True), *RANK),
    "name": ("name", "slug"),
    "-name": ("-name", "-slug"),
    "released": (F("release_date").asc(nulls_last=True), "slug"),
    "-released": (F("release_date").desc(nulls_last=True), "slug"),
}
WRITES = frozenset({"update", "partial_update", "destroy", "status", "pricing", "capabilities"})


class CatalogueLLMViewSet(CatalogueViewSet, LLMViewSet):
    """/api/v1/models and /api/registry/models"""

    status = own_action(LLMViewSet.status, StatusSerializer)
    pricing = own_action(LLMViewSet.pricing, PriceChangeSerializer)
    capabilities = own_action(LLMViewSet.capabilities, CapabilityChangeSerializer)

    kind = "model"
    read_class: ClassVar[Shape | None] = CatalogueLLMSerializer
    # Prices and health move no revision: the tag does not vouch for the whole answer.
    measured = "slug"
    listing = SortedListing(
        filters={
            **{name: _STAFF[name] for name in ("type", "status", "q")},
            **also_as("provider", offered_by),
            **also_as("platform", served_by),
            "capabilities": _capable,
            "tags": _tagged,
            "min_context": at_least("context_window"),
            "max_context": at_most("context_window", passes_unknown=True),
            "min_input_cost": at_least("input_cost", parameters.usd),
            "max_input_cost": at_most("input_cost", parameters.usd),
        },
        sorts=SORTS,
    )

    def get_queryset(self) -> QuerySet[Any]:
        if self.action == "create" or self.action in WRITES:
            return super().get_queryset()
        return self.visible(LLMModel.objects.shared()).prefetch_related(*LINKS)

    def visible(self, rows: LLMQuerySet) -> LLMQuerySet:
        """Keep the models that the caller may know of."""
        return rows if self.is_staff_caller else rows.filter(status__in=VISIBLE)

    def listed(self) -> QuerySet[Any]:
        return self.get_queryset()

    def find(self, name: str) -> LLMModel | None:
        found: LLMModel | None = (
            self.get_queryset()
            .filter(pk__in=LLMModel.objects.named(name).shared().values("pk"))
            .first()
        )
        return found

    def respond(
        self, row: LLMModel, status: int = HTTPStatus.OK, *, ignored: Sequence[str] = ()
    ) -> Response:
        """Show a model; which application asked for it is noted."""
        if self.action == "retrieve":
            note_asked(row.pk)
        return super().respond(row, status, ignored=ignored)

    def represent_all(self, rows: Sequence[Any]) -> Sequence[dict[str, Any]]:
        found = super().represent_all(rows)
        for shown, row in zip(found, rows, strict=True):
            # By the name that both mounts have, after a write too.
            shown["replacement"] = None if row.heir is None else row.heir.slug
        return found
