"""Connection tests as JSON: how far they are, what they found, and what to do about it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from registry.api import fields
from registry.api.llm_serializers import LLMSerializer
from registry.choices import JobState, ProbeCode
from registry.models import ConnectionTest, LLMModel
from registry.services import verdicts


class InferenceSerializer(serializers.Serializer[Any]):
    """What a test of a stored model is asked for."""

    inference = fields.FlagField(
        required=False,
        help_text=_(
            "Whether the model is called as well, which the provider bills; left out it is."
        ),
    )


class NoBodySerializer(serializers.Serializer[Any]):
    """Nothing: address and key are those that are stored."""


class UnsavedLLMSerializer(LLMSerializer):
    """A model as it would be created. What a test does not read may be missing."""

    inference = fields.FlagField(required=False, write_only=True)

    class Meta:
        model = LLMModel
        fields = (*LLMSerializer.Meta.fields, "inference")
        extra_kwargs = {name: {"required": False, "allow_blank": True} for name in ("slug", "name")}


class StageSerializer(serializers.Serializer[Any]):
    """One thing that a test proves, and how that went; what was not tried is `skipped`."""

    name = serializers.CharField(help_text=_("reach, auth, model or inference, in this order."))
    code = serializers.CharField()
    latency_ms = serializers.IntegerField(allow_null=True)
    detail = serializers.CharField(required=False)
    note = serializers.CharField(required=False)
    nearest = serializers.ListField(child=serializers.CharField(), required=False)
    load_ms = serializers.IntegerField(required=False)
    status = serializers.IntegerField(
        required=False, help_text=_("The HTTP status of an answer that was no good one.")
    )


class DetailsSerializer(serializers.Serializer[Any]):
    """Figures of a test; those that nobody knows are left out."""

    billed_calls = serializers.IntegerField()
    dimensions = serializers.IntegerField(required=False)
    expected_dimensions = serializers.IntegerField(required=False)
    prompt_tokens = serializers.IntegerField(required=False)
    output_tokens = serializers.IntegerField(required=False)
    retry_after = serializers.IntegerField(required=False, help_text=_("Seconds."))
    corrected = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text=_("Parameters that had to be corrected."),
    )
    nearest = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text=_("Listed models that look like the unknown one."),
    )
    provider_said = serializers.CharField(
        required=False,
        help_text=_("The provider's own words, without anything like a key; told to staff only."),
    )


class ConnectionTestSerializer(serializers.Serializer[Any]):
    """One test. Until `state` is done, `success`, `code`, `message` and `advice` are null."""

    id = serializers.UUIDField(read_only=True)
    state = serializers.SerializerMethodField(help_text=_("queued, running or done."))
    success = serializers.BooleanField(read_only=True, allow_null=True)
    code = serializers.SerializerMethodField()
    message = serializers.SerializerMethodField(help_text=_("What a person reads."))
    advice = serializers.SerializerMethodField(help_text=_("What to do; may be empty."))
    latency_ms = serializers.IntegerField(read_only=True, allow_null=True)
    stages = StageSerializer(many=True, read_only=True)
    details = serializers.SerializerMethodField()
    model = serializers.UUIDField(source="llm_id", read_only=True, allow_null=True)
    connection = serializers.UUIDField(source="connection_id", read_only=True, allow_null=True)
    name = serializers.CharField(
        source="__str__", read_only=True, help_text=_("The name of what was tested.")
    )
    inference = serializers.BooleanField(read_only=True)
    requested_by = serializers.SerializerMethodField()
    created_at = fields.MomentField(read_only=True)
    started_at = fields.MomentField(source="job.started_at", read_only=True, allow_null=True)
    finished_at = fields.MomentField(source="job.finished_at", read_only=True, allow_null=True)
    attempt = serializers.IntegerField(source="job.attempt", read_only=True)

    def get_state(self, test: ConnectionTest) -> str:
        """Work that was given up has a result, too: it is done."""
        state = str(test.job.state)
        return JobState.DONE.value if state == JobState.FAILED else state

    @extend_schema_field(serializers.ChoiceField(choices=ProbeCode.choices, allow_null=True))
    def get_code(self, test: ConnectionTest) -> str | None:
        return test.code or None

    def get_message(self, test: ConnectionTest) -> str | None:
        words = verdicts.words_of(test)
        return None if words is None else words.text

    def get_advice(self, test: ConnectionTest) -> str | None:
        words = verdicts.words_of(test)
        return None if words is None else words.advice

    def get_requested_by(self, test: ConnectionTest) -> str | None:
        person = test.job.requested_by
        return None if person is None else str(person.get_username())

    @property
    def _may_hear(self) -> bool:
        """Whether the provider's words may be told: for others, a host is no door to look in by."""
        request = self.context.get("request")
        return request is not None and request.user.is_staff

    @extend_schema_field(DetailsSerializer)
    def get_details(self, test: ConnectionTest) -> dict[str, Any]:
        nearest = [name for stage in test.stages for name in stage.get("nearest", ())]
        is_corrected = test.code == ProbeCode.DEGRADED and test.detail
        told = {
            "dimensions": test.dimensions,
            "expected_dimensions": test.expected_dimensions,
            "prompt_tokens": test.prompt_tokens,
            "output_tokens": test.output_tokens,
            "retry_after": test.retry_after,
            "corrected": test.detail.split(", ") if is_corrected else None,
            "nearest": nearest or None,
            "provider_said": (self._may_hear and test.said) or None,
        }
        known = {name: value for name, value in told.items() if value is not None}
        return {"billed_calls": test.billed_calls, **known}


class HostModelSerializer(serializers.Serializer[Any]):
    """One model of a host, with the facts that the host tells of it."""

    id = serializers.CharField()
    name = serializers.CharField()
    type = serializers.CharField(required=False)
    context_window = serializers.IntegerField(required=False)
    max_output_tokens = serializers.IntegerField(required=False)
    dimensions = serializers.IntegerField(required=False)


class HostModelsSerializer(serializers.Serializer[Any]):
    """What a host serves; `is_cut` when it lists more than are shown."""

    count = serializers.IntegerField()
    results = HostModelSerializer(many=True)
    is_cut = serializers.BooleanField()
