"""Testing a model as its form stands: nothing is saved, and no page gets a key back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.http import Http404, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from registry.admin.llm_fields import ACCESS, PROBES, column_label
from registry.admin.llm_tests import inference_label
from registry.admin.panels import Panel
from registry.choices import LLMType
from registry.errors import BrokerUnavailableError
from registry.models import ConnectionTest, LLMModel
from registry.services import connection_tests, unsaved_access

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern

    from registry.admin.llm_form import LLMForm

# What a test needs of the form; the rest may be missing or wrong still.
_NEEDED = ("type", "provider", "model_id", "mode", "dimensions", *PROBES, *ACCESS)

_RIGHTS = ("registry.add_connectiontest", "registry.view_connectiontest")


@dataclass(frozen=True)
class Wrong:
    """A field that a test cannot do without, and what is wrong with it."""

    name: str
    label: str
    texts: list[str]


class LLMUnsaved:
    """Mixed into the models' page."""

    admin_site: Any
    get_form: Any
    get_object: Any
    has_add_permission: Any
    has_change_permission: Any

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.try_form)
        own = [
            path("test-unsaved/", view, name="registry_llmmodel_try"),
            path("<uuid:pk>/test-unsaved/", view, name="registry_llmmodel_try_change"),
        ]
        return [*own, *super().get_urls()]  # type: ignore[misc]  # ModelAdmin's

    def unsaved_context(self, request: HttpRequest, llm: LLMModel | None) -> dict[str, Any]:
        """Return what the button needs; without the rights there is none."""
        if not self._may_try(request, llm):
            return {}
        name = (
            "admin:registry_llmmodel_try" if llm is None else "admin:registry_llmmodel_try_change"
        )
        return {
            "try_url": reverse(name, args=[llm.pk] if llm else []),
            "try_label": _("Test") if llm is None else _("Test as entered"),
            "inference_hint": inference_label(llm),
        }

    def try_form(self, request: HttpRequest, pk: UUID | None = None) -> HttpResponse:
        """Answer a live panel, or which fields a test cannot do without."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        llm = None if pk is None else self.get_object(request, str(pk))
        if pk is not None and llm is None:
            raise Http404
        if not self._may_try(request, llm):
            raise PermissionDenied
        form_class = self.get_form(request, llm, change=llm is not None)
        form = form_class(request.POST, instance=llm)
        inference = request.POST.get("inference") == "on"
        context: dict[str, Any]
        try:
            context = {"panel": Panel(_request(form, pk, inference))}
        except ValidationError as error:
            context = {"wrong": _wrong_fields(form, error)}
        return render(request, "admin/registry/llmmodel/unsaved_test.html", context)

    def _may_try(self, request: HttpRequest, llm: LLMModel | None) -> bool:
        """Who may save it may try it, if he may run tests and see them."""
        if not request.user.has_perms(_RIGHTS):
            return False
        if llm is None:
            return bool(self.has_add_permission(request))
        return bool(self.has_change_permission(request, llm))


def _request(form: LLMForm, pk: UUID | None, inference: bool) -> ConnectionTest:
    """Ask for the test of what the form says. Raises ValidationError naming fields."""
    form.full_clean()
    wrong = {name: form.errors[name].as_data() for name in _NEEDED if name in form.errors}
    if wrong:
        raise ValidationError(wrong)
    stored = None if pk is None else LLMModel.objects.select_related("connection").get(pk=pk)
    data = form.cleaned_data
    change = unsaved_access.access_of(
        stored,
        connection=data.get("connection"),
        api_endpoint=data.get("api_endpoint") or "",
        api_key=data.get("api_key"),
    )
    try:
        asked = connection_tests.request_unsaved(_llm_of(data, stored), change, inference=inference)
    except BrokerUnavailableError as error:  # it waits, and its panel says so
        return ConnectionTest.objects.get(job=error.extra["job"])
    return asked.test


def _llm_of(data: dict[str, Any], stored: LLMModel | None) -> LLMModel:
    """Return a row in memory. It bears the stored one's id, whose own connection it may use."""
    llm = LLMModel() if stored is None else LLMModel(pk=stored.pk, owner=stored.owner)
    llm.type = data["type"] if stored is None else stored.type
    llm.provider = data["provider"] if stored is None else stored.provider
    llm.name = data.get("name") or data["model_id"]
    needed = ["model_id", "mode", *PROBES]
    if llm.type == LLMType.EMBEDDING:
        needed.append("dimensions")
    for name in needed:
        setattr(llm, name, data.get(name, getattr(llm, name)))
    return llm


def _wrong_fields(form: LLMForm, error: ValidationError) -> list[Wrong]:
    found = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    return [Wrong(name, _label(form, name), texts) for name, texts in found.items()]


def _label(form: LLMForm, name: str) -> str:
    """Return the field's name as the form shows it: in the provider's own word, if he has one."""
    if name in ("", NON_FIELD_ERRORS) or name not in form.fields:
        return ""
    return str(form.state(name).label or form.fields[name].label or column_label(name))
