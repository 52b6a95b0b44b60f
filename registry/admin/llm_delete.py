"""Deleting a model: who uses it, and where that may move to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _

from registry.admin.llm_users import slot_lines, use_lines
from registry.admin.widgets import LazySelect
from registry.models import LLMModel
from registry.models.base import is_uuid
from registry.services.deletion import delete_llm, fitting_replacements
from registry.services.dependents import dependents_of
from registry.types import Change

if TYPE_CHECKING:
    from django.http import HttpRequest

    from registry.types import Dependents


class MoveForm(forms.Form):
    """Which model takes over; only fitting ones can be chosen."""

    def __init__(self, llm: LLMModel, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reassign_to"] = forms.ModelChoiceField(
            queryset=fitting_replacements(llm),
            label=_("Move to"),
            required=False,
            widget=LazySelect(
                "registry_llmmodel_fitting", attrs={"data-for": str(llm.pk), "id": "id_reassign_to"}
            ),
        )


class LLMDelete:
    """Mixed into the models' page, before its base."""

    def delete_context(self, request: HttpRequest, row: LLMModel) -> dict[str, Any]:
        """Slots of roles do not block: they move if something is chosen, else they are emptied."""
        found = dependents_of(row, request.user)
        uses = _blocking(found)
        moves = bool(uses or found.role_count)
        typed = request.POST or request.GET
        form = MoveForm(row, typed if "reassign_to" in typed else None)
        target = form.cleaned_data.get("reassign_to") if moves and form.is_valid() else None
        return {
            "uses": uses,
            "goes_along": {_("Routes"): found.routes},
            "slots": slot_lines(found.roles),
            "slot_count": found.role_count,
            "applications": use_lines(row, request),
            "can_delete": not uses or target is not None,
            "move_form": form if moves else None,
            "move_media": form.media,
            "has_fitting": fitting_replacements(row).exists() if moves else False,
            "target": target,
        }

    def delete_row(self, request: HttpRequest, row: LLMModel) -> None:
        """Call the service. A target that does not fit is refused there, with the reason."""
        seen = request.POST.get("revision", "")
        change = Change(frozenset(), int(seen) if seen.isascii() and seen.isdigit() else None)
        name = request.POST.get("reassign_to", "")
        target = LLMModel.objects.shared().filter(pk=name).first() if is_uuid(name) else None
        delete_llm(row, reassign_to=target, change=change)


def _blocking(found: Dependents) -> dict[str, list[str]]:
    default = [_("It is the default of its type.")] if found.is_default else []
    uses = {_("Knowledge bases"): found.knowledge_bases, _("Default"): default}
    return {title: names for title, names in uses.items() if names}
