"""Tags and capabilities: words that models are filed under, to look at.

Tags are made where a model is tagged; the vocabulary of capabilities is reference data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Count, Q
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from registry.admin.base import RegistryModelAdmin
from registry.models import Capability, Tag

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest


class WordAdmin(RegistryModelAdmin):
    """A list to look at, with the models behind each word."""

    filter_parameter = ""
    show_full_result_count = True

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("models"), ordering="llm_count")
    def models_of(self, word: Any) -> str:
        page = reverse(
            "admin:registry_llmmodel_changelist", query={self.filter_parameter: word.name}
        )
        return format_html('<a href="{}" class="text-link">{}</a>', page, word.llm_count)


@admin.register(Tag)
class TagAdmin(WordAdmin):
    filter_parameter = "tag"
    list_display = ("name", "models_of")
    search_fields = ("name",)
    fields = ("name", "models_of")
    readonly_fields = ("models_of",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tag]:
        rows: QuerySet[Tag] = super().get_queryset(request)
        return rows.annotate(llm_count=Count("llms"))


@admin.register(Capability)
class CapabilityAdmin(WordAdmin):
    filter_parameter = "capability"
    list_display = ("label", "name", "description", "models_of")
    search_fields = ("name", "label")
    fields = ("name", "label", "description", "models_of")
    readonly_fields = ("models_of",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Capability]:
        rows: QuerySet[Capability] = super().get_queryset(request)
        return rows.annotate(llm_count=Count("uses", filter=Q(uses__supported=True)))
