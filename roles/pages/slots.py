"""One's own roles: what each runs on now and why, and what is to fill its slots."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from roles.choices import Slot
from roles.pages.base import done, me, own_page, show
from roles.services import matrix, target_choices
from roles.services.matrix import Cell, Wanted

_LONGEST = 200  # characters of a search
_LAST_PAGE = 1_000


class SlotsForm(forms.Form):
    """The five slots of a role; what a person saw of each travels along."""

    use_required_attribute = False

    def __init__(self, cells: tuple[Cell, ...], data: Any = None) -> None:
        super().__init__(data)
        self.cells = cells
        for cell in cells:
            choice = target_choices.of_slot(cell.row)
            chosen = [] if choice is None else [(choice.value, choice.text)]
            self.fields[cell.slot.value] = forms.CharField(
                required=False,
                label=Slot(cell.slot).label,
                initial=chosen[0][0] if chosen else "",
                widget=forms.Select(
                    {
                        "class": "registry-lazy-select",
                        "data-url": reverse("my:targets"),
                    },
                    choices=[("", _("Empty")), *chosen],
                ),
            )
            self.fields[f"{cell.slot.value}-seen"] = forms.IntegerField(
                required=False, initial=cell.revision, widget=forms.HiddenInput
            )

    def wanted(self, role: str) -> list[Wanted]:
        """Return the slots that the person changed; one that was not sent stays."""
        names = set(self.changed_data) & set(self.data)
        return [
            Wanted(
                role,
                cell.slot.value,
                self.cleaned_data[cell.slot.value],
                self.cleaned_data.get(f"{cell.slot.value}-seen"),
            )
            for cell in self.cells
            if cell.slot.value in names
        ]

    def rows(self) -> list[tuple[Cell, Any, Any, str]]:
        """Return for each slot its cell, its two fields, and what comes instead of it."""
        return [
            (
                cell,
                self[cell.slot.value],
                self[f"{cell.slot.value}-seen"],
                "" if cell.instead is None else cell.instead.name,
            )
            for cell in self.cells
        ]


@own_page("GET")
def listed(request: HttpRequest) -> HttpResponse:
    found = matrix.role_rows(me(request))
    return show(request, "roles", _("Roles"), answers=found)


@own_page("GET", "POST")
def role(request: HttpRequest, name: str) -> HttpResponse:
    info = matrix.find_role(me(request), name)
    if info is None:
        raise Http404
    row = matrix.role_row(me(request), info, healthy_only="healthy" in request.GET)
    form = SlotsForm(row.cells, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        filled = matrix.fill_slots(me(request), form.wanted(name))
        if not filled.refused:
            count = len(filled.changed)
            text = ngettext("%d slot is saved.", "%d slots are saved.", count) % count
            return done(request, text if count else _("Nothing was changed."), "role", name)
        for cell, text in filled.refused.items():
            form.add_error(cell.rpartition(".")[2], text)
        if filled.changed:
            messages.warning(request, _("The other slots are saved."))
        row = matrix.role_row(me(request), info)
    return show(
        request,
        "role",
        info.label,
        info=info,
        form=form,
        answer=row,
        is_healthy="healthy" in request.GET,
        has_select=True,
    )


@own_page("GET")
def targets(request: HttpRequest) -> HttpResponse:
    """Answer in select2's shape what may fill one's own slots."""
    term = request.GET.get("term", "")[:_LONGEST]
    asked = request.GET.get("page", "1")
    page = min(int(asked), _LAST_PAGE) if asked.isascii() and asked.isdigit() else 1
    found, more = target_choices.targets(me(request), term, max(page, 1))
    results = [{"id": choice.value, "text": choice.text} for choice in found]
    return JsonResponse({"results": results, "pagination": {"more": more}})
