"""The price ledger: prices are appended and read; none is ever rewritten or taken away."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api import fields, parameters
from registry.api.base import ActingViewSet, body_of, named_columns
from registry.api.listing import Listing, Rows, among, linked
from registry.api.pricing import find_route
from registry.api.serializers import RowSerializer
from registry.choices import PriceSource, PriceState, PriceUnit
from registry.models import Price
from registry.services.price_book import in_force
from registry.services.prices import save_price

_DIGITS = 18  # of the largest id


class PriceSerializer(RowSerializer):
    """One price from a moment on, in US dollars; null withdraws the source's earlier word."""

    model = fields.LLMField(source="llm")
    route = fields.TextField(source="route.slug", required=False, allow_null=True)
    usd = fields.PriceField(allow_null=True)
    per = serializers.SerializerMethodField(
        help_text=gettext_lazy("How many tokens or pieces the price is for.")
    )
    valid_from = fields.MomentField(required=False, allow_null=True)

    class Meta:
        model = Price
        fields = (
            *("id", "model", "route", "unit", "min_prompt_tokens", "usd", "per", "valid_from"),
            *("source", "source_name", "source_url", "checked_on", "state", "created_at"),
        )

    def get_per(self, price: Price) -> int:
        return PriceUnit(price.unit).per


def _in_force(rows: Rows, value: str) -> Rows:
    """Keep what counts at a moment; filters before this one may not choose among sources."""
    return rows.filter(pk__in=in_force(rows, parameters.moment(value)).values("pk"))


class PriceViewSet(ActingViewSet):
    """/api/v1/admin/prices"""

    model = Price
    serializer_class = PriceSerializer
    lookup_url_kwarg = "price"
    listing = Listing(
        filters={
            "model": linked("llm", fields.find_llm),
            "route": linked("route", find_route),
            "unit": among("unit", PriceUnit.values),
            "at": _in_force,
            "state": among("state", PriceState.values),
            "source": among("source", PriceSource.values),
        },
        orderings=("valid_from", "created_at", "unit", "usd", "min_prompt_tokens"),
        tie="-pk",
    )

    def get_queryset(self) -> QuerySet[Any]:
        """Keep the prices of what the organisation or the requester owns, newest first."""
        owner = Q(llm__owner__isnull=True) | Q(llm__owner=self.request.user.pk)
        rows: QuerySet[Any] = Price.objects.filter(owner).select_related("llm", "route")
        return rows.order_by("-valid_from", "-pk")

    def find(self, name: str) -> Price | None:
        is_id = name.isascii() and name.isdecimal() and len(name) <= _DIGITS
        found: Price | None = self.get_queryset().filter(pk=name).first() if is_id else None
        return found

    @extend_schema(responses={HTTPStatus.CREATED: PriceSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Append a price; without `valid_from` it counts from now on."""

        def carry_out() -> Response:
            values, ignored = self.parse(body_of(request))
            price = Price()
            named_columns(price, _columns(values))
            data = self.represent(save_price(price))
            if ignored:
                data["warnings"] = [_("Ignored: %s") % ", ".join(ignored)]
            place = f"{self.request.path}/{data['id']}"
            return Response(data, HTTPStatus.CREATED, headers={"Location": place})

        return self.once(request, carry_out)


def _columns(values: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of a body, whose route goes by its name."""
    name = values.pop("route", {}).get("slug")
    route = find_route(name) if name else None
    if name and route is None:
        raise ValidationError({"route": _("There is no route of this id or slug.")})
    return values | {"route": route}
