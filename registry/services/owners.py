"""Whose own records use something, as far as the actor may know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import ngettext

from audit import context
from registry.services.people import names_told_to

if TYPE_CHECKING:
    from collections.abc import Iterable


def owners_told(pks: Iterable[int | None]) -> list[str]:
    """Return the names of the owners, sorted, and how many more there are whom he may not see."""
    wanted = {pk for pk in pks if pk is not None}
    running = context.current()
    names = names_told_to(running.person if running else None, wanted)
    untold = len(wanted) - len(names)
    told = sorted(names.values())
    if untold:
        told.append(ngettext("%d other person", "%d other people", untold) % untold)
    return told
