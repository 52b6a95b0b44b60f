"""Bulk actions: first what each would do, then a POST that does it, then what it did."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextInputWidget

from registry.admin.widgets import LazySelect
from registry.choices import LLMStatus
from registry.models import Connection
from registry.services import bulk

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from registry.models import LLMModel
    from registry.services.bulk import Outcome

    Rows = QuerySet[LLMModel]

BULK_ACTIONS = ("activate", "deactivate", "add_tag", "attach_connection", "delete_selected")
NAMED = 50  # rows named per heading; more are counted


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


@dataclass(frozen=True)
class Part:
    """One heading of the page: how many rows, and the first of them by name."""

    title: str
    count: int
    rows: list[tuple[str, str]] = field(default_factory=list)

    @property
    def more(self) -> int:
        return self.count - len(self.rows)


def parts_of(outcome: Outcome, *, is_done: bool) -> list[Part]:
    refused = list(outcome.refused.items())
    return [
        Part(
            _("Changed") if is_done else _("Will change"),
            len(outcome.changed),
            [(name, "") for name in outcome.changed[:NAMED]],
        ),
        Part(_("Already so"), len(outcome.unchanged), []),
        Part(_("Refused") if is_done else _("Will be refused"), len(refused), refused[:NAMED]),
    ]


class LLMBulk:
    """Mixed into the models' page. The names are those of the action select."""

    has_change_permission: Any
    admin_site: Any
    opts: Any
    media: Any

    def has_attach_permission(self, request: HttpRequest) -> bool:
        """Attaching shows connections by name, so seeing them must be allowed as well."""
        return bool(
            self.has_change_permission(request)
            and request.user.has_perm("registry.view_connection")
        )

    @action(description=gettext_lazy("Activate"), permissions=("change",))
    def activate(self, request: HttpRequest, queryset: Rows) -> HttpResponse:
        return self._bulk(
            request,
            queryset,
            _("Activate models"),
            lambda rows, preview: bulk.status(rows, LLMStatus.ACTIVE, preview=preview),
        )

    @action(description=gettext_lazy("Deactivate"), permissions=("change",))
    def deactivate(self, request: HttpRequest, queryset: Rows) -> HttpResponse:
        return self._bulk(
            request,
            queryset,
            _("Deactivate models"),
            lambda rows, preview: bulk.status(rows, LLMStatus.INACTIVE, preview=preview),
        )

    @action(description=gettext_lazy("Add a tag"), permissions=("change",))
    def add_tag(self, request: HttpRequest, queryset: Rows) -> HttpResponse:
        form = TagForm(request.POST if "tag" in request.POST else None)
        return self._bulk(
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
        return self._bulk(
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
        return self._bulk(
            request,
            queryset,
            _("Delete models"),
            lambda rows, preview: bulk.delete(rows, preview=preview),
        )

    def _bulk(
        self,
        request: HttpRequest,
        queryset: Rows,
        title: str,
        run: Callable[[list[LLMModel], bool], Outcome],
        form: forms.Form | None = None,
    ) -> HttpResponse:
        """Ask for what is missing, else preview, else (`confirm=yes`) do it."""
        if request.method != "POST":
            raise PermissionDenied
        is_done = False
        outcome: Outcome | None = None
        if form is None or form.is_valid():
            is_done = request.POST.get("confirm") == "yes"
            outcome = run(list(queryset), not is_done)
        across = request.POST.get("select_across") == "1"
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "media": self.media + (form.media if form else forms.Media()),
            "action": request.POST.get("action", ""),
            "selected": [] if across else request.POST.getlist(ACTION_CHECKBOX_NAME),
            "select_across": int(across),
            "checkbox_name": ACTION_CHECKBOX_NAME,
            "count": queryset.count(),
            "form": form,
            "parts": parts_of(outcome, is_done=is_done) if outcome else None,
            "can_confirm": bool(outcome and outcome.changed) and not is_done,
            "is_done": is_done,
            "here": request.get_full_path(),
        }
        return TemplateResponse(request, "admin/registry/llmmodel/bulk.html", context)
