"""Knowledge bases: which models an application's store is built on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin.dropdown_filters import DropdownFilter

from registry.admin.badges import badge
from registry.admin.base import RegistryForm, RegistryModelAdmin
from registry.admin.widgets import LazySelect
from registry.choices import KnowledgeBaseStatus, LLMStatus, LLMType
from registry.models import KnowledgeBase, LLMModel
from registry.services.defaults import default_of
from registry.services.knowledge_bases import delete_knowledge_base, save_knowledge_base

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

COLOURS = {KnowledgeBaseStatus.ACTIVE: "success", KnowledgeBaseStatus.ARCHIVED: ""}
MODELS = {"embedding_model": LLMType.EMBEDDING, "generation_model": LLMType.GENERATION}


class ModelSelect(LazySelect):
    """Offers the models of one type."""

    def __init__(self, llm_type: str, **kwargs: Any) -> None:
        super().__init__("registry_llmmodel_models", **kwargs)
        self.llm_type = llm_type

    def __deepcopy__(self, memo: dict[int, Any]) -> ModelSelect:
        return self.__class__(self.llm_type, attrs=self.attrs.copy())

    def build_attrs(
        self, base_attrs: dict[str, Any], extra_attrs: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        attrs = super().build_attrs(base_attrs, extra_attrs)
        query = urlencode({"type": self.llm_type, "status": LLMStatus.ACTIVE.value})
        return attrs | {"data-url": f"{attrs['data-url']}?{query}"}


def _model_field(llm_type: LLMType, label: Any) -> Any:
    return forms.ModelChoiceField(
        queryset=LLMModel.objects.shared(),
        required=False,
        label=label,
        widget=ModelSelect(llm_type.value),
    )


class KnowledgeBaseForm(RegistryForm):
    embedding_model = _model_field(LLMType.EMBEDDING, _("Embedding model"))
    generation_model = _model_field(LLMType.GENERATION, _("Generation model"))

    class Meta:
        model = KnowledgeBase
        fields = (
            "name",
            "slug",
            "description",
            "status",
            "embedding_model",
            "generation_model",
            "document_count",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False  # the service makes one from the name


class StatusFilter(DropdownFilter):
    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(KnowledgeBaseStatus.choices)

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[KnowledgeBase]
    ) -> QuerySet[KnowledgeBase]:
        return queryset.filter(status=self.value()) if self.value() else queryset


@admin.register(KnowledgeBase)
class KnowledgeBaseAdmin(RegistryModelAdmin):
    form = KnowledgeBaseForm
    fields = KnowledgeBaseForm.Meta.fields
    save = staticmethod(save_knowledge_base)
    delete = staticmethod(delete_knowledge_base)

    list_display = (
        "name",
        "slug",
        "status_now",
        "embedding_model",
        "generation_model",
        "document_count",
    )
    list_select_related = ("embedding_model", "generation_model")
    list_filter = (StatusFilter,)
    search_fields = ("name", "slug", "embedding_model__name", "generation_model__name")
    search_help_text = _("Name, slug or model")
    ordering = ("name",)
    show_full_result_count = True

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Begin with the defaults, which is what they are for."""
        found = {name: default_of(llm_type) for name, llm_type in MODELS.items()}
        return {name: llm.pk for name, llm in found.items() if llm is not None}

    @admin.display(description=_("status"), ordering="status")
    def status_now(self, base: KnowledgeBase) -> str:
        status = KnowledgeBaseStatus(base.status)
        return badge(status.label, COLOURS[status])
