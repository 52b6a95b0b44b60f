"""What an import would do to a person's records, step by step, and nothing done yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError

from registry.models import LLMModel, Provider
from roles.choices import Builtin
from roles.legacy.document import LOCAL, Code, Problem
from roles.models import RoleSlot
from roles.services.configuration import provider_word
from roles.services.slots import find_target

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.contrib.auth.models import User

    from registry.models import Connection
    from registry.types import Secret
    from roles.services.slots import Target

_PROVIDERS = {LOCAL: "openai-compatible"}


class Action(StrEnum):
    """What a step does to a record."""

    CREATE = "create"
    CHANGE = "change"
    KEEP = "keep"  # it is so already
    FILL = "fill"
    EMPTY = "empty"


@dataclass(frozen=True)
class Step:
    """One record and what becomes of it; `fields` are the names of what differs."""

    action: Action
    noun: str
    name: str
    fields: tuple[str, ...] = ()

    def __str__(self) -> str:
        what = f": {', '.join(self.fields)}" if self.fields else ""
        return f"{self.action} {self.noun} {self.name}{what}"


@dataclass(frozen=True)
class ConnectionStep(Step):
    """`key` is a new one; `has_no_key` says that there is to be none."""

    row: Connection | None = None
    key: Secret | None = None
    has_no_key: bool = False


@dataclass(frozen=True)
class ModelStep(Step):
    """`row` has its new columns; connection, tags and provider go apart."""

    row: LLMModel | None = None
    provider: Provider | None = None
    connection: Connection | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class SlotStep(Step):
    role: str = ""
    slot: str = ""
    target: Target | None = None


@dataclass
class Plan:
    """All steps in the order in which they are taken, and what cannot be done."""

    connections: list[ConnectionStep] = field(default_factory=list)
    models: list[ModelStep] = field(default_factory=list)
    slots: list[SlotStep] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def steps(self) -> list[Step]:
        return [*self.connections, *self.models, *self.slots]

    @property
    def changes(self) -> bool:
        return any(step.action is not Action.KEEP for step in self.steps)

    def add(self, where: str, code: Code, why: str) -> None:
        self.problems.append(Problem(where, why, code))


class Providers:
    """The registered providers by the words of documents, each looked up once."""

    def __init__(self) -> None:
        self._found: dict[str, Provider | None] = {}

    def named(self, word: str) -> Provider | None:
        if word not in self._found:
            rows = Provider.objects.named(_PROVIDERS.get(word, word))
            self._found[word] = rows.first()
        return self._found[word]

    def fitting(self, word: str, present: Provider | None) -> Provider | None:
        """Return the provider that a record has already, where documents call that so, too."""
        if present is not None and provider_word(present) == word:
            return present
        return self.named(word)


def plan_slots(
    plan: Plan, user: User, roles: Mapping[str, Mapping[str, str]], left_out: set[str]
) -> None:
    """Add a step for each slot that the document tells; `left_out` are models that do not come."""
    present = {(row.role, row.slot): row for row in RoleSlot.objects.filter(owner=user)}
    new = {step.name: step.row for step in plan.models if step.row is not None}
    for role, slots in roles.items():
        for slot, text in slots.items():
            where = f"roles.{role}.{slot}"
            row = present.get((role, slot))
            if not text:
                if row is not None:
                    plan.slots.append(SlotStep(Action.EMPTY, "slot", where, (), role, slot))
                continue
            target = None if text in left_out else _target(text, user, new)
            if target is None:
                plan.add(where, Code.DANGLING, "there is no such model; the slot stays as it is")
                continue
            action = Action.KEEP if _names(row, target) else Action.FILL
            plan.slots.append(SlotStep(action, "slot", where, (text,), role, slot, target))


def _target(text: str, user: User, new: Mapping[str, LLMModel]) -> Target | None:
    if text in Builtin.values:
        return Builtin(text)
    if text in new:
        return new[text]
    try:
        return find_target(text, user)
    except ValidationError:
        return None


def _names(row: RoleSlot | None, target: Target) -> bool:
    if row is None:
        return False
    if isinstance(target, LLMModel):
        return bool(row.llm_id == target.pk)
    return bool(row.builtin == target)
