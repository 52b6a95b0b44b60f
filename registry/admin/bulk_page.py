"""The page of every bulk action: what it would do, then a POST that does it, then what it did."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from registry.services.bulk import Outcome

NAMED = 50  # rows named per heading; more are counted


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


class BulkPage:
    """Mixed into a table's pages. The names of actions are those of the action select."""

    admin_site: Any
    opts: Any
    media: Any

    def bulk(
        self,
        request: HttpRequest,
        queryset: QuerySet[Any],
        title: str,
        run: Callable[[list[Any], bool], Outcome],
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
            "kind": self.opts.verbose_name,
            "kinds": self.opts.verbose_name_plural,
            "form": form,
            "parts": parts_of(outcome, is_done=is_done) if outcome else None,
            "can_confirm": bool(outcome and outcome.changed) and not is_done,
            "is_done": is_done,
            "here": request.get_full_path(),
        }
        return TemplateResponse(request, "admin/registry/bulk.html", context)
