from __future__ import annotations

from typing import Any

from rest_framework import serializers

from registry.api.base import ServiceViewSet, named_columns
from registry.api.fields import LLMField, find_llm
from registry.api.listing import Listing, among, linked, search
from registry.api.serializers import RowSerializer
from registry.choices import KnowledgeBaseStatus
from registry.models import KnowledgeBase
from registry.services.knowledge_bases import delete_knowledge_base, save_knowledge_base
from registry.types import Change


class KnowledgeBaseSerializer(RowSerializer):
    """A store that depends on models. The slug is the id in addresses."""

    id = serializers.CharField(source="slug", read_only=True)
    embedding_model = LLMField(required=False, allow_null=True)
    generation_model = LLMField(required=False, allow_null=True)

    class Meta:
        model = KnowledgeBase
        fields = (
            *("id", "slug", "name", "description", "status", "embedding_model"),
            *("generation_model", "document_count", "created_at", "updated_at", "revision"),
        )
        extra_kwargs = {"slug": {"required": False, "allow_blank": True}}


class KnowledgeBaseViewSet(ServiceViewSet):
    """/api/v1/admin/knowledge-bases"""

    model = KnowledgeBase
    queryset = KnowledgeBase.objects.select_related("embedding_model", "generation_model")
    serializer_class = KnowledgeBaseSerializer
    lookup_url_kwarg = "knowledge_base"
    listing = Listing(
        filters={
            "status": among("status", KnowledgeBaseStatus.values),
            "embedding_model": linked("embedding_model", find_llm),
            "generation_model": linked("generation_model", find_llm),
            "q": search("name", "slug"),
        },
        orderings=("name", "slug", "status", "document_count", "created_at", "updated_at"),
    )

    def save(
        self, row: KnowledgeBase, values: dict[str, Any], expected: int | None
    ) -> KnowledgeBase:
        return save_knowledge_base(row, Change(named_columns(row, values), expected))

    def remove(self, row: KnowledgeBase, expected: int | None) -> None:
        delete_knowledge_base(row, Change(frozenset(), expected))
