"""What the catalogue is asked: the bodies of POSTs, and how long a request is."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from registry.api import fields, parameters
from registry.api.parameters import BadValueError
from registry.choices import LLMType, Objective, QualityTier
from registry.models import Route
from registry.services.costs import Usage

LENGTHS = ("prompt_tokens", "output_tokens")


@extend_schema_field(OpenApiTypes.STR)
class RouteField(serializers.Field[Route, str, str, Any]):
    """A route of a shared model by its id or slug."""

    default_error_messages = {"unknown": _("There is no route of this id or slug.")}

    def to_internal_value(self, data: Any) -> Route:
        found = find_route(data) if isinstance(data, str) else None
        if found is None:
            self.fail("unknown")
        return found

    def to_representation(self, value: Route) -> str:
        return str(value.slug)


class RecommendSerializer(serializers.Serializer[Any]):
    """What a model has to have, and what counts most; all of it may be left out."""

    type = fields.ChoiceTextField(choices=LLMType.choices, required=False)
    requires = fields.NamesField(required=False)
    optional = fields.NamesField(required=False)
    excluded = fields.NamesField(required=False)
    min_context = fields.WholeField(required=False, allow_null=True)
    max_output = fields.WholeField(
        required=False,
        allow_null=True,
        help_text=_("Tokens that an answer of the model must be able to have."),
    )
    max_input_cost = fields.PriceField(required=False, allow_null=True)
    max_output_cost = fields.PriceField(required=False, allow_null=True)
    min_speed_tps = fields.NumberField(required=False, allow_null=True)
    quality_tier = fields.ChoiceTextField(
        choices=QualityTier.choices, required=False, allow_null=True
    )
    provider = fields.TextField(required=False, allow_null=True)
    prompt_tokens = fields.WholeField(required=False)
    output_tokens = fields.WholeField(required=False)
    objective = fields.ChoiceTextField(choices=Objective.choices, required=False)
    limit = fields.WholeField(required=False)


class CostSerializer(serializers.Serializer[Any]):
    """A request over a model at list price, or over a route at what it costs there."""

    model = fields.LLMField(required=False, allow_null=True)
    route = RouteField(required=False, allow_null=True)
    prompt_tokens = fields.WholeField()
    output_tokens = fields.WholeField()
    cached_tokens = fields.WholeField(
        required=False, help_text=_("Tokens of the prompt that come from a cache.")
    )
    at = fields.MomentField(required=False, allow_null=True)


def find_route(name: str) -> Route | None:
    """Return the route of this id or slug, of a shared model."""
    rows = Route.objects.with_links().filter(llm__owner__isnull=True)
    found: Route | None = rows.named(name).first()
    return found


def usage_of(params: QueryDict) -> Usage:
    """Return how long a request is. Raises ValidationError by parameter."""
    found: dict[str, int] = {}
    problems: dict[str, list[str]] = {}
    for name in LENGTHS:
        if name in params:
            try:
                found[name] = parameters.count(params.get(name, ""))
            except BadValueError as error:
                problems[name] = [str(error)]
    if problems:
        raise ValidationError(problems)
    return Usage(**found)
