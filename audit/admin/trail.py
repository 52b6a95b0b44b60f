"""The trail's page: read by many, changed by nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db.models import Q
from django.http import HttpResponseRedirect, StreamingHttpResponse
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

from audit import objects, sentences, spreadsheets
from audit.admin.filters import (
    PARAMETERS,
    EventFilter,
    ObjectFilter,
    ObjectTypeFilter,
    PeriodFilter,
    SourceFilter,
    WhoFilter,
)
from audit.models import LogEntry
from audit.moments import ago, exact

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase
    from django.urls import URLPattern

LONGEST_SEARCH = 200  # characters; a longer pattern costs time and finds nothing
ROWS_AT_ONCE = 2_000  # of the export

# auditlog registers a page of its own, whose changes table is neither styled nor complete.
if admin.site.is_registered(LogEntry):
    admin.site.unregister(LogEntry)


class TrailList(ChangeList):
    """One page of the trail; which of its objects still exist is asked once a kind."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not self.has_active_filters and not self.query:
            self.full_result_count = self.result_count  # so that the heading counts once
        pages = objects.pages_of(self.result_list, request, self.model_admin.admin_site)
        for entry in self.result_list:
            entry.object_page = pages.get(entry.pk, "")


@admin.register(LogEntry)
class TrailAdmin(ModelAdmin):
    """Who did what, when and from where; a row opens to before and after."""

    list_display = ("when", "who", "where", "what", "object_link")
    list_display_links = ("when", "what")
    list_select_related = ("content_type",)
    list_filter = (
        EventFilter,
        SourceFilter,
        WhoFilter,
        ObjectTypeFilter,
        ObjectFilter,
        ("timestamp", PeriodFilter),
    )
    list_filter_submit = True
    list_per_page = 50
    list_before_template = "admin/audit/logentry/above_list.html"
    # Only the index over the time is a fast order of 100,000 rows.
    ordering = ("-timestamp", "-id")
    sortable_by = ()
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # a count a choice, over 100,000 rows
    search_fields = ("object_repr", "cid")
    search_help_text = gettext_lazy("Name of an object, or a request id")
    actions = None
    readonly_fields = (
        "moment",
        "who",
        "where_from",
        "what",
        "object_link",
        "before_and_after",
        "more",
        "request_id",
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: LogEntry | None = None) -> list[str]:
        """A login changes nothing, so its page has no table."""
        is_empty = {
            "before_and_after": obj is None or not obj.changes,
            "more": obj is None or not obj.additional_data,
        }
        return [name for name in self.readonly_fields if not is_empty.get(name)]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup in PARAMETERS

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        if any("\0" in value for values in request.GET.lists() for value in values[1]):
            raise SuspiciousOperation("NUL in the query")
        return super().get_changelist_instance(request)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return TrailList

    def get_urls(self) -> list[URLPattern]:
        export = self.admin_site.admin_view(self.export)
        urls: list[URLPattern] = super().get_urls()
        return [path("csv/", export, name="audit_logentry_csv"), *urls]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[LogEntry], search_term: str
    ) -> tuple[QuerySet[LogEntry], bool]:
        term = search_term.strip()[:LONGEST_SEARCH]
        if term:
            queryset = queryset.filter(Q(object_repr__icontains=term) | Q(cid=term))
        return queryset, False

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        extra = {"show_history": False, "title": _("Event"), **(extra_context or {})}
        response: HttpResponse = super().change_view(request, object_id, form_url, extra)
        return response

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        entry = super().get_object(request, object_id, from_field)
        if entry is not None:
            pages = objects.pages_of([entry], request, self.admin_site)
            entry.object_page = pages.get(entry.pk, "")
        return entry

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """An event has no history of its own."""
        return HttpResponseRedirect(reverse("admin:audit_logentry_change", args=(object_id,)))

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """Send the rows that the list shows under these filters, all pages of them."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            rows = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(reverse("admin:audit_logentry_changelist"))
        return StreamingHttpResponse(
            spreadsheets.lines(rows.iterator(chunk_size=ROWS_AT_ONCE)),
            content_type="text/csv; charset=utf-8",
            headers={
                "Content-Disposition": 'attachment; filename="trail.csv"',
                "Cache-Control": "no-store",
            },
        )

    @admin.display(description=gettext_lazy("when"))
    def when(self, entry: LogEntry) -> str:
        return ago(entry.timestamp)

    @admin.display(description=gettext_lazy("when"))
    def moment(self, entry: LogEntry) -> str:
        return format_html("{} ({})", exact(entry.timestamp), ago(entry.timestamp))

    @admin.display(description=gettext_lazy("who"))
    def who(self, entry: LogEntry) -> str:
        person = entry.actor_name or _("nobody")
        if not entry.application:
            return person
        return _("%(person)s with %(application)s") % {
            "person": person,
            "application": entry.application,
        }

    @admin.display(description=gettext_lazy("from"))
    def where(self, entry: LogEntry) -> str:
        return str(entry.get_source_display())

    @admin.display(description=gettext_lazy("from"))
    def where_from(self, entry: LogEntry) -> str:
        return " · ".join(filter(None, (self.where(entry), entry.remote_addr)))

    @admin.display(description=gettext_lazy("what"))
    def what(self, entry: LogEntry) -> str:
        return sentences.sentence(entry)

    @admin.display(description=gettext_lazy("object"))
    def object_link(self, entry: LogEntry) -> str:
        page = getattr(entry, "object_page", "")
        if not page:
            return str(entry.object_repr)
        return format_html('<a href="{}" class="text-link">{}</a>', page, entry.object_repr)

    @admin.display(description=gettext_lazy("before and after"))
    def before_and_after(self, entry: LogEntry) -> str:
        return _table(rows=sentences.changes(entry), has_sides=True)

    @admin.display(description=gettext_lazy("more"))
    def more(self, entry: LogEntry) -> str:
        return _table(rows=sentences.facts(entry), has_sides=False)

    @admin.display(description=gettext_lazy("request"))
    def request_id(self, entry: LogEntry) -> str:
        if not entry.cid:
            return ""
        page = reverse("admin:audit_logentry_changelist", query={"q": entry.cid})
        return format_html(
            '{} <a href="{}" class="text-link">{}</a>', entry.cid, page, _("all its events")
        )


def _table(*, rows: list[sentences.Row], has_sides: bool) -> str:
    template = "admin/audit/logentry/table.html"
    return render_to_string(template, {"rows": rows, "has_sides": has_sides}) if rows else ""
