"""What clients say of models, and what is known of clients."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from registry.api.fields import MomentField, TextField, WholeField
from registry.choices import HolderState
from registry.models.client import LONGEST_REASON

LONGEST_RETRY = 31 * 86_400  # seconds


class ThinkingSerializer(serializers.Serializer[Any]):
    """How far thinking can be set, in tokens."""

    min = serializers.IntegerField(required=False)
    max = serializers.IntegerField(required=False)
    zero_allowed = serializers.BooleanField(required=False)
    dynamic_allowed = serializers.BooleanField(required=False)
    levels = serializers.ListField(child=serializers.CharField(), required=False)


class InfoSerializer(serializers.Serializer[Any]):
    """A model as its client describes it. Only `id` is needed; unknown keys are ignored."""

    id = serializers.CharField(max_length=200)
    object = serializers.CharField(required=False)
    created = serializers.IntegerField(required=False)
    owned_by = serializers.CharField(required=False)
    type = serializers.CharField(required=False)
    display_name = serializers.CharField(required=False)
    name = serializers.CharField(required=False)
    version = serializers.CharField(required=False)
    description = serializers.CharField(required=False)
    inputTokenLimit = serializers.IntegerField(required=False)  # noqa: N815  # Gemini's names
    outputTokenLimit = serializers.IntegerField(required=False)  # noqa: N815
    supportedGenerationMethods = serializers.ListField(  # noqa: N815
        child=serializers.CharField(), required=False
    )
    context_length = serializers.IntegerField(required=False)
    max_completion_tokens = serializers.IntegerField(required=False)
    supported_parameters = serializers.ListField(child=serializers.CharField(), required=False)
    thinking = ThinkingSerializer(required=False)


@extend_schema_field(InfoSerializer(many=True))
class InfosField(serializers.Field[Any, Any, Any, Any]):
    """A list that the service reads, entry by entry."""

    default_error_messages = {"no_list": serializers.ListField.default_error_messages["not_a_list"]}

    def to_internal_value(self, data: Any) -> list[Any]:
        if not isinstance(data, list):
            self.fail("no_list", input_type=type(data).__name__)
        return data


class HeldSerializer(serializers.Serializer[Any]):
    """What a client can do now with a model that it holds; `until` is when cooling down ends."""

    id = serializers.CharField(source="model_id")
    seats = serializers.IntegerField()
    state = serializers.ChoiceField(choices=HolderState.choices)
    until = MomentField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)
    changed_at = MomentField()


class ClientSerializer(serializers.Serializer[Any]):
    """A registered client."""

    client = serializers.CharField(source="client_id")
    provider = serializers.CharField(allow_blank=True)
    model_count = serializers.IntegerField()
    registered_at = MomentField()
    last_seen = MomentField()


class ClientDetailSerializer(ClientSerializer):
    """A client with what it holds."""

    models = HeldSerializer(many=True)


class RegisterSerializer(serializers.Serializer[Any]):
    """The body of a registration: all that the client holds. An empty list unregisters it.

    What an answer shows beside that can be sent back, and is ignored.
    """

    provider = TextField(required=False, allow_blank=True)
    models = InfosField()
    client = serializers.CharField(read_only=True)
    model_count = serializers.IntegerField(read_only=True)
    registered_at = MomentField(read_only=True)
    last_seen = MomentField(read_only=True)


class RegistrationSerializer(serializers.Serializer[Any]):
    """What a registration did, by model id; `changed` has those with other seats than before."""

    client = serializers.CharField()
    provider = serializers.CharField(allow_blank=True)
    registered = serializers.BooleanField()
    model_count = serializers.IntegerField()
    added = serializers.ListField(child=serializers.CharField())
    removed = serializers.ListField(child=serializers.CharField())
    changed = serializers.ListField(child=serializers.CharField())
    warnings = serializers.ListField(child=serializers.CharField(), required=False)


class ModelsOfClientSerializer(serializers.Serializer[Any]):
    """The client's models in its own order, as it describes them."""

    client = serializers.CharField()
    count = serializers.IntegerField()
    results = InfoSerializer(many=True)


class SupportSerializer(serializers.Serializer[Any]):
    client = serializers.CharField()
    model = serializers.CharField()
    supports = serializers.BooleanField()


class QuotaSerializer(serializers.Serializer[Any]):
    """How long the client has no quota left; REGISTRY_QUOTA_SECONDS if nothing is said."""

    retry_after = WholeField(
        required=False, allow_null=True, min_value=1, max_value=LONGEST_RETRY, help_text="Seconds."
    )


class SuspensionSerializer(serializers.Serializer[Any]):
    """Why; the reason `quota` is a cool-down that somebody ends."""

    reason = TextField(required=False, allow_blank=True, max_length=LONGEST_REASON)


class MarkedSerializer(HeldSerializer):
    """A model at a client after a mark was set."""

    client = serializers.CharField(source="client_id")


class HolderSerializer(serializers.Serializer[Any]):
    """A client that holds the model."""

    client = serializers.CharField(source="client_id")
    provider = serializers.CharField(allow_blank=True)
    seats = serializers.IntegerField()
    state = serializers.ChoiceField(choices=HolderState.choices)
    until = MomentField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)


class HoldersSerializer(serializers.Serializer[Any]):
    """Who can serve a model now: `count` are the seats of ready clients."""

    model = serializers.CharField()
    count = serializers.IntegerField()
    providers = serializers.ListField(child=serializers.CharField())
    clients = HolderSerializer(many=True)
    info = InfoSerializer(allow_null=True)
    last_updated = MomentField(allow_null=True)


ENTRY = extend_schema_field(OpenApiTypes.OBJECT)


@ENTRY
class EntryField(serializers.DictField):
    """A model in the shape of the format."""


class AvailableSerializer(serializers.Serializer[Any]):
    """What clients offer, the newest first, in the shape of one format."""

    format = serializers.CharField()
    count = serializers.IntegerField()
    results = serializers.ListField(child=EntryField())


class FirstSerializer(serializers.Serializer[Any]):
    """The newest ready model; `entry` is there when a format was asked for."""

    model = serializers.CharField()
    entry = EntryField(required=False)
