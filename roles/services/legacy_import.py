"""Importing what older installations kept in files: one person at a time, all or nothing."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from registry.errors import RegistryError
from registry.services.connections import remove_key, save_connection
from registry.services.llms import save_llm
from registry.services.revision import catalogue_write, lock_catalogue, refresh, store
from registry.types import Change, ConnectionChange, LLMChange
from roles.legacy.document import Code, Problem
from roles.legacy.local_llm import Server
from roles.legacy.reading import read_files
from roles.services.legacy_folder import RefusedError, names_in, read_folder
from roles.services.legacy_plan import Action, ConnectionStep, ModelStep, Plan, SlotStep, Step
from roles.services.legacy_plan_records import make_plan
from roles.services.slots import set_slot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from roles.legacy.document import Document, Reading

_NOTHING_NAMED = Change(frozenset())


@dataclass(frozen=True)
class Report:
    """What becomes, or became, of one person's documents; `is_skipped` says nothing at all."""

    username: str
    source: str
    steps: tuple[Step, ...] = ()
    problems: tuple[Problem, ...] = ()
    is_skipped: bool = False

    @property
    def changes(self) -> list[Step]:
        return [step for step in self.steps if step.action is not Action.KEEP]

    def facts(self) -> dict[str, Any]:
        """Return it as plain values; no key is among them."""
        return {
            "user": self.username,
            "source": self.source or None,
            "skipped": self.is_skipped,
            "steps": [
                {"do": step.action, "what": step.noun, "name": step.name, "fields": step.fields}
                for step in self.steps
            ],
            "problems": [vars(problem) for problem in self.problems],
        }


def import_folder(folder: Path, *, username: str = "", dry_run: bool = False) -> Iterator[Report]:
    """Import the documents of every person with a folder in `folder`, or of one person.

    Yields each report once that person is done. With `dry_run` nothing is written, and the
    reports are those of the run that would. Documents are opened for reading only.
    """
    for name in [username] if username else names_in(folder):
        yield import_person(folder, name, dry_run=dry_run)


def import_person(folder: Path, name: str, *, dry_run: bool = False) -> Report:
    """Import the documents of one person: all that can be, or nothing where something breaks."""
    try:
        files = read_folder(folder, name)
    except RefusedError as error:
        return Report(_shown(name), "", problems=(error.problem,), is_skipped=True)
    user = _user_named(name)
    if user is None:
        return _skipped(name, "", Problem(_shown(name), "there is no such user", Code.MISSING))
    reading = read_files(files, server())
    if reading.document is None:
        told = reading.problems or (Problem(_shown(name), "no document here", Code.MISSING),)
        return Report(name, reading.source, problems=told, is_skipped=True)
    try:
        plan = import_document(user, reading.document, reading.source, dry_run=dry_run)
    except (ValidationError, RegistryError) as error:  # the whole person is as before
        return _skipped(name, reading.source, Problem(name, _message(error), Code.INVALID))
    return _report(name, reading, plan)


def server() -> Server:
    """Return what the settings say for those whose documents do not."""
    return Server(
        settings.LOCAL_API_URL,
        settings.LOCAL_API_KEY,
        settings.LOCAL_MODEL,
        settings.DISTILL_BACKEND == "local",
    )


@transaction.atomic
def import_document(user: User, document: Document, source: str, *, dry_run: bool) -> Plan:
    """Make the plan, and carry it out where it changes anything: all of it, or nothing.

    Raises ValidationError or RegistryError for what no document that was read brings along.
    """
    if not dry_run:
        lock_catalogue()  # what the plan has seen is what it changes
    plan = make_plan(user, document)
    if not dry_run and plan.changes:
        steps = sum(step.action is not Action.KEEP for step in plan.steps)
        with catalogue_write("registry_imported", user, always=True) as running:
            _carry_out(plan, user)
            running.payload = {"document": source, "steps": steps}  # none of the single writes'
    return plan


def _carry_out(plan: Plan, user: User) -> None:
    for connection in plan.connections:
        if connection.action is not Action.KEEP:
            _save_connection(connection)
    for model in plan.models:
        if model.action is not Action.KEEP:
            _save_model(model)
    for slot in plan.slots:
        if slot.action is not Action.KEEP:
            _set_slot(slot, user)


def _save_connection(step: ConnectionStep) -> None:
    if step.row is None:
        return
    row = save_connection(step.row, ConnectionChange(api_key=step.key))
    if step.has_no_key and (row.has_key or row.key_changed_at is not None):
        remove_key(row)


def _save_model(step: ModelStep) -> None:
    row = step.row
    if row is None or step.provider is None:
        return
    if row.provider_id != step.provider.pk:
        _change_provider(step)
    change = LLMChange(connection=step.connection, tags=step.tags, needs_connection=False)
    save_llm(row, change)


def _change_provider(step: ModelStep) -> None:
    """Move an own model to another provider, and away from the connection at the former."""
    if step.row is None or step.provider is None:
        return
    stored = refresh(step.row, Change())
    step.row.provider, step.row.connection = step.provider, None
    former = stored.connection if stored is not None and stored.has_private_connection else None
    store(step.row, stored)
    if former is not None:
        former.delete()


def _set_slot(step: SlotStep, user: User) -> None:
    set_slot(user, step.role, step.slot, step.target)


def _report(name: str, reading: Reading, plan: Plan) -> Report:
    found = (
        Problem(f"{reading.source}: {problem.where}", problem.why, problem.code)
        for problem in plan.problems
    )
    return Report(name, reading.source, tuple(plan.steps), (*reading.problems, *found))


def _user_named(name: str) -> User | None:
    try:
        name.encode()
    except UnicodeEncodeError:  # a folder whose name is no text
        return None
    return User.objects.filter(username=name).first()


def _skipped(name: str, source: str, problem: Problem) -> Report:
    return Report(_shown(name), source, problems=(problem,), is_skipped=True)


def _shown(name: str) -> str:
    """Return a folder's name as it can be printed."""
    return os.fsencode(name).decode(errors="backslashreplace").replace("\0", "\\0")


def _message(error: ValidationError | RegistryError) -> str:
    if isinstance(error, RegistryError):
        return str(error.message)
    if not hasattr(error, "error_dict"):
        return "; ".join(error.messages)
    return "; ".join(f"{name}: {' '.join(told)}" for name, told in error.message_dict.items())
