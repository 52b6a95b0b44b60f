"""Testing many models: first how many and what it may cost, then a page with the progress."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import action
from unfold.widgets import UnfoldBooleanSwitchWidget

from audit.moments import ago
from registry.admin import results
from registry.admin.panels import Shown
from registry.choices import ProbeCode
from registry.dialects.base import PROBE_TOKENS
from registry.models import Sweep
from registry.services import sweeps, workers

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.urls import URLPattern

    from registry.models import LLMModel

    Rows = QuerySet[LLMModel]

NAMED = 50  # failing models named on the page; the list of tests has all


class SweepForm(forms.Form):
    inference = forms.BooleanField(required=False, widget=UnfoldBooleanSwitchWidget())

    def __init__(self, count: int, data: Any = None) -> None:
        super().__init__(data)
        label = ngettext(
            "Also ask for one short answer (billed by the provider: about %(tokens)d tokens)",
            "Also ask each model for one short answer (billed by the providers: up to %(count)d "
            "calls of about %(tokens)d tokens each)",
            count,
        )
        self.fields["inference"].label = label % {"count": count, "tokens": PROBE_TOKENS}


class LLMSweeps:
    """Mixed into the models' page."""

    admin_site: Any
    opts: Any
    media: Any
    has_view_permission: Any

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.sweep)
        own = path("sweeps/<uuid:pk>/", view, name="registry_llmmodel_sweep")
        return [own, *super().get_urls()]  # type: ignore[misc]  # ModelAdmin's

    @action(description=gettext_lazy("Test connection"), permissions=("test",))
    def check_selected(self, request: HttpRequest, queryset: Rows) -> HttpResponse:
        """Say what would happen; with `confirm=yes` ask for the tests and show their progress."""
        if request.method != "POST":
            raise PermissionDenied
        count = queryset.count()
        if request.POST.get("confirm") == "yes":
            form = SweepForm(count, request.POST)
            inference = form.is_valid() and form.cleaned_data["inference"]
            # All rows at once: a table that is read on while others are written would hold up
            # the other writers of SQLite.
            llms = list(queryset.select_related("provider", "connection__provider"))
            started = sweeps.start(llms, inference=inference)
            return HttpResponseRedirect(reverse("admin:registry_llmmodel_sweep", args=[started.pk]))
        across = request.POST.get("select_across") == "1"
        context = {
            **self.admin_site.each_context(request),
            "title": _("Test connections"),
            "opts": self.opts,
            "media": self.media,
            "action": request.POST.get("action", ""),
            "selected": [] if across else request.POST.getlist(ACTION_CHECKBOX_NAME),
            "select_across": int(across),
            "checkbox_name": ACTION_CHECKBOX_NAME,
            "count": count,
            "names": list(queryset.values_list("name", flat=True)[:NAMED]),
            "more": max(0, count - NAMED),
            "form": SweepForm(count),
            "here": request.get_full_path(),
        }
        return TemplateResponse(request, "admin/registry/llmmodel/sweep_ask.html", context)

    def sweep(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Show how far the tests are; a page that asks again gets 204 while there is no news."""
        may_see = request.user.has_perm("registry.view_connectiontest")
        if not (may_see and self.has_view_permission(request)):
            raise PermissionDenied
        found = Sweep.objects.select_related("requested_by").filter(pk=pk).first()
        if found is None:
            raise Http404
        progress = sweeps.progress_of(found)
        lacks_worker = not (progress.is_finished or workers.is_present())
        token = f"{progress.done}-{progress.total}-{int(lacks_worker)}"
        if request.GET.get("seen") == token and not progress.is_finished:
            return HttpResponse(status=204)
        here = reverse("admin:registry_llmmodel_sweep", args=[pk])
        context = {
            "progress": progress,
            "lacks_worker": lacks_worker,
            "codes": _by_code(progress),
            "failures": [_failure(shown) for shown in _failures(found)],
            "more": max(0, progress.failed - NAMED),
            "asked_by": found.requested_by.get_username() if found.requested_by else "",
            "when": ago(found.created_at),
            "next_url": f"{here}?seen={token}",
            "all_tests": reverse(
                "admin:registry_connectiontest_changelist", query={"sweeps": str(pk)}
            ),
        }
        if request.headers.get("HX-Request"):
            return TemplateResponse(request, "admin/registry/llmmodel/sweep_state.html", context)
        context |= self.admin_site.each_context(request)
        context |= {"title": _("Testing models"), "opts": self.opts, "media": self.media}
        return TemplateResponse(request, "admin/registry/llmmodel/sweep.html", context)


def _by_code(progress: sweeps.Progress) -> list[dict[str, Any]]:
    """Return the results in words, the most frequent first."""
    return [
        {"badge": results.code_badge(code), "count": count, "code": ProbeCode(code)}
        for code, count in sorted(progress.codes.items(), key=lambda item: -item[1])
        if count
    ]


def _failures(found: Sweep) -> list[Shown]:
    return [Shown(test) for test in sweeps.failures_of(found, most=NAMED)]


def _failure(shown: Shown) -> dict[str, Any]:
    return {
        "shown": shown,
        "name": results.subject(shown.test),
        "page": results.subject_page(shown.test),
    }
