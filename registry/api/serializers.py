"""From the tables to JSON and back. What a value may be is the model's to say, not ours."""

from __future__ import annotations

from typing import Any

from django.db import models
from rest_framework import serializers

from registry.api import fields

_MAPPING: dict[type[models.Field[Any, Any]], type[serializers.Field[Any, Any, Any, Any]]] = {
    models.CharField: fields.TextField,
    models.TextField: fields.TextField,
    models.IntegerField: fields.WholeField,
    models.PositiveIntegerField: fields.WholeField,
    models.FloatField: fields.NumberField,
    models.BooleanField: fields.FlagField,
    models.JSONField: fields.ObjectField,
    models.DateTimeField: fields.MomentField,
}


class RowSerializer(serializers.ModelSerializer[Any]):
    """A row with strict JSON types; its validators and constraints run in the service, once."""

    serializer_field_mapping = serializers.ModelSerializer.serializer_field_mapping | _MAPPING
    serializer_choice_field = fields.ChoiceTextField

    def build_standard_field(self, field_name: str, model_field: Any) -> tuple[Any, Any]:
        field_class, kwargs = super().build_standard_field(field_name, model_field)
        if field_class is fields.ObjectField:
            kwargs = {
                name: value
                for name, value in kwargs.items()
                if name in ("label", "help_text", "required", "read_only")
            }
        kwargs.pop("validators", None)
        return field_class, kwargs

    def get_validators(self) -> list[Any]:
        return []
