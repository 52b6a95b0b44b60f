"""What is done to routes beside their form: priority and status of one, the status of many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from registry.admin.bulk_page import BulkPage
from registry.choices import RouteStatus
from registry.models.route import PRIORITY
from registry.services import bulk
from registry.services.routes import set_priority, set_status

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from registry.models import Route

    Rows = QuerySet[Route]

BULK_ACTIONS = ("activate", "deactivate", "maintain")
ROUTE_ACTIONS = ("change_priority", "change_status")


class PriorityForm(BaseDialogForm):
    priority = forms.IntegerField(
        label=gettext_lazy("Priority"),
        help_text=gettext_lazy("1 is tried first. The other routes keep their numbers."),
        min_value=1,
        max_value=int(PRIORITY.maximum or 1),
        widget=UnfoldAdminIntegerFieldWidget(),
    )


class RouteStatusForm(BaseDialogForm):
    status = forms.ChoiceField(
        label=gettext_lazy("Status"), choices=RouteStatus.choices, widget=UnfoldAdminSelectWidget()
    )


_PRIORITY_DIALOG = {
    "title": gettext_lazy("Change the priority?"),
    "form_class": PriorityForm,
    "form_submit_text": gettext_lazy("Change"),
}
_STATUS_DIALOG = {
    "title": gettext_lazy("Change the status?"),
    "description": gettext_lazy("Only an active route is used."),
    "form_class": RouteStatusForm,
    "form_submit_text": gettext_lazy("Change"),
}


class RouteActions(BulkPage):
    """Mixed into the routes' page."""

    call: Any

    @action(
        description=gettext_lazy("Priority"),
        permissions=("change",),
        icon="low_priority",
        url_path="priority",
        dialog=_PRIORITY_DIALOG,
    )
    def change_priority(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        def change(route: Route) -> None:
            set_priority(route, form.cleaned_data["priority"])

        text = _("The priority has changed.")
        done: HttpResponse = self.call(
            request, object_id, change, text, form=form, dialog=_PRIORITY_DIALOG
        )
        return done

    @action(
        description=gettext_lazy("Status"),
        permissions=("change",),
        icon="toggle_on",
        url_path="status",
        dialog=_STATUS_DIALOG,
    )
    def change_status(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        def change(route: Route) -> None:
            set_status(route, form.cleaned_data["status"])

        text = _("The status has changed.")
        done: HttpResponse = self.call(
            request, object_id, change, text, form=form, dialog=_STATUS_DIALOG
        )
        return done

    @action(description=gettext_lazy("Activate"), permissions=("change",))
    def activate(self, request: HttpRequest, queryset: Rows) -> HttpResponse:
        return self._status(request, queryset, _("Activate routes"), RouteStatus.ACTIVE)

    @action(description=gettext_lazy("Deactivate"), permissions=("change",))
    def deactivate(self, request: HttpRequest, queryset: Rows) -> HttpResponse:
        return self._status(request, queryset, _("Deactivate routes"), RouteStatus.INACTIVE)

    @action(description=gettext_lazy("Put into maintenance"), permissions=("change",))
    def maintain(self, request: HttpRequest, queryset: Rows) -> HttpResponse:
        title = _("Put routes into maintenance")
        return self._status(request, queryset, title, RouteStatus.MAINTENANCE)

    def _status(
        self, request: HttpRequest, queryset: Rows, title: str, status: RouteStatus
    ) -> HttpResponse:
        return self.bulk(
            request,
            queryset,
            title,
            lambda rows, preview: bulk.route_status(rows, status, preview=preview),
        )
