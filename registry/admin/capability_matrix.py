"""Capability matrix: which model can do what, one model a row, one capability a column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from registry.admin.badges import badge
from registry.admin.csv_files import CSV_PARAMETER, csv_file
from registry.admin.llm_list import STATUS_COLOURS
from registry.admin.paging import PAGE_PARAMETER, address, page_of
from registry.admin.slug_choices import PROVIDERS, SlugSelect
from registry.choices import LLMStatus, LLMType
from registry.models import Provider
from registry.services import capability_table, selection
from registry.services.capability_table import NO, UNKNOWN, YES
from registry.services.selection.matrix import FREE, LONG_CONTEXT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django.http import HttpRequest, HttpResponseBase

    from registry.models import LLMModel

PAGE = 50  # rows
_BATCH = 500  # rows of the file that are read at once

_ANSWERS = {
    YES: gettext_lazy("yes"),
    NO: gettext_lazy("no"),
    UNKNOWN: gettext_lazy("unknown"),
}
_ICONS = {YES: "check_circle", NO: "cancel", UNKNOWN: "help"}
_DERIVED = {
    LONG_CONTEXT: gettext_lazy("128k context"),
    FREE: gettext_lazy("Free of charge"),
}


class MatrixForm(forms.Form):
    """Which rows are shown."""

    q = forms.CharField(
        required=False,
        max_length=200,
        label=gettext_lazy("Search"),
        widget=UnfoldAdminTextInputWidget({"type": "search"}),
    )
    type = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Type"),
        choices=(("", gettext_lazy("All")), *LLMType.choices),
        widget=UnfoldAdminSelectWidget(),
    )
    provider = forms.ModelChoiceField(
        queryset=Provider.objects.all(),
        required=False,
        to_field_name="slug",
        label=gettext_lazy("Provider"),
        widget=SlugSelect(PROVIDERS),
    )
    capability = forms.ChoiceField(
        required=False, label=gettext_lazy("Capability"), widget=UnfoldAdminSelectWidget()
    )
    answer = forms.ChoiceField(
        required=False,
        label=gettext_lazy("It is"),
        choices=tuple(_ANSWERS.items()),
        widget=UnfoldAdminSelectWidget(),
    )
    status = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Status"),
        choices=(("", gettext_lazy("In use")), ("all", gettext_lazy("All"))),
        widget=UnfoldAdminSelectWidget(),
    )

    def __init__(self, columns: dict[str, str], data: Any) -> None:
        super().__init__(data)
        chosen: Any = self.fields["capability"]
        chosen.choices = [("", _("Any")), *columns.items()]


@dataclass(frozen=True)
class Cell:
    """What is known, as a word and an icon."""

    value: str

    @property
    def word(self) -> str:
        return str(_ANSWERS[self.value])

    @property
    def icon(self) -> str:
        return _ICONS[self.value]


@dataclass(frozen=True)
class MatrixRow:
    llm: LLMModel
    cells: list[Cell]

    @property
    def page(self) -> str:
        return reverse("admin:registry_llmmodel_change", args=[self.llm.pk])

    @property
    def status(self) -> str:
        """Return the status as a badge where it is not the usual one."""
        llm = self.llm
        return "" if llm.is_active else badge(llm.get_status_display(), STATUS_COLOURS[llm.status])


def show(request: HttpRequest, context: dict[str, Any]) -> HttpResponseBase:
    columns = {
        name: label or str(_DERIVED[name]) for name, label in capability_table.columns().items()
    }
    form = MatrixForm(columns, request.GET)
    if not form.is_valid():
        rows: Any = []
    else:
        rows = capability_table.table_rows(
            llm_type=form.cleaned_data["type"],
            provider=form.cleaned_data["provider"],
            query=form.cleaned_data["q"],
            capability=form.cleaned_data["capability"],
            answer=form.cleaned_data["answer"] or YES,
            with_idle=form.cleaned_data["status"] == "all",
        )
    if CSV_PARAMETER in request.GET and form.is_valid():
        return csv_file("capability-matrix", _header(columns), _lines(rows, columns))
    shown = page_of(request, rows, PAGE)
    is_narrowed = bool(set(request.GET) - {PAGE_PARAMETER})
    return TemplateResponse(
        request,
        "admin/choosing/capabilities.html",
        context
        | {
            "media": form.media,
            "form": form,
            "columns": columns.values(),
            "rows": shown,
            "matrix": _matrix(shown.rows, columns),
            "is_narrowed": is_narrowed,
            "csv_url": address(request, csv="1"),
            "models_url": reverse("admin:registry_llmmodel_changelist"),
        },
    )


def _matrix(llms: Sequence[LLMModel], columns: dict[str, str]) -> list[MatrixRow]:
    known = selection.capability_rows(llms)
    return [
        MatrixRow(llm, [Cell(_answer(held, name)) for name in columns])
        for llm, held in zip(llms, known, strict=True)
    ]


def _answer(held: dict[str, bool], name: str) -> str:
    return (YES if held[name] else NO) if name in held else UNKNOWN


def _header(columns: dict[str, str]) -> list[str]:
    return ["provider", "model", "name", "type", "status", *columns]


def _lines(rows: Any, columns: dict[str, str]) -> Iterator[list[str]]:
    llms = list(rows)
    for start in range(0, len(llms), _BATCH):
        batch = llms[start : start + _BATCH]
        for llm, held in zip(batch, selection.capability_rows(batch), strict=True):
            facts = [llm.provider.slug, llm.slug, llm.name, llm.type, LLMStatus(llm.status).value]
            yield [*facts, *(_answer(held, name) for name in columns)]
