"""The prices of a model in bodies and answers: `input_cost`, `output_cost`, ..."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from registry.api import fields
from registry.api.base import refuse_unknown
from registry.choices import PriceUnit
from registry.models import Route
from registry.services.price_book import PriceBook, PriceUsed, usd_text

# The key under which a view hands the prices in force of all its rows to the serializer.
BOOK = "price_book"
_TOKENS = 1_000_000
_ALWAYS = (PriceUnit.INPUT, PriceUnit.OUTPUT)


class UnitsSerializer(serializers.Serializer[Any]):
    """A price by unit; null withdraws what was typed before."""

    def get_fields(self) -> dict[str, Any]:
        named: dict[str, Any] = {
            unit.field: fields.PriceField(source=unit.value, required=False, allow_null=True)
            for unit in PriceUnit
        }
        return named | super().get_fields()


class PricingSerializer(UnitsSerializer):
    """The list prices in force, in US dollars per 1,000,000 tokens, or per image or request.

    Units without a price are left out, but for input and output; `tiers` has the prices of long
    prompts. Where models are part of a larger answer it has input and output only.
    """

    currency = serializers.CharField(read_only=True)
    per = serializers.IntegerField(read_only=True, help_text=_("Tokens that a price is for."))
    tiers = serializers.ListField(child=serializers.DictField(), read_only=True)

    def to_internal_value(self, data: Any) -> Any:
        found = super().to_internal_value(data)
        refuse_unknown(data, self.fields)
        return found

    def get_attribute(self, instance: Any) -> Any:
        return instance

    def prices_of(self, book: PriceBook, instance: Any) -> list[PriceUsed]:
        """Return what is shown of the row that the prices belong to."""
        return book.own_prices(instance.pk, None)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        book: PriceBook | None = self.context.get(BOOK)
        shown: dict[str, Any] = dict.fromkeys(unit.field for unit in _ALWAYS)
        if book is None:
            columns = {unit.field: getattr(instance, unit.field) for unit in _ALWAYS}
            shown |= {name: usd_text(usd) for name, usd in columns.items() if usd is not None}
            return shown | {"currency": "USD", "per": _TOKENS}
        found = self.prices_of(book, instance)
        shown |= _by_field(found, 0)
        tiers = sorted({price.min_prompt_tokens for price in found} - {0})
        shown |= {"currency": "USD", "per": _TOKENS}
        if tiers:
            shown["tiers"] = [
                {"min_prompt_tokens": tier, **_by_field(found, tier)} for tier in tiers
            ]
        return shown


def _by_field(prices: list[PriceUsed], tier: int) -> dict[str, str]:
    return {
        PriceUnit(price.unit).field: usd_text(price.usd)
        for price in prices
        if price.min_prompt_tokens == tier
    }


class PriceChangeSerializer(UnitsSerializer):
    """Prices to append, from a moment on; with `route` what this route costs instead."""

    route = fields.TextField(required=False, allow_null=True)
    valid_from = fields.MomentField(required=False, allow_null=True)
    min_prompt_tokens = fields.WholeField(required=False)
    source_url = fields.TextField(required=False, allow_blank=True)
    checked_on = serializers.DateField(required=False, allow_null=True)


def find_route(name: str) -> Route | None:
    """Return the route of a shared model by its id or slug."""
    rows = Route.objects.named(name).filter(llm__owner__isnull=True)
    found: Route | None = None if "\0" in name else rows.first()
    return found
