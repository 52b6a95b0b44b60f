"""Field types of the API: JSON types are meant as they are, and rows go by their names."""

from __future__ import annotations

import re
import uuid
from datetime import UTC
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty

from registry.models import Connection, LLMModel, Provider
from registry.services.price_book import usd_text
from registry.types import WrittenNumber

_NO_NUMBER = _("Give a number, not in quotes.")
_USD = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?")


class TextField(serializers.CharField):
    """A string; null is an empty one where that is allowed and null itself is not."""

    def run_validation(self, data: Any = empty) -> Any:
        if data is None and self.allow_blank and not self.allow_null:
            return ""
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class WholeField(serializers.IntegerField):
    """A whole number; neither true nor "5" is one."""

    default_error_messages = {"no_number": _NO_NUMBER}

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("no_number")
        return super().to_internal_value(data)


class NumberField(serializers.FloatField):
    """A number; neither true nor "1e5" is one."""

    default_error_messages = {"no_number": _NO_NUMBER}

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("no_number")
        return super().to_internal_value(data)


@extend_schema_field(OpenApiTypes.DECIMAL)
class PriceField(serializers.Field[Decimal, Any, str, Any]):
    """US dollars, exactly: "0.25", or the number as it is written. Answers give text.

    Whether it is too fine or out of bounds is for the column to say.
    """

    default_error_messages = {"invalid": _('Give US dollars, such as "0.25".')}

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, str) and _USD.fullmatch(data):
            return Decimal(data)
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        return Decimal(data.text if isinstance(data, WrittenNumber) else str(data))

    def to_representation(self, value: Decimal) -> str:
        return usd_text(value)


class WordField(TextField):
    """A name without blanks."""

    default_error_messages = {"has_blanks": _("A name has no blanks in it.")}

    def to_internal_value(self, data: Any) -> str:
        found = super().to_internal_value(data)
        if len(found.split()) != 1:
            self.fail("has_blanks")
        return found


class WordsField(serializers.ListField):
    """Names without blanks, which a column holds in one line; null is none of them."""

    child = WordField()

    def run_validation(self, data: Any = empty) -> Any:
        return super().run_validation([] if data is None else data)

    def to_internal_value(self, data: Any) -> Any:
        return " ".join(dict.fromkeys(super().to_internal_value(data)))

    def to_representation(self, data: Any) -> list[str]:
        return str(data).split()


class FlagField(serializers.BooleanField):
    """true or false; neither 1 nor "yes" is one."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class ChoiceTextField(serializers.ChoiceField):
    """One of a list; null is "not set" where that is allowed, and reads so."""

    def run_validation(self, data: Any = empty) -> Any:
        if data is None and self.allow_blank:
            return ""
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid_choice", input=type(data).__name__)
        return super().to_internal_value(data)

    def to_representation(self, value: Any) -> Any:
        return super().to_representation(value) or None


class NamesField(serializers.ListField):
    """A list of strings; null is an empty one."""

    child = TextField()

    def run_validation(self, data: Any = empty) -> Any:
        return super().run_validation([] if data is None else data)

    def to_representation(self, data: Any) -> list[str]:
        return [row.name for row in data.all()]


class FlagsField(serializers.DictField):
    """A map of names to true, false, or null for unknown."""

    child = FlagField(allow_null=True)

    def to_representation(self, value: Any) -> dict[str, bool]:
        return {row.capability.name: row.supported for row in value.all()}


class MomentField(serializers.DateTimeField):
    """A moment in UTC, whatever zone the admin shows."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default_timezone=UTC, **kwargs)


class EndpointField(TextField):
    """The address of a model's connection; null when it is its provider's own."""

    def get_attribute(self, instance: LLMModel) -> str | None:
        return (instance.connection.api_url or None) if instance.connection else None


class ObjectField(serializers.DictField):
    """A JSON object, kept as it is."""


@extend_schema_field(OpenApiTypes.STR)
class ProviderField(serializers.Field[Provider, str, str, Any]):
    """A provider by its slug or alias."""

    default_error_messages = {"unknown": _("There is no provider of this name.")}

    def to_internal_value(self, data: Any) -> Provider:
        found = Provider.objects.named(data).first() if isinstance(data, str) else None
        if not isinstance(found, Provider):
            self.fail("unknown")
        return found

    def to_representation(self, value: Provider) -> str:
        return str(value.slug)


@extend_schema_field(OpenApiTypes.UUID)
class ConnectionField(serializers.Field[Connection, str, str, Any]):
    """A connection of the organisation by its id."""

    default_error_messages = {"unknown": _("There is no connection of this id.")}

    def to_internal_value(self, data: Any) -> Connection:
        found = None
        try:
            number = uuid.UUID(data) if isinstance(data, str) else None
        except ValueError:
            number = None
        if number is not None:
            rows = Connection.objects.select_related("provider")
            found = rows.filter(pk=number, owner__isnull=True).first()
        if not isinstance(found, Connection):
            self.fail("unknown")
        return found

    def to_representation(self, value: Connection) -> str:
        return str(value.pk)


@extend_schema_field(OpenApiTypes.STR)
class LLMField(serializers.Field[LLMModel, str, str, Any]):
    """A shared model by its id or slug; answers give the id."""

    default_error_messages = {"unknown": _("There is no model of this id or slug.")}

    def to_internal_value(self, data: Any) -> LLMModel:
        found = find_llm(data) if isinstance(data, str) else None
        if found is None:
            self.fail("unknown")
        return found

    def to_representation(self, value: LLMModel) -> str:
        return str(value.pk)


def find_llm(name: str) -> LLMModel | None:
    """Return the shared model of this id or slug."""
    found: LLMModel | None = LLMModel.objects.named(name).filter(Q(owner__isnull=True)).first()
    return found


class ProvidersField(serializers.ListField):
    """A list of providers by slug or alias; null is an empty one."""

    child = ProviderField()

    def run_validation(self, data: Any = empty) -> Any:
        return super().run_validation([] if data is None else data)

    def to_representation(self, data: Any) -> list[str]:
        return sorted(str(provider.slug) for provider in data.all())
