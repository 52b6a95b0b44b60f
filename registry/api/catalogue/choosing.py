"""Questions over the whole catalogue: which model, and at what cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from django.core.exceptions import ValidationError as RefusedError
from django.db.models import Q
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api.base import body_of
from registry.api.catalogue.answers import FoundCostSerializer, RecommendationSerializer, read_along
from registry.api.catalogue.asked import CostSerializer, RecommendSerializer
from registry.api.catalogue.base import CatalogueViewSet
from registry.api.catalogue.llms import VISIBLE, is_visible
from registry.api.retiring import RetiringViewSet
from registry.models import LLMModel, Route
from registry.services import selection
from registry.services.costs import Usage, cost

LISTS = ("requires", "optional", "excluded")
# What the API calls a requirement that the service has another name for.
_NAMES = {"max_output": "min_output"}


class RecommendViewSet(CatalogueViewSet):
    """/api/v1/recommend and /api/registry/recommend"""

    model = LLMModel
    queryset = LLMModel.objects.none()
    serializer_class = RecommendSerializer
    kind = "choice"
    asks = frozenset({"create"})

    @extend_schema(responses={HTTPStatus.OK: RecommendationSerializer})
    def create(self, request: Request) -> Response:
        """Say which models fit, over which route and at what cost, and why others do not.

        `requires`, `optional` and `excluded` name capabilities. Changes nothing.
        """
        values, _ignored = self.parse(body_of(request))
        known = None if self.is_staff_caller else Q(status__in=VISIBLE)
        found = selection.recommend(_requirements(values), among=known)
        read_along(found.results)
        return Response(RecommendationSerializer(found).data)


def _requirements(values: Mapping[str, Any]) -> selection.Requirements:
    """Return what a body asks for. Raises ValidationError by the body's field."""
    given = {_NAMES.get(name, name): value for name, value in values.items() if value is not None}
    try:
        wanted = selection.Requirements(**given)
    except RefusedError as error:
        body_names = {ours: name for name, ours in _NAMES.items()}
        told = error.message_dict.items()
        raise RefusedError({body_names.get(name, name): texts for name, texts in told}) from error
    unknown = set(
        selection.unknown_capabilities(name for field in LISTS for name in getattr(wanted, field))
    )
    problems = {
        field: _("Unknown capability: %s.") % ", ".join(found)
        for field in LISTS
        if (found := [name for name in getattr(wanted, field) if name in unknown])
    }
    if problems:
        raise RefusedError(problems)
    return wanted


class CostViewSet(CatalogueViewSet, RetiringViewSet):
    """/api/v1/cost and /api/registry/cost"""

    model = LLMModel
    queryset = LLMModel.objects.none()
    serializer_class = CostSerializer
    kind = "cost"
    asks = frozenset({"create"})

    @extend_schema(responses={HTTPStatus.OK: FoundCostSerializer})
    def create(self, request: Request) -> Response:
        """Say what a request costs, to the last digit, and by which prices.

        A price that is needed and not known is 409 `price_unknown`. Changes nothing.
        """
        values, _ignored = self.parse(body_of(request))
        named = [values[name] for name in ("model", "route") if values.get(name) is not None]
        if len(named) != 1:
            raise ValidationError({"model": [_("Name a model or a route.")]})
        subject: LLMModel | Route = named[0]
        route = subject if isinstance(subject, Route) else None
        self.about = llm = subject.llm if isinstance(subject, Route) else subject
        if not (self.is_staff_caller or is_visible(llm)):
            raise ValidationError({"model": [_("There is no model of this id or slug.")]})
        usage = Usage(**{name: values[name] for name in asdict(Usage()) if name in values})
        found = cost(subject, usage, values.get("at"))
        shown = {name: getattr(found, name) for name in ("total", "parts", "prices", "at")}
        names = {"model": llm.slug, "route": None if route is None else route.slug}
        return Response(FoundCostSerializer(names | asdict(usage) | shown).data)
