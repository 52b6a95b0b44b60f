"""The form of a matrix: one select a slot; what a person saw of each travels along."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _

from registry.admin.widgets import LazySelect
from roles.services import target_choices
from roles.services.matrix import Cell, RoleRow, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from roles.services.reasons import Step

TARGETS = "roles_roleslot_targets"
USERS = "roles_roleslot_users"


class ChosenSelect(LazySelect):
    """A select that holds what is chosen, whose text is known, and the empty choice."""

    def __init__(self, url_name: str, chosen: Any = None, **kwargs: Any) -> None:
        super().__init__(url_name, **kwargs)
        self.chosen = chosen

    def __deepcopy__(self, memo: dict[int, Any]) -> ChosenSelect:
        made = self.__class__(self.url_name, self.chosen, forward=self.forward)
        made.attrs = self.attrs.copy()
        return made

    def optgroups(
        self, name: str, value: list[str], attrs: dict[str, Any] | None = None
    ) -> list[Any]:
        told = [text for text in map(str, value) if text]
        options = [self.create_option(name, "", "", not told, 0)]
        for text in told[:1]:
            is_known = self.chosen is not None and self.chosen.value == text
            label = self.chosen.text if is_known else text
            options.append(self.create_option(name, text, label, True, 1))
        return [(None, [option], place) for place, option in enumerate(options)]


@dataclass(frozen=True)
class ShownCell:
    """One cell with its fields; `field` is None for whoever may only look."""

    cell: Cell
    text: str
    field: Any
    seen: Any

    @property
    def name(self) -> str:
        return self.cell.name

    @property
    def llm(self) -> Any:
        row = self.cell.row
        is_told = row is not None and row.llm is not None
        return row.llm if is_told and row.llm.owner_id in (None, row.owner_id) else None  # type: ignore[union-attr]

    @property
    def reason(self) -> str:
        tried = self.cell.candidate
        return "" if tried is None or tried.skipped is None else str(tried.skipped.label)

    @property
    def instead(self) -> str:
        return "" if self.cell.instead is None else self.cell.instead.name


@dataclass(frozen=True)
class ShownRow:
    """One role of the matrix."""

    row: RoleRow
    cells: list[ShownCell]

    @property
    def chosen(self) -> Step | None:
        return self.row.chosen


class MatrixForm(forms.Form):
    """All slots of an owner; `user` goes along to what the selects ask."""

    use_required_attribute = False

    user = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, rows: Iterable[RoleRow], owner_key: str, data: Any = None) -> None:
        super().__init__(data, initial={"user": owner_key})
        self.rows = list(rows)
        self.cells = {cell.name: cell for row in self.rows for cell in row.cells}
        for name, cell in self.cells.items():
            choice = target_choices.of_slot(cell.row)
            label = _("%(role)s, %(slot)s") % {"role": cell.role, "slot": cell.slot.label}
            self.fields[name] = forms.CharField(
                required=False,
                label=label,
                initial="" if choice is None else choice.value,
                widget=ChosenSelect(f"{TARGETS}", choice, forward=("user",)),
            )
            self.fields[f"{name}.seen"] = forms.IntegerField(
                required=False, initial=cell.revision, widget=forms.HiddenInput
            )

    def wanted(self) -> list[Wanted]:
        """Return the slots that the person changed; one that was not sent stays."""
        names = set(self.changed_data) & set(self.data)
        return [
            Wanted(
                cell.role,
                cell.slot.value,
                self.cleaned_data[name],
                self.cleaned_data.get(f"{name}.seen"),
            )
            for name, cell in self.cells.items()
            if name in names
        ]

    def shown(self, *, may_change: bool) -> list[ShownRow]:
        return [
            ShownRow(row, [self._shown(cell, may_change) for cell in row.cells])
            for row in self.rows
        ]

    def _shown(self, cell: Cell, may_change: bool) -> ShownCell:
        choice = target_choices.of_slot(cell.row)
        text = "" if choice is None else choice.text
        if not may_change:
            return ShownCell(cell, text, None, None)
        return ShownCell(cell, text, self[cell.name], self[f"{cell.name}.seen"])
