"""Testing one model: the dialog that asks for it, and the tab that shows how it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action
from unfold.widgets import UnfoldBooleanSwitchWidget

from registry.admin import results
from registry.admin.asking import ask_and_show
from registry.admin.llm_dialogs import LLMDialogForm
from registry.admin.panels import Change, Panel, Shown
from registry.choices import LLMType
from registry.dialects.base import PROBE_TOKENS
from registry.models import ConnectionTest, HealthChange, LLMModel
from registry.services import connection_tests

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest
    from django.urls import URLPattern

NAMED = 20  # tests, and changes of health, that the page shows; the list of tests has all
ASK = {
    "title": gettext_lazy("Test this model now?"),
    "description": gettext_lazy(
        "A worker calls the provider: does it answer, does it take the key, does it know the "
        "model? These checks are not billed."
    ),
    "form_submit_text": gettext_lazy("Test"),
}


def inference_label(llm: LLMModel | None) -> str:
    """Say what the one billed call is, and about how much it costs."""
    if llm is not None and llm.type == LLMType.EMBEDDING:
        return _("Also ask for one short vector (billed by the provider: a few tokens)")
    tokens = (llm.probe_max_tokens if llm else None) or PROBE_TOKENS
    return _(
        "Also ask the model for one short answer (billed by the provider: about %d tokens)"
    ) % (tokens)


class ProbeForm(LLMDialogForm):
    """Whether the billed call is made, too."""

    inference = forms.BooleanField(required=False, widget=UnfoldBooleanSwitchWidget())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["inference"].label = inference_label(self.llm)


class LLMTests:
    """Mixed into the models' page."""

    admin_site: Any
    get_object: Any
    has_view_permission: Any

    def has_test_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever asks for a test wants to see it."""
        rights = ("registry.add_connectiontest", "registry.view_connectiontest")
        return bool(request.user.has_perms(rights) and self.has_view_permission(request))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.tests)
        own = path("<uuid:pk>/tests/", view, name="registry_llmmodel_tests")
        return [own, *super().get_urls()]  # type: ignore[misc]  # ModelAdmin's

    @action(
        description=gettext_lazy("Test"),
        permissions=("test",),
        icon="network_check",
        url_path="test",
        dialog={**ASK, "form_class": ProbeForm},
    )
    def run_test(self, request: HttpRequest, form: ProbeForm, object_id: str) -> HttpResponse:
        """Ask for a test and go to the tab that shows it."""
        llm = self.get_object(request, unquote(object_id))
        if llm is None:
            raise Http404
        inference = form.cleaned_data["inference"]
        return ask_and_show(
            request,
            lambda: connection_tests.request_test(llm, inference=inference, by_hand=True),
            reverse("admin:registry_llmmodel_change", args=[llm.pk]),
        )

    def tests(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Answer what the tab shows below its live panel, once a test has ended."""
        may_see = request.user.has_perm("registry.view_connectiontest")
        if not (may_see and self.has_view_permission(request)):
            raise PermissionDenied
        llm = self.get_object(request, str(pk))
        if llm is None:
            raise Http404
        context = {"llm": llm, **history_of(llm), "is_fragment": True}
        return render(request, "admin/registry/llmmodel/tests_history.html", context)


def tests_context(llm: LLMModel) -> dict[str, Any]:
    """Return what the tab shows: the newest test as it goes on, those before it, the health."""
    newest = _tests_of(llm).first()
    return {"panel": Panel(newest) if newest else None, **history_of(llm)}


def history_of(llm: LLMModel) -> dict[str, Any]:
    changes = HealthChange.objects.filter(llm=llm).select_related("actor")[:NAMED]
    return {
        "health_text": results.health_text(llm),
        "history": [Shown(test) for test in _tests_of(llm)[:NAMED]],
        "timeline": [Change(change) for change in changes],
        "all_tests": reverse("admin:registry_connectiontest_changelist", query={"llm": llm.pk}),
    }


def _tests_of(llm: LLMModel) -> Any:
    return ConnectionTest.objects.with_links().filter(llm=llm).newest_first()
