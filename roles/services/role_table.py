"""Roles: those that the settings define, those that staff has added, and what each ends with."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from registry.models.base import SLUG_PATTERN
from registry.services.problems import Problems
from registry.services.revision import catalogue_write, refresh, store
from registry.types import Change
from roles.choices import Builtin
from roles.models import Role

LONGEST_NAME = 64

_ALL = Change()
_NOTHING_NAMED = Change(frozenset())
# What answers when no slot does; for any other role claude_cli.
_LAST_RESORTS: dict[str, Builtin] = {
    "orchestrator": Builtin.GEMINI_API,
    "research": Builtin.GEMINI_API,
}


@dataclass(frozen=True)
class RoleInfo:
    """One role as people choose among them; `is_defined` says that the settings name it."""

    name: str
    label: str
    description: str
    last_resort: Builtin
    is_defined: bool


def role_name(text: str) -> str:
    """Return the name as it is stored. Raises ValidationError on `role`.

    Words that models' addresses reserve are no names of models here: a role may be `embedding`.
    """
    name = text.strip()
    if len(name) > LONGEST_NAME:
        message = _("The name of a role has at most %(most)s characters.")
        raise ValidationError({"role": [message % {"most": LONGEST_NAME}]})
    if not re.fullmatch(SLUG_PATTERN, name):
        message = _("Use lower case letters, digits, dots, underscores and hyphens.")
        raise ValidationError({"role": [message]})
    return name


def defined_roles() -> list[RoleInfo]:
    """Return the settings' roles in their order, then the added ones by name."""
    rows = {role.name: role for role in Role.objects.all()}
    names = settings.DEFINED_ROLES
    added = sorted(set(rows).difference(names))
    return [
        *(_info(name, rows.get(name), is_defined=True) for name in names),
        *(_info(name, rows[name], is_defined=False) for name in added),
    ]


def role_info(name: str) -> RoleInfo | None:
    """Return one of the defined roles, None for another name."""
    return next((info for info in defined_roles() if info.name == name), None)


def last_resort_of(name: str) -> Builtin:
    """Return what answers for a role, defined or not, when nothing was chosen for it."""
    told = Role.objects.filter(name=name).values_list("last_resort", flat=True).first()
    return last_resort(name, told)


def last_resort(name: str, told: str | None) -> Builtin:
    """Return the last resort of a role of which the table says `told`, None without a row."""
    return _LAST_RESORTS.get(name, Builtin.CLAUDE_CLI) if told is None else Builtin(told)


def save_role(role: Role, change: Change = _ALL) -> Role:
    """Add a role or change one; a row of a settings' role says how that one is shown and ends.

    Raises ValidationError naming each wrong field, StaleRevisionError or GoneError.
    """
    event = "role_created" if role._state.adding else "role_updated"
    with catalogue_write(event, role):
        stored = refresh(role, change)
        problems = Problems()
        if stored is not None and stored.name != role.name:
            problems.add("name", _("The name of a stored role does not change: slots have it."))
        with problems.gather(role="name"):
            role.name = role_name(role.name)
            if Role.objects.filter(name=role.name).exclude(pk=role.pk).exists():
                problems.add("name", _("This role exists."))
        with problems.gather():
            role.full_clean(exclude=("name",))
        problems.finish()
        store(role, stored)
    return role


def delete_role(role: Role, change: Change = _NOTHING_NAMED) -> None:
    """Delete an added role. What stands in slots of its name stays, and resolves as before."""
    with catalogue_write("role_deleted", role):
        refresh(role, Change(frozenset(), change.expected_revision))
        role.delete()


def _info(name: str, row: Role | None, *, is_defined: bool) -> RoleInfo:
    label = str(row) if row is not None else name
    description = row.description if row is not None else ""
    ends_with = last_resort(name, None if row is None else row.last_resort)
    return RoleInfo(name, label, description, ends_with, is_defined)
