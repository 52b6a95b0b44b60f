from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api import fields
from registry.api.base import ServiceViewSet, body_of, named_columns
from registry.api.conditions import expected_revision
from registry.api.listing import Listing, among, linked, search
from registry.api.permissions import require
from registry.api.pricing import BOOK, PricingSerializer
from registry.api.serializers import RowSerializer
from registry.choices import RouteStatus
from registry.models import Connection, Platform, Price, Provider, Route
from registry.models.base import is_uuid
from registry.services.call_targets import call_target
from registry.services.price_book import PriceBook, PriceUsed
from registry.services.problems import Problems
from registry.services.routes import delete_route, save_route, set_priority
from registry.types import UNSET, Change


@extend_schema_field(OpenApiTypes.STR)
class PlatformField(serializers.Field[Platform, str, str, Any]):
    """A platform by its slug."""

    default_error_messages = {"unknown": _("There is no platform of this name.")}

    def to_internal_value(self, data: Any) -> Platform:
        found = Platform.objects.slugged(data).first() if isinstance(data, str) else None
        if not isinstance(found, Platform):
            self.fail("unknown")
        return found

    def to_representation(self, value: Platform) -> str:
        return str(value.slug)


class RoutePricingSerializer(PricingSerializer):
    """What the route costs where it is not the model's list price; null is the list price."""

    def prices_of(self, book: PriceBook, instance: Any) -> list[PriceUsed]:
        return book.own_prices(instance.llm_id, instance.pk)


class CallSerializer(serializers.Serializer[Any]):
    """The API's address, and the model's name there."""

    endpoint = serializers.CharField(allow_blank=True)
    model_string = serializers.CharField()


class RouteSerializer(RowSerializer):
    """A model over a platform. The slug is model@platform unless another is given."""

    model = fields.LLMField(source="llm")
    platform = PlatformField()
    provider = fields.ProviderField(required=False)
    connection = fields.ConnectionField(required=False, allow_null=True)
    pricing = RoutePricingSerializer(required=False)
    call = serializers.SerializerMethodField()

    class Meta:
        model = Route
        fields = (
            *("id", "slug", "model", "platform", "provider", "connection", "priority", "status"),
            *("endpoint_override", "model_string_override", "model_string", "call", "pricing"),
            *("success_rate", "avg_latency_ms", "settings"),
            *("created_at", "updated_at", "revision"),
        )
        extra_kwargs = {"slug": {"required": False, "allow_blank": True}}

    @extend_schema_field(CallSerializer)
    def get_call(self, route: Route) -> dict[str, str]:
        return vars(call_target(route))


class PrioritySerializer(RowSerializer):
    """A place among the routes of the model; 1 is tried first."""

    class Meta:
        model = Route
        fields = ("priority",)
        extra_kwargs = {"priority": {"required": True}}


def _connection(name: str) -> Connection | None:
    rows = Connection.objects.shared()
    return rows.filter(pk=name).first() if is_uuid(name) else None


class RouteViewSet(ServiceViewSet):
    """/api/v1/admin/routes"""

    model = Route
    queryset = Route.objects.with_links()
    serializer_class = RouteSerializer
    lookup_url_kwarg = "route"
    # Prices, models and platforms move no revision: the tag does not vouch for the whole answer.
    measured = "slug"
    listing = Listing(
        filters={
            "status": among("status", RouteStatus.values),
            "model": linked("llm", fields.find_llm),
            "platform": linked("platform", lambda name: Platform.objects.slugged(name).first()),
            "provider": linked("provider", lambda name: Provider.objects.named(name).first()),
            "connection": linked("connection", _connection),
            "q": search("slug", "llm__name", "llm__model_id", "platform__name"),
        },
        orderings=(
            *("slug", "priority", "status", "success_rate", "avg_latency_ms"),
            *("created_at", "updated_at"),
        ),
    )

    def find(self, name: str) -> Route | None:
        found: Route | None = (
            self.get_queryset().filter(pk__in=Route.objects.named(name).values("pk")).first()
        )
        return found

    def represent_all(self, rows: Sequence[Any]) -> Sequence[dict[str, Any]]:
        """Show the rows with their prices, which are read at once."""
        book = PriceBook.load({row.llm_id for row in rows})
        context = {**self.get_serializer_context(), BOOK: book}
        serializer: Any = self.get_serializer_class()(context=context)
        return [serializer.to_representation(row) for row in rows]

    def save(self, row: Route, values: dict[str, Any], expected: int | None) -> Route:
        pricing = values.pop("pricing", UNSET)
        if pricing is not UNSET:
            require(self.request, "add", Price)
        change = Change(named_columns(row, values), expected)
        problems = Problems()
        with problems.gather(llm="model"):
            save_route(row, change, pricing=pricing)
        problems.finish()
        return row

    def remove(self, row: Route, expected: int | None) -> None:
        delete_route(row, Change(frozenset(), expected))

    @extend_schema(request=PrioritySerializer)
    @action(detail=True, methods=["patch"])
    def priority(self, request: Request, route: str) -> Response:
        """Move the route among those of its model; the others keep their numbers."""
        row = self.get_object()
        expected = expected_revision(request, row)
        values, ignored = self.parse(body_of(request), shape=PrioritySerializer)
        moved = set_priority(row, values["priority"], expected_revision=expected)
        return self.respond(moved, ignored=ignored)
