"""What the catalogue answers to questions: offers, costs, and why a model was left out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from registry.api import fields
from registry.api.catalogue.llms import LINKS, CatalogueLLMSerializer
from registry.api.catalogue.routes import CatalogueRouteSerializer
from registry.choices import PriceUnit


def read_along(offers: Iterable[Any]) -> None:
    """Read what the models and routes of offers show, in the same number of queries for any."""
    rows = list(offers)
    prefetch_related_objects([row.llm for row in rows], *LINKS)
    for row in rows:
        if row.route is not None:
            row.route.llm = row.llm


class PriceUsedSerializer(serializers.Serializer[Any]):
    """A price that a cost was reckoned with, and since when it is in force."""

    unit = serializers.ChoiceField(choices=PriceUnit.choices)
    usd = fields.PriceField()
    per = serializers.SerializerMethodField(help_text=_("Tokens or pieces that it is for."))
    min_prompt_tokens = serializers.IntegerField()
    valid_from = fields.MomentField()
    source = serializers.CharField()  # type: ignore[assignment]  # also an attribute of Field
    source_name = serializers.CharField()
    source_url = serializers.CharField()
    checked_on = serializers.DateField(allow_null=True)
    is_override = serializers.BooleanField(help_text=_("Whether it is the route's own."))

    def get_per(self, price: Any) -> int:
        return PriceUnit(price.unit).per


class CostAnswerSerializer(serializers.Serializer[Any]):
    """What a request costs in US dollars, exactly; `parts` add up to it."""

    total = fields.PriceField()
    parts = serializers.DictField(child=fields.PriceField())
    prices = PriceUsedSerializer(many=True)
    at = fields.MomentField(help_text=_("The moment whose prices these are."))


class FoundCostSerializer(CostAnswerSerializer):
    """The answer to /cost."""

    model = serializers.CharField()
    route = serializers.CharField(allow_null=True)
    prompt_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cached_tokens = serializers.IntegerField()


class RankedSerializer(serializers.Serializer[Any]):
    """A model that fits, its best route, and what the request costs over it."""

    model = CatalogueLLMSerializer(source="llm")
    route = CatalogueRouteSerializer(allow_null=True)
    cost = CostAnswerSerializer(allow_null=True)
    optional = serializers.ListField(
        child=serializers.CharField(), help_text=_("Those of the optional capabilities it has.")
    )


class ReasonSerializer(serializers.Serializer[Any]):
    """Why a model was left out."""

    code = serializers.CharField()
    message = serializers.CharField()


class RejectedSerializer(serializers.Serializer[Any]):
    """A model that was left out."""

    model = serializers.CharField(source="llm.slug")
    reasons = ReasonSerializer(many=True)


class RecommendationSerializer(serializers.Serializer[Any]):
    """Models in the order of the objective, and why the others are not among them."""

    count = serializers.IntegerField()
    results = RankedSerializer(many=True)
    rejected = RejectedSerializer(many=True)
    rejected_count = serializers.IntegerField()
    reason_counts = serializers.DictField(child=serializers.IntegerField())


class OfferSerializer(serializers.Serializer[Any]):
    """A model, the route that is cheapest for the request, and what it costs there."""

    model = CatalogueLLMSerializer(source="llm")
    route = CatalogueRouteSerializer(allow_null=True)
    total = fields.PriceField(allow_null=True)


class LineSerializer(serializers.Serializer[Any]):
    """What a request costs; `missing` names the units whose price is not known."""

    input_cost = fields.PriceField(source="input.usd", default=None, allow_null=True)
    output_cost = fields.PriceField(source="output.usd", default=None, allow_null=True)
    total = fields.PriceField(source="cost.total", default=None, allow_null=True)
    missing = serializers.ListField(child=serializers.CharField())


class QuoteSerializer(LineSerializer):
    """What a request costs over one route."""

    platform = serializers.CharField(source="route.platform.slug")
    route = serializers.CharField(source="route.slug")


class ComparedSerializer(serializers.Serializer[Any]):
    """What a request costs at a model's list price, and over each of its usable routes."""

    model = serializers.CharField(source="llm.slug")
    name = serializers.CharField(source="llm.name")
    list = LineSerializer(source="listed")
    platforms = QuoteSerializer(source="routed", many=True)


class ServedSerializer(serializers.Serializer[Any]):
    """A platform, and the usable routes of the model over it."""

    platform = serializers.CharField()
    routes = CatalogueRouteSerializer(many=True)


class AvailabilitySerializer(serializers.Serializer[Any]):
    """The platforms over which a model can be called now."""

    model = serializers.CharField()
    count = serializers.IntegerField()
    results = ServedSerializer(many=True)


class StepSerializer(serializers.Serializer[Any]):
    """One step of a fallback chain."""

    platform = serializers.CharField(source="platform.slug")
    priority = serializers.IntegerField()
    route = serializers.CharField(source="slug")
    model_string = serializers.CharField()


class FallbacksSerializer(serializers.Serializer[Any]):
    """The best route, and the usable routes in the order in which they are tried."""

    model = serializers.CharField()
    best = CatalogueRouteSerializer(allow_null=True)
    count = serializers.IntegerField()
    results = StepSerializer(many=True)
