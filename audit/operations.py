"""One operation writes one event per subject, in the transaction of the change itself."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction

from audit import context, events, tracking
from audit.errors import MissingContextError
from audit.stories import CHANGED, Action, Story, told_apart

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import Model

Key = tuple[str, str]  # model label, primary key


@dataclass(frozen=True)
class Told:
    """An event about one subject; an absorbed one is told by the main subject's instead."""

    story: Story
    event: str
    changes: dict[str, Any]
    payload: dict[str, Any]
    is_absorbed: bool = False


@dataclass
class Operation:
    """The running operation: its name, its subject, and what it has touched so far."""

    event: str
    subject: Model | None
    payload: dict[str, Any] = field(default_factory=dict)
    stories: dict[Key, Story] = field(default_factory=dict)
    absorbed: set[Key] = field(default_factory=set)
    always: bool = False
    # Taken at once where there is one: a deleted row forgets its primary key.
    main: Key | None = None

    def tell(self, **payload: Any) -> None:
        """Add facts that are no column of the subject to its event."""
        self.payload |= payload

    def absorb(self, row: Model) -> None:
        """Write no event of its own for `row`: the subject's event tells it."""
        self.absorbed.add(_key(row))

    def rename(self, event: str) -> None:
        """Name the subject's event anew, once it is known what the request really did."""
        self.event = event

    def story(self, subject: Model) -> Story:
        return self.stories.setdefault(_key(subject), Story.of(subject))

    def told(self) -> Iterator[Told]:
        """Yield what has changed so far, each subject with the event it has or would have."""
        main = self.main
        if main is None and self.subject is not None:
            main = _key(self.subject)
        if main is not None and self.always:
            self.story(self.subject).touched = True  # type: ignore[arg-type]
        for key, story in self.stories.items():
            if not story.touched:
                continue
            changes, is_main = story.settled(), key == main
            if is_main and (changes or self.always or story.action is not Action.UPDATE):
                yield Told(story, self.event, changes, self.payload)
            elif changes and not is_main:
                event = f"{tracking.of(type(story.subject)).noun}_{story.action.verb}"
                yield Told(story, event, changes, {}, is_absorbed=key in self.absorbed)


_running: ContextVar[Operation | None] = ContextVar("audit_operation", default=None)


def _key(row: Model) -> Key:
    return (row._meta.label_lower, str(row.pk))


@contextmanager
def operation(
    event: str, subject: Model | None = None, *, always: bool = False, **payload: Any
) -> Iterator[Operation]:
    """Run a change as one operation; an inner one joins the outer one and its name.

    The event of `subject` is named `event` and is written when something changed, or `always`.
    Other rows changed inside get an event of their own, named `{noun}_{verb}`, unless absorbed.
    Change and events commit together. Raises MissingContextError outside any context.
    """
    outer = _running.get()
    if outer is not None:
        outer.payload |= payload
        with transaction.atomic():
            yield outer
        return
    if context.current() is None:
        raise MissingContextError(event)
    running = Operation(event, subject, dict(payload), always=always)
    if subject is not None and subject.pk is not None:
        running.main = _key(subject)
    with transaction.atomic():
        token = _running.set(running)
        try:
            yield running
        finally:
            _running.reset(token)
        _write(running)


def collect(row: Model, action: int, changes: dict[str, Any]) -> None:
    """Take one row's diff from auditlog: into the running operation, or as its own event."""
    running = _running.get()
    tracked = tracking.of(type(row))
    if running is None:
        with operation(f"{tracked.noun}_{Action(action).verb}", _subject(row, None)):
            collect(row, action, changes)
        return
    subject = _subject(row, running)
    story = running.story(subject)
    told = _tell_secrets(tracked.secret, changes)
    if subject is row:
        story.take_action(Action(action))
    elif tracked.part is not None:
        story.touched = True
        told = tracked.part(row, told)
    story.merge(told)


def collect_names(row: Model, name: str, verb: str, names: list[str]) -> None:
    """Take related rows added to or removed from `row`."""
    running = _running.get()
    tracked = tracking.of(type(row))
    if running is None:
        with operation(f"{tracked.noun}_updated", _subject(row, None)):
            collect_names(row, name, verb, names)
        return
    story = running.story(_subject(row, running))
    story.touched = True
    story.merge_names(name, verb, names)


def _subject(row: Model, running: Operation | None) -> Model:
    """Return the row whose story `row` belongs to; it may be gone from its table already."""
    part_of = tracking.of(type(row)).part_of
    if part_of is None:
        return row
    link: Any = row._meta.get_field(part_of)
    pk = getattr(row, link.attname)
    if pk is None:
        return row
    key = (link.related_model._meta.label_lower, str(pk))
    if running is not None and key in running.stories:
        return running.stories[key].subject
    if running is not None and running.subject is not None and _key(running.subject) == key:
        return running.subject
    try:
        subject: Model = getattr(row, part_of)
    except ObjectDoesNotExist:  # a cascade deleted it before its part
        return row
    return subject


def _tell_secrets(secret: dict[str, str], changes: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {
        name: list(value) for name, value in changes.items() if name not in secret
    }
    hidden = {
        secret[name]: CHANGED
        for name, value in changes.items()
        if name in secret and told_apart(list(value))
    }
    return told | hidden


def _write(running: Operation) -> None:
    for told in running.told():
        if not told.is_absorbed:
            events.write(told.story, told.event, told.changes, told.payload)
