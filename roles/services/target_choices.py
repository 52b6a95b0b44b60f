"""What may be put into a slot, as a person chooses it by typing a part of its name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Case, F, Q, Value, When
from django.utils.translation import gettext as _

from registry.choices import LLMStatus
from roles.services.builtins import builtins
from roles.services.slots import visible_to

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from registry.models import LLMModel
    from roles.models import RoleSlot

PAGE = 20  # offered at once; whoever means another one types on
_WORDS = 8
_USED = (LLMStatus.ACTIVE, LLMStatus.BETA)


@dataclass(frozen=True)
class TargetChoice:
    """One of the offers; `value` is what `find_target` takes, whatever else bears its name."""

    value: str
    text: str


def targets(owner: User | None, term: str, page: int = 1) -> tuple[list[TargetChoice], bool]:
    """Return a page of what this owner's slots may name, and whether there is more.

    Built-ins first, then his own models, then the shared ones; what is in use before the rest.
    """
    words = term.split()[:_WORDS]
    first = (page - 1) * PAGE
    rows = visible_to(owner).select_related("provider")
    for word in words:
        named = Q(name__icontains=word) | Q(slug__icontains=word) | Q(model_id__icontains=word)
        rows = rows.filter(named | Q(provider__name__icontains=word))
    is_used = Case(When(status__in=_USED, then=Value(0)), default=Value(1))
    rows = rows.order_by(F("owner").asc(nulls_last=True), is_used, "name", "pk")
    found = [of_llm(llm) for llm in rows[first : first + PAGE + 1]]
    shown = found[:PAGE]
    if page == 1:
        shown = [*_builtins(words), *shown]
    return shown, len(found) > PAGE


def of_llm(llm: LLMModel) -> TargetChoice:
    """Return a model as a choice; its provider is read along."""
    notes = [llm.provider.name]
    if llm.owner_id is not None:
        notes.insert(0, _("own"))
    if llm.status not in _USED:
        notes.append(str(LLMStatus(llm.status).label))
    return TargetChoice(str(llm.pk), f"{llm.name} · {', '.join(notes)}")


def of_slot(row: RoleSlot | None) -> TargetChoice | None:
    """Return what fills a slot as a choice, None of an empty one.

    Of a model that is somebody else's by now not even the name is told.
    """
    if row is None:
        return None
    if row.llm is None:
        return _of_builtin(str(row.builtin))
    if row.llm.owner_id not in (None, row.owner_id):
        return TargetChoice(str(row.llm.pk), _("Somebody else's model"))
    return of_llm(row.llm)


def _builtins(words: list[str]) -> list[TargetChoice]:
    found = [_of_builtin(key) for key in builtins()]
    return [
        choice
        for choice in found
        if all(word.casefold() in f"{choice.value} {choice.text}".casefold() for word in words)
    ]


def _of_builtin(key: str) -> TargetChoice:
    known = builtins().get(key)
    label = known.label if known is not None else key
    return TargetChoice(key, f"{label} · {_('built-in')}")
