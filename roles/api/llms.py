"""A person's own models."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api import fields
from registry.api.base import body_of
from registry.api.connection_test_serializers import ConnectionTestSerializer, InferenceSerializer
from registry.api.connection_tests import ANSWERS, run
from registry.api.listing import Listing, Rows, among, linked, search
from registry.api.llm_serializers import LLMSerializer
from registry.api.llms import change_of
from registry.api.parameters import choice
from registry.choices import LLMStatus, LLMType, Transport
from registry.models import LLMModel
from registry.services.connection_tests import request_test
from registry.services.llm_links import fold
from registry.services.llm_warnings import warnings_of
from registry.types import Change
from roles.api.base import OwnServiceViewSet
from roles.api.connections import TEST
from roles.api.fields import ProviderWordField, UsableConnectionField
from roles.services import own_llms
from roles.services.provider_names import find_provider
from roles.services.registry_of import resolved_models


class OwnLLMSerializer(LLMSerializer):
    """One model of one's own. `api_key` only goes in; of a stored key the answer has a hint."""

    provider = ProviderWordField(
        help_text=_("It may change, which drops the connection unless a new one is named.")
    )
    transport = fields.ChoiceTextField(
        choices=Transport.choices,
        required=False,
        allow_blank=True,
        help_text=_("Chosen by provider and connection if left out; null is as they speak."),
    )
    connection = UsableConnectionField(
        required=False,
        allow_null=True,
        help_text=_("One's own by id or short name, or one of the organisation by id."),
    )
    has_key = serializers.SerializerMethodField(method_name="get_has_api_key")
    key_hint = serializers.SerializerMethodField(
        method_name="get_key_fingerprint",
        help_text=_("`key` and 8 digits of the key's fingerprint; empty without a key."),
    )

    class Meta:
        model = LLMModel
        fields = (
            *("id", "slug", "type", "provider", "transport", "name", "model_id", "status"),
            *("connection", "connection_ref", "config", "api_endpoint", "api_key"),
            *("description", "aliases", "family", "version", "mode", "tags", "capabilities"),
            *("settings", "known_params", "probe_max_tokens", "probe_reasoning_effort"),
            *("has_key", "key_hint", "state", "health", "health_since", "tested_at"),
            *("created_at", "updated_at", "revision"),
        )
        extra_kwargs = {
            "slug": {"required": False, "allow_blank": True},
            "type": {"required": False},
            "name": {"required": False, "allow_blank": True},
            "connection_ref": {"read_only": True},
        }


def _tagged(rows: Rows, value: str) -> Rows:
    return rows.filter(tags__folded=fold(value))


def _resolved(rows: Rows, value: str) -> Rows:
    """Judge the value; `list` answers in another shape."""
    choice(value, ("1",))
    return rows


class OwnLLMViewSet(OwnServiceViewSet):
    """/api/v1/my/models"""

    model = LLMModel
    serializer_class = OwnLLMSerializer
    lookup_url_kwarg = "model"
    measured = "tested_at"
    takes = {"test": ("wait",)}
    listing = Listing(
        filters={
            "type": among("type", LLMType.values),
            "status": among("status", LLMStatus.values),
            "provider": linked("provider", find_provider),
            "tag": _tagged,
            "q": search("name", "model_id", "slug", related={"aliases": "name"}),
            "resolved": _resolved,
        },
        orderings=("name", "slug", "model_id", "type", "status", "created_at", "updated_at"),
    )

    def get_queryset(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = own_llms.own_models(self.person).with_links()
        return rows

    def find(self, name: str) -> LLMModel | None:
        return own_llms.own_model(self.person, name)

    def warnings_of(self, row: LLMModel) -> list[str]:
        return warnings_of(row)

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "resolved",
                enum=["1"],
                description="All usable ones as roles resolve to them; nothing goes with it.",
            )
        ]
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        if "resolved" not in request.query_params:
            return super().list(request, *args, **kwargs)
        self.listing.choose(self.get_queryset(), request.query_params)
        others = sorted(set(request.query_params) - {"resolved"})
        if others:
            raise serializers.ValidationError({name: [ALONE] for name in others})
        results = [one.facts() for one in resolved_models(self.person)]
        return Response({"count": len(results), "results": results})

    def save(self, row: LLMModel, values: dict[str, Any], expected: int | None) -> LLMModel:
        transport = values.pop("transport", "")
        if row._state.adding:
            row.owner = self.person
            row.type = LLMType.GENERATION
        change = change_of(row, values, expected)
        row.name = row.name or row.model_id
        return own_llms.save_own(row, change, transport=transport)

    def remove(self, row: LLMModel, expected: int | None) -> None:
        """The slots that name it are emptied with it."""
        change = Change(frozenset(), expected)
        if not own_llms.remove_model(self.person, str(row.pk), change):
            raise Http404

    @extend_schema(request=InferenceSerializer, responses=ANSWERS)
    @action(detail=True, methods=["post"], serializer_class=ConnectionTestSerializer)
    def test(self, request: Request, model: str) -> Response:
        """Test the stored model; whoever says nothing about inference gets the whole test."""
        llm = self.get_object()
        values, _ignored = self.parse(body_of(request), shape=InferenceSerializer)
        inference = values.get("inference", True)
        return run(self, request, lambda: request_test(llm, inference=inference), TEST)


ALONE = _("This does not go together with `resolved`.")
