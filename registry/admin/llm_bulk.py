"""Bulk actions on models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextInputWidget

from registry.admin.bulk_page import BulkPage
from registry.admin.widgets import LazySelect
from registry.choices import LLMStatus
from registry.models import Connection
from registry.services import bulk

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from registry.models import LLMModel

    Rows = QuerySet[LLMModel]

BULK_ACTIONS = ("activate", "deactivate", "add_tag", "attach_connection", "delete_selected")


class TagForm(forms.Form):
    tag = forms.CharField(
        max_length=64, label=gettext_lazy("Tag"), widget=UnfoldAdminTextInputWidget()
    )


class ConnectionForm(forms.Form):
    connection = forms.ModelChoiceField(
        queryset=Connection.objects.shared(),
        label=gettext_lazy("Connection"),
        widget=LazySelect("registry_llmmodel_connections"),
    )


class LLMBulk(BulkPage):
    """Mixed into the models' page."""

    has_change_permission: Any

    def has_attach_permission(self, request: HttpRequest) -> bool:
        """Attaching shows connections by name, so seeing them must be allowed as well."""
        return bool(
            self.has_change_permission(request)
            and request.user.has_perm("registry.view_connection")
        )

    @action(description=gettext_lazy("Activate"), permissions=("change",))
    def activate(self, request: HttpRequest, queryset: Rows) -> HttpResponse:
        return self.bulk(
            request,
            queryset,
            _("Activate models"),
            lambda rows, preview: bulk.status(rows, LLMStatus.ACTIVE, preview=preview),
        )

    @action(description=gettext_lazy("Deactivate"), permissions=("change",))
    def deactivate(self, request: HttpRequest, queryset: Rows) -> HttpResponse:
        return self.bulk(
            request,
            queryset,
            _("Deactivate models"),
            lambda rows, preview: bulk.status(rows, LLMStatus.INACTIVE, preview=preview),
        )

    @action(description=gettext_lazy("Add a tag"), permissions=("change",))
    def add_tag(self, request: HttpRequest, queryset: Rows) -> HttpResponse:
        form = TagForm(request.POST if "tag" in request.POST else None)
        return self.bulk(
            request,
            queryset,
            _("Add a tag to models"),
            lambda rows, preview: bulk.tag(rows, form.cleaned_data["tag"], preview=preview),
            form,
        )

    @action(
        description=gettext_lazy("Attach a connection"),
        permissions=("attach",),
    )
    def attach_connection(self, request: HttpRequest, queryset: Rows) -> HttpResponse:
        form = ConnectionForm(request.POST if "connection" in request.POST else None)
        return self.bulk(
            request,
            queryset,
            _("Attach a connection to models"),
            lambda rows, preview: bulk.attach(
                rows, form.cleaned_data["connection"], preview=preview
            ),
            form,
        )

    @action(description=gettext_lazy("Delete"), permissions=("delete",))
    def delete_selected(self, request: HttpRequest, queryset: Rows) -> HttpResponse:
        return self.bulk(
            request,
            queryset,
            _("Delete models"),
            lambda rows, preview: bulk.delete(rows, preview=preview),
        )
