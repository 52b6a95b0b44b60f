"""Models as JSON: api.md's body and answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from registry import provider_rules
from registry.api import fields
from registry.api.pricing import PricingSerializer
from registry.api.serializers import RowSerializer
from registry.models import LLMModel


class ConfigSerializer(RowSerializer):
    """The parameters of a model's type; keys of another type are refused."""

    class Meta:
        model = LLMModel
        fields = provider_rules.ALL_PARAMETERS

    def to_internal_value(self, data: Any) -> Any:
        unknown = set(data) - set(self.fields) if isinstance(data, Mapping) else ()
        if unknown:
            raise serializers.ValidationError({name: [_("Unknown field.")] for name in unknown})
        return super().to_internal_value(data)

    def to_representation(self, instance: LLMModel) -> dict[str, Any]:
        shown = super().to_representation(instance)
        return {name: shown[name] for name in provider_rules.PARAMETERS[instance.type]}


class LLMSerializer(RowSerializer):
    """One model. `api_key` only goes in; of a stored key the answer has a hint."""

    provider = fields.ProviderField()
    config = ConfigSerializer(source="*", required=False)
    api_endpoint = fields.EndpointField(required=False, allow_null=True, allow_blank=True)
    api_key = fields.TextField(required=False, allow_blank=True, write_only=True)
    connection = fields.ConnectionField(required=False, allow_null=True)
    replacement = fields.LLMField(required=False, allow_null=True)
    tags = fields.NamesField(required=False)
    aliases = fields.NamesField(required=False)
    capabilities = fields.FlagsField(required=False)
    pricing = PricingSerializer(required=False)
    known_params = fields.WordsField(required=False)
    has_api_key = serializers.SerializerMethodField()
    key_fingerprint = serializers.SerializerMethodField(
        help_text=_("`key` and 8 digits of the key's fingerprint; empty without a key.")
    )
    state = serializers.SerializerMethodField(
        help_text=_("The connection's state: ready, keyless, needs_key or address_blocked.")
    )
    knowledge_bases = serializers.SerializerMethodField(help_text=_("Names of those that use it."))

    class Meta:
        model = LLMModel
        fields = (
            *("id", "slug", "type", "provider", "name", "model_id", "status", "is_default"),
            *("config", "api_endpoint", "api_key", "connection", "description", "aliases"),
            *("family", "version", "mode", "quality_tier", "tags", "capabilities", "pricing"),
            *("settings", "known_params", "latency_ms", "tokens_per_second", "release_date"),
            *("deprecation_date", "deprecated_at", "migration_guide", "replacement"),
            *("probe_max_tokens", "probe_reasoning_effort"),
            *("has_api_key", "key_fingerprint", "state", "health", "health_since", "tested_at"),
            *("knowledge_bases", "created_at", "updated_at", "revision"),
        )
        extra_kwargs = {
            "slug": {"required": False, "allow_blank": True},
            "deprecated_at": {"read_only": True},
        }

    def to_representation(self, instance: LLMModel) -> dict[str, Any]:
        shown = super().to_representation(instance)
        if "replacement" in shown and instance.heir is None:
            shown["replacement"] = None
        return shown

    def get_has_api_key(self, llm: LLMModel) -> bool:
        return llm.connection is not None and llm.connection.has_key

    def get_key_fingerprint(self, llm: LLMModel) -> str:
        return llm.connection.key_hint if llm.connection is not None else ""

    def get_state(self, llm: LLMModel) -> str | None:
        return llm.connection.visible_state if llm.connection is not None else None

    def get_knowledge_bases(self, llm: LLMModel) -> list[str]:
        bases = (*llm.knowledge_bases.all(), *llm.generation_bases.all())
        return sorted({base.name for base in bases})


class StatusSerializer(RowSerializer):
    """A new status, and what callers of a retiring model should know."""

    replacement = fields.LLMField(required=False, allow_null=True)

    class Meta:
        model = LLMModel
        fields = ("status", "deprecation_date", "migration_guide", "replacement", "is_default")
        extra_kwargs = {"status": {"required": True}}


class CapabilityChangeSerializer(serializers.Serializer[Any]):
    """One capability of a model; `remove` makes it unknown again."""

    operation = serializers.ChoiceField(choices=("add", "remove", "set"))
    capability = fields.TextField()
    value = fields.FlagField(required=False, allow_null=True)


class SlotUseSerializer(serializers.Serializer[Any]):
    """A slot of a role that names the model."""

    role = serializers.CharField()
    slot = serializers.CharField()
    owner = serializers.CharField(
        allow_null=True,
        help_text=_("Null is the organisation; empty is a person whom you may not see."),
    )


class LLMUseSerializer(serializers.Serializer[Any]):
    """An application's last use of the model."""

    application = serializers.CharField()
    role = serializers.CharField(help_text=_("Empty where the model itself was asked for."))
    user = serializers.CharField(help_text=_("Whose role it was, if you may see that person."))
    last_used_at = serializers.DateTimeField()


class DependentsSerializer(serializers.Serializer[Any]):
    """Who uses a model, by name, and whether that blocks its deletion."""

    knowledge_bases = serializers.ListField(child=serializers.CharField())
    is_default = serializers.BooleanField()
    routes = serializers.ListField(
        child=serializers.CharField(), help_text=_("They are deleted with the model.")
    )
    roles = SlotUseSerializer(
        many=True, help_text=_("They are emptied with the model; the first 100 are named.")
    )
    role_count = serializers.IntegerField()
    applications = LLMUseSerializer(
        many=True,
        allow_null=True,
        help_text=_("The last 100, the latest first; null if you may not see uses of models."),
    )
    blocks = serializers.BooleanField()
