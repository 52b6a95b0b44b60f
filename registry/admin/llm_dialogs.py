"""What can be done to one model besides editing: dialogs that post, and two ways on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin.utils import unquote
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget

from registry.admin.widgets import LazySelect, date_input
from registry.choices import LLMStatus
from registry.models import LLMModel
from registry.models.base import is_uuid
from registry.services.defaults import set_default
from registry.services.statuses import set_status

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

LLM_ACTIONS = (
    "run_test",
    "make_default",
    "activate_one",
    "deactivate_one",
    "deprecate",
    "change_price",
    "duplicate",
)


def idle_actions(llm: LLMModel) -> set[str]:
    """Return the URL names of the dialogs that would change nothing on this model."""
    idle = {"activate_one"} if llm.is_active else {"deactivate_one", "make_default"}
    idle |= {"make_default"} if llm.is_default else set()
    idle |= {"deprecate"} if llm.status == LLMStatus.DEPRECATED else set()
    return {f"admin:registry_llmmodel_{name}" for name in idle}


class LLMDialogForm(BaseDialogForm):
    """Names the model that the dialog is about."""

    @cached_property
    def llm(self) -> LLMModel | None:
        name = str(self.object_id or "")
        return LLMModel.objects.shared().filter(pk=name).first() if is_uuid(name) else None

    def render_before_template(self) -> str:
        name = '<p class="font-semibold mb-3 text-important">{}</p>'
        return format_html(name, self.llm or "")


class DeprecateForm(LLMDialogForm):
    """When the model retires, how to leave it, and for which other."""

    deprecation_date = forms.DateField(
        required=False, label=gettext_lazy("Retires on"), widget=date_input()
    )
    migration_guide = forms.CharField(
        required=False,
        label=gettext_lazy("Migration guide"),
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
    )
    replacement = forms.ModelChoiceField(
        queryset=LLMModel.objects.shared(),
        required=False,
        label=gettext_lazy("Replacement"),
        widget=LazySelect("registry_llmmodel_models"),
    )

    @property
    def notes(self) -> dict[str, Any]:
        """Return what was filled in; an empty field leaves the stored value."""
        names = ("deprecation_date", "migration_guide", "replacement")
        return {name: self.cleaned_data[name] for name in names if self.cleaned_data[name]}


_DEPRECATE = {
    "title": gettext_lazy("Deprecate this model?"),
    "description": gettext_lazy("It leaves the lists that applications choose from."),
    "form_class": DeprecateForm,
    "form_submit_text": gettext_lazy("Deprecate"),
}


class LLMDialogs:
    """Mixed into the models' page, whose `call` they use."""

    call: Any
    get_object: Any
    has_add_permission: Any

    def has_duplicate_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Django's own check of adding takes no object, which unfold passes."""
        return bool(self.has_add_permission(request))

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Leave out what would change nothing."""
        actions: list[Any] = super().get_actions_detail(request, object_id)  # type: ignore[misc]
        llm = self.get_object(request, unquote(str(object_id)))
        idle = idle_actions(llm) if llm is not None else set()
        return [found for found in actions if f"admin:{found.action_name}" not in idle]

    @action(
        description=gettext_lazy("Make default"),
        permissions=("change",),
        icon="star",
        dialog={
            "title": gettext_lazy("Make this model the default of its type?"),
            "description": gettext_lazy("The present default steps down."),
            "form_class": LLMDialogForm,
            "form_submit_text": gettext_lazy("Make default"),
        },
    )
    def make_default(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        done: HttpResponse = self.call(
            request, object_id, set_default, _("The default has changed.")
        )
        return done

    @action(
        description=gettext_lazy("Activate"),
        permissions=("change",),
        icon="toggle_on",
        url_path="activate",
        dialog={
            "title": gettext_lazy("Activate this model?"),
            "description": gettext_lazy("Applications can choose it from then on."),
            "form_class": LLMDialogForm,
            "form_submit_text": gettext_lazy("Activate"),
        },
    )
    def activate_one(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._set_status(request, object_id, LLMStatus.ACTIVE, _("The model is active."))

    @action(
        description=gettext_lazy("Deactivate"),
        permissions=("change",),
        icon="toggle_off",
        url_path="deactivate",
        dialog={
            "title": gettext_lazy("Deactivate this model?"),
            "description": gettext_lazy("It leaves the lists that applications choose from."),
            "form_class": LLMDialogForm,
            "form_submit_text": gettext_lazy("Deactivate"),
        },
    )
    def deactivate_one(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._set_status(request, object_id, LLMStatus.INACTIVE, _("The model is inactive."))

    def _set_status(
        self, request: HttpRequest, object_id: str, status: str, success: str
    ) -> HttpResponse:
        def change(llm: LLMModel) -> None:
            set_status(llm, status)

        done: HttpResponse = self.call(request, object_id, change, success)
        return done

    @action(
        description=gettext_lazy("Deprecate"),
        permissions=("change",),
        icon="event_busy",
        dialog=_DEPRECATE,
    )
    def deprecate(self, request: HttpRequest, form: DeprecateForm, object_id: str) -> HttpResponse:
        def change(llm: LLMModel) -> None:
            set_status(llm, LLMStatus.DEPRECATED, **form.notes)

        done: HttpResponse = self.call(
            request, object_id, change, _("The model is deprecated."), form=form, dialog=_DEPRECATE
        )
        return done

    @action(description=gettext_lazy("Duplicate"), permissions=("duplicate",), icon="content_copy")
    def duplicate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Open the add form with everything but the key."""
        target = reverse("admin:registry_llmmodel_add", query={"copy": object_id})
        return HttpResponseRedirect(target)

    @action(description=gettext_lazy("Delete"), permissions=("delete",), icon="delete")
    def remove(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:registry_llmmodel_delete", args=[object_id]))
