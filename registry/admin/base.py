"""What every page has: one service saves, one deletes, and what they refuse is shown in place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar, cast
from urllib.parse import unquote_plus

from django.contrib import messages
from django.contrib.admin import ShowFacets
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import PermissionDenied, SuspiciousOperation, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from registry.admin.calls import Calls
from registry.admin.forms import RegistryForm
from registry.admin.history import History
from registry.admin.links import LinkFields
from registry.admin.refusals import REFUSED, refusal_text
from registry.types import Change

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import Model, QuerySet
    from django.forms import ModelForm

__all__ = ["REFUSED", "RegistryForm", "RegistryModelAdmin", "Request"]

PAGE = 50  # rows
_LONGEST_SEARCH = 200  # characters
_SEARCH_WORDS = 8
# What follows a filter's name in the address; nothing that leads on to another table.
_RANGE = re.compile(r"(_(from|to)(_[01])?)?")
_LOOKUP = re.compile(r"(__(id|pk|exact|in|isnull|gte|lte|gt|lt|icontains))*|_(from|to)(_[01])?")


class Request(HttpRequest):
    """A request whose form is shown a second time, with what the service refused."""

    refusal: Exception | None


class RegistryModelAdmin(Calls, LinkFields, ModelAdmin):
    """A table's pages. Subclasses name the services: `save = staticmethod(save_platform)`.

    `save(row, change)` and `delete(row, change=...)` raise ValidationError or RegistryError;
    both become messages here. `filter_names` are query parameters of the list beside those of
    `list_filter`; every other one is refused.
    """

    form: Any = RegistryForm
    save: ClassVar[Callable[..., Any] | None] = None
    delete: ClassVar[Callable[..., Any] | None] = None
    filter_names: ClassVar[frozenset[str]] = frozenset()

    actions: Any = ()
    compressed_fields = True
    warn_unsaved_form = True
    list_filter_submit = True
    list_per_page = PAGE
    list_max_show_all = PAGE
    show_full_result_count = False
    show_facets = ShowFacets.NEVER  # each count is a query
    delete_confirmation_template: Any = "admin/registry/delete.html"
    object_history_template: Any = "admin/registry/history.html"

    # Lists
    # ------------------------------------------------------------------------
    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if "\0" in unquote_plus(request.META.get("QUERY_STRING", "")):
            raise SuspiciousOperation("NUL in the query")
        response: HttpResponse = super().changelist_view(request, extra_context)
        return response

    def response_action(self, request: HttpRequest, queryset: Any, *args: Any) -> Any:
        """Run an action on the ticked rows; a forged tick that is no key at all is refused."""
        try:
            return super().response_action(request, queryset)
        except (ValidationError, ValueError):
            messages.error(request, _("These rows cannot be chosen."))
            return HttpResponseRedirect(request.get_full_path())

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow declared filters only: another look-up could ask a column letter by letter."""
        if lookup in self.filter_names:
            return True
        for item in self.get_list_filter(request):
            is_own = isinstance(item, type)  # a filter with a parameter of its own
            name = item[0] if isinstance(item, tuple) else getattr(item, "parameter_name", item)
            rest = lookup.removeprefix(name)
            if rest != lookup and (_RANGE if is_own else _LOOKUP).fullmatch(rest):
                return True
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        words = search_term.replace("\0", "")[:_LONGEST_SEARCH].split()[:_SEARCH_WORDS]
        found: tuple[QuerySet[Any], bool] = super().get_search_results(
            request, queryset, " ".join(words)
        )
        return found

    # Add and change
    # ------------------------------------------------------------------------
    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Leave out the pop-ups beside links: rows are made and deleted on their own pages."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any
    ) -> type[ModelForm[Any]]:
        form: type[ModelForm[Any]] = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"refusal": getattr(request, "refusal", None)})

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Save through the service; when it refuses, nothing is written and the form comes back.

        The second pass starts from the stored row and the same input.
        """
        try:
            response: HttpResponse = super().changeform_view(
                request, object_id, form_url, extra_context
            )
        except REFUSED as error:
            cast("Request", request).refusal = error
            response = super().changeform_view(request, object_id, form_url, extra_context)
        return response

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        self.save_row(request, obj, form)

    def save_row(self, request: HttpRequest, row: Any, form: Any) -> None:
        """Call the service. Overridden where it takes more than the row and the change."""
        if self.save is None:
            raise PermissionDenied
        type(self).save(row, form.as_change())  # type: ignore[misc]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Links were written by the service."""

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The trail has it."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The trail has it."""

    # Delete
    # ------------------------------------------------------------------------
    def uses_of(self, row: Any) -> dict[str, list[str]]:
        """Return what blocks the deletion: a heading, and the names under it."""
        return {}

    def delete_row(self, request: HttpRequest, row: Any) -> None:
        if self.delete is None:
            raise PermissionDenied
        seen = request.POST.get("revision", "")
        change = Change(frozenset(), int(seen) if seen.isascii() and seen.isdigit() else None)
        type(self).delete(row, change=change)  # type: ignore[misc]

    def delete_context(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """Return what the page shows: `uses`, and `can_delete` for the button."""
        uses = {title: names for title, names in self.uses_of(row).items() if names}
        return {"uses": uses, "can_delete": not uses}

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask, then delete, outside any transaction: a refused deletion stays on the trail."""
        row = self.get_object(request, unquote(object_id))
        if not self.has_delete_permission(request, row):
            raise PermissionDenied
        if row is None:
            gone: HttpResponse = self._get_obj_does_not_exist_redirect(
                request, self.opts, object_id
            )
            return gone
        label, pk, error = str(row), row.pk, ""
        if request.method == "POST":
            try:
                self.delete_row(request, row)
            except REFUSED as refused:
                error = refusal_text(refused)
                row = self.get_object(request, unquote(object_id)) or row
            else:
                done: HttpResponse = self.response_delete(request, label, pk)
                return done
        context = {
            **self.admin_site.each_context(request),
            "title": _("Delete %s") % self.opts.verbose_name,
            "subtitle": label,
            "object": row,
            "original": row,
            "opts": self.opts,
            "app_label": self.opts.app_label,
            "error": error,
            **self.delete_context(request, row),
            **(extra_context or {}),
        }
        response: HttpResponse = self.render_delete_form(request, context)
        response.status_code = 409 if error else 200
        return response

    # History
    # ------------------------------------------------------------------------
    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        if not (
            self.has_view_or_change_permission(request, row)
            and request.user.has_perm("audit.view_logentry")
        ):
            raise PermissionDenied
        if row is None:
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "title": _("History"),
            "subtitle": str(row),
            "object": row,
            "original": row,
            "opts": self.opts,
            "app_label": self.opts.app_label,
            "history": History.of(row, request.GET.get("p", "")),
            **(extra_context or {}),
        }
        return TemplateResponse(request, self.object_history_template, context)
