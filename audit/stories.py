"""What happened to one subject during one operation: diffs folded into one."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.models import Model

CHANGED = "changed"  # told in place of a secret's values


class Action(IntEnum):
    """auditlog's numbers for what was done to a row."""

    CREATE = 0
    UPDATE = 1
    DELETE = 2
    ACCESS = 3

    @property
    def verb(self) -> str:
        return {0: "created", 1: "updated", 2: "deleted", 3: "read"}[self.value]


@dataclass
class Story:
    """One subject's changes; the key is taken at once, since a deleted row forgets its pk."""

    subject: Model
    label: str
    pk: str
    action: Action = Action.UPDATE
    touched: bool = False
    changes: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, subject: Model) -> Story:
        return cls(subject=subject, label=str(subject), pk=str(subject.pk))

    def take_action(self, action: Action) -> None:
        """A row created and then updated was created; a row deleted was deleted."""
        self.touched = True
        if self.action is Action.UPDATE or action is Action.DELETE:
            self.action = action

    def merge(self, changes: dict[str, Any]) -> None:
        """Fold later changes in: the first old value and the last new value stay."""
        for name, value in changes.items():
            if value == CHANGED or name not in self.changes:
                self.changes[name] = value
            elif self.changes[name] != CHANGED:
                self.changes[name] = [self.changes[name][0], value[1]]

    def merge_names(self, name: str, operation: str, names: list[str]) -> None:
        """Fold added or removed related rows in, as [names removed, names added]."""
        removed, added = self.changes.get(name, [[], []])
        if operation == "add":
            added = sorted({*added, *names} - set(removed))
            removed = sorted(set(removed) - set(names))
        else:
            removed = sorted({*removed, *names} - set(added))
            added = sorted(set(added) - set(names))
        self.changes[name] = [removed, added]

    def settled(self) -> dict[str, Any]:
        """Return the changes without those that ended where they began."""
        return {
            name: value
            for name, value in sorted(self.changes.items())
            if value == CHANGED or told_apart(value)
        }


def told_apart(value: list[Any]) -> bool:
    """Blank text and null are both "nothing"; 0 and False are values."""
    nothing: tuple[Any, ...] = (None, "", [], {})
    old, new = value
    return old != new and not (old in nothing and new in nothing)
