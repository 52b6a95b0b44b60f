"""Tests and health: every connection test there was, to look at, and how far one is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import DropdownFilter, RadioFilter
from unfold.contrib.filters.admin.datetime_filters import RangeDateFilter

from audit.moments import ago, in_period
from registry.admin import results
from registry.admin.base import RegistryModelAdmin
from registry.admin.panels import Panel
from registry.choices import JobState, ProbeCode
from registry.models import ConnectionTest

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.urls import URLPattern

    Rows = QuerySet[ConnectionTest]

STOP_ASKING = 286  # htmx's own: show this, and ask no more
ENDED = "registry-tested"  # the event that tells a page that a test has ended


class ResultFilter(DropdownFilter):
    title = gettext_lazy("result")
    parameter_name = "code"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(ProbeCode.choices)

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        return queryset.filter(code=self.value()) if self.value() else queryset


class StateFilter(DropdownFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(JobState.choices)

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        return queryset.filter(job__state=self.value()) if self.value() else queryset


class InferenceFilter(RadioFilter):
    title = gettext_lazy("with inference")
    parameter_name = "inference"

    def lookups(self, request: HttpRequest, model_admin: Any) -> tuple[tuple[str, Any], ...]:
        return (("yes", _("Yes")), ("no", _("No")))

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        if self.value() not in ("yes", "no"):
            return queryset
        return queryset.filter(inference=self.value() == "yes")


class PeriodFilter(RangeDateFilter):
    """Whole days of the page's time zone; the last one is part of the period."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = _("period")

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        return in_period(queryset, "created_at", self.used_parameters)


@admin.register(ConnectionTest)
class ConnectionTestAdmin(RegistryModelAdmin):
    """Written by the workers, read by people."""

    change_form_template = "admin/registry/connectiontest/change_form.html"
    change_list_template = "admin/registry/connectiontest/change_list.html"

    list_display = ("when", "subject", "result", "latency", "with_inference", "who", "state")
    list_display_links = ("when",)
    list_filter = (ResultFilter, StateFilter, InferenceFilter, ("created_at", PeriodFilter))
    # Where other pages lead to: the tests of one model, of one connection, of one sweep.
    filter_names = frozenset({"llm", "connection", "sweeps"})
    search_fields = ("llm__name", "llm__model_id", "connection__label")
    search_help_text = gettext_lazy("Name or id of a model, or label of a connection")
    ordering = ("-created_at", "-id")
    sortable_by = ()
    fields = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> Rows:
        """A person's own models are nobody else's business; everybody's connections have a page."""
        sees_all = request.user.has_perm("registry.view_connection")
        rows = ConnectionTest.objects.told_to(request.user.pk, of_all_connections=sees_all)
        return rows.with_links()

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.live)
        own = path("<uuid:pk>/live/", view, name="registry_connectiontest_live")
        return [own, *super().get_urls()]

    def live(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Answer the panel of a test, or 204 while there is no news."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        test = self.get_queryset(request).filter(pk=pk).first()
        if test is None:
            if not request.headers.get("HX-Request"):
                raise Http404
            gone = "admin/registry/connectiontest/gone.html"
            return render(request, gone, status=STOP_ASKING)
        panel = Panel(test)
        if not panel.is_finished and request.GET.get("seen") == panel.token:
            return HttpResponse(status=204)
        answer = render(request, "admin/registry/connectiontest/panel.html", {"panel": panel})
        if panel.is_finished:
            answer.headers["HX-Trigger"] = ENDED
        return answer

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        test = context["original"]
        context |= {
            "panel": Panel(test),
            "kind": _kind(test),
            "subject": results.subject(test),
            "subject_page": results.subject_page(test),
            "address": (test.settings or {}).get("api_endpoint", ""),
            "title": _("Connection test"),
        }
        response: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return response

    # Columns
    # ------------------------------------------------------------------------
    @admin.display(description=gettext_lazy("when"))
    def when(self, test: ConnectionTest) -> str:
        return ago(test.created_at)

    @admin.display(description=gettext_lazy("tested"))
    def subject(self, test: ConnectionTest) -> str:
        """Name what was tested, what kind of thing that is, and lead to its page."""
        text, page = results.subject(test), results.subject_page(test)
        if not page:
            return format_html('{} <span class="text-xs">({})</span>', text, _kind(test))
        link = '<a href="{}" class="text-link">{}</a> <span class="text-xs">({})</span>'
        return format_html(link, page, text, _kind(test))

    @admin.display(description=gettext_lazy("result"))
    def result(self, test: ConnectionTest) -> str:
        return results.code_badge(test.code) if test.code else ""

    @admin.display(description=gettext_lazy("latency"))
    def latency(self, test: ConnectionTest) -> str:
        return results.milliseconds(test.latency_ms)

    @admin.display(description=gettext_lazy("with inference"))
    def with_inference(self, test: ConnectionTest) -> str:
        return _("Yes") if test.inference else _("No")

    @admin.display(description=gettext_lazy("who"))
    def who(self, test: ConnectionTest) -> str:
        return results.who(test)

    @admin.display(description=gettext_lazy("state"))
    def state(self, test: ConnectionTest) -> str:
        return str(test.job.get_state_display())


def _kind(test: ConnectionTest) -> str:
    if test.llm is not None:
        return _("model")
    return _("connection") if test.connection is not None else _("unsaved settings")
