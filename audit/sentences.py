"""One event of the trail as one sentence, and as a table of before and after."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit import words
from audit.stories import CHANGED

if TYPE_CHECKING:
    from django.db.models import Model

    from audit.models import LogEntry

MOST_CHANGES = 3  # of one event inside its sentence; the table has them all

# What was done, by the end of the event's name (`{noun}_{verb}`). The longest end wins.
_VERBS: dict[str, Any] = {
    "created": gettext_lazy("created the %(noun)s %(name)s"),
    "updated": gettext_lazy("changed the %(noun)s %(name)s"),
    "deleted": gettext_lazy("deleted the %(noun)s %(name)s"),
    "delete_blocked": gettext_lazy("could not delete the %(noun)s %(name)s"),
    "set_default": gettext_lazy("made the %(noun)s %(name)s the default"),
    "key_removed": gettext_lazy("removed the key of the %(noun)s %(name)s"),
    "key_unreadable": gettext_lazy("could not read the key of the %(noun)s %(name)s"),
    "revoked": gettext_lazy("revoked the %(noun)s %(name)s"),
    "tested": gettext_lazy("tested the %(noun)s %(name)s"),
}
_EVENTS: dict[str, Any] = {
    "login": gettext_lazy("logged in"),
    "logout": gettext_lazy("logged out"),
    "login_failed": gettext_lazy("failed to log in as %(name)s"),
    "password_changed": gettext_lazy("changed the password of %(name)s"),
    "password_set": gettext_lazy("set a new password for %(name)s"),
    "price_changed": gettext_lazy("changed price of %(name)s"),
    "role_slot_set": gettext_lazy("filled the slot %(name)s"),
    "role_slot_emptied": gettext_lazy("emptied the slot %(name)s"),
    "registry_imported": gettext_lazy("imported the registry of %(name)s"),
    "belongings_transferred": gettext_lazy("transferred what %(name)s owned"),
    "belongings_removed": gettext_lazy("removed what %(name)s owned"),
    "key_revealed": gettext_lazy("was given the key of the %(noun)s %(name)s"),
    "client_registered": gettext_lazy("registered the client %(name)s"),
    "client_updated": gettext_lazy("changed what the client %(name)s holds"),
    "client_unregistered": gettext_lazy("removed the client %(name)s"),
    "client_expired": gettext_lazy("removed the client %(name)s, which had not been seen for long"),
    "client_suspended": gettext_lazy("suspended at the client %(name)s"),
    "client_resumed": gettext_lazy("resumed at the client %(name)s"),
    "client_quota_cleared": gettext_lazy("cleared the quota mark at the client %(name)s"),
}
# A new or deleted row has too many changes to name.
_WHOLE_ROWS = (
    *("_created", "_deleted"),
    *("client_registered", "client_unregistered", "client_expired"),
)
# Said by the sentence itself.
_IMPLIED = {
    "model_set_default": {"is_default"},
    "password_changed": {"password"},
    "password_set": {"password"},
    # What fills it is told by name; whose it is stays.
    "role_slot_set": {"id", "role", "slot", "llm", "builtin"},
    "role_slot_emptied": {"id", "role", "slot", "llm", "builtin"},
}
# Facts for programs: the sentence names what they point to already.
_FOR_THE_TABLE_ONLY = {"previous_default_id"}
# The same, of an event whose message says it all.
_BESIDE_A_MESSAGE = {"success", "code", "inference", "test", "attempt"}
# A fact that is a sentence itself.
_MESSAGE = "message"


@dataclass(frozen=True)
class Row:
    """One line of the table: a field with both its sides, or one more fact of the event."""

    name: str
    before: str
    after: str


def sentence(entry: LogEntry) -> str:
    """Return what happened in one plain sentence without its actor: the column beside has him."""
    details = _details(entry)
    return f"{_deed(entry)}: {'; '.join(details)}" if details else _deed(entry)


def changes(entry: LogEntry) -> list[Row]:
    """Return every changed field with its value before and after."""
    model = model_of(entry)
    return [
        Row(words.name_of(model, field), *words.before_and_after(change, model, field))
        for field, change in (entry.changes or {}).items()
    ]


def facts(entry: LogEntry) -> list[Row]:
    """Return what belongs to the event and to no field: who blocked, which default stepped down."""
    return [
        Row(words.name_of(None, name), "", words.text_of(value))
        for name, value in (entry.additional_data or {}).items()
    ]


def noun(entry: LogEntry) -> str:
    """Return the kind of object in words."""
    model = model_of(entry)
    return str(entry.content_type.model if model is None else model._meta.verbose_name)


def model_of(entry: LogEntry) -> type[Model] | None:
    """Return the table that the event is about, or None when it is gone."""
    model: type[Model] | None = entry.content_type.model_class()
    return model


def event_label(event: str) -> str:
    """Return an event's name in words, as a filter shows it."""
    return event.replace("_", " ").capitalize()


def _deed(entry: LogEntry) -> str:
    pattern = _EVENTS.get(entry.event) or _verb(entry.event)
    values = {"noun": noun(entry), "name": words.shorten(entry.object_repr)}
    if pattern is None:
        return f"{entry.event.replace('_', ' ')} {values['name']}".strip()
    return str(pattern) % values


def _verb(event: str) -> Any:
    ends = [end for end in _VERBS if event.endswith(f"_{end}")]
    return _VERBS[max(ends, key=len)] if ends else None


def _details(entry: LogEntry) -> list[str]:
    """Name the changes of a change, and the facts of any event."""
    told = [] if entry.event.endswith(_WHOLE_ROWS) else _told_changes(entry)
    known = entry.additional_data or {}
    untold = _FOR_THE_TABLE_ONLY | (_BESIDE_A_MESSAGE if _MESSAGE in known else set())
    told_facts = {
        name: value
        for name, value in known.items()
        if name not in untold and value not in (None, "", [], False)
    }
    return told + [_fact(name, value) for name, value in told_facts.items()]


def _fact(name: str, value: Any) -> str:
    if name == _MESSAGE:
        return words.shorten(str(value), most=words.LONGEST_MESSAGE)
    label = words.name_of(None, name)
    return label if value is True else f"{label} {words.shorten(words.text_of(value))}"


def _told_changes(entry: LogEntry) -> list[str]:
    model = model_of(entry)
    implied = _IMPLIED.get(entry.event, set())
    named = [(name, value) for name, value in (entry.changes or {}).items() if name not in implied]
    # "changed price of X: input 2 → 3" says already that these are prices.
    name_of = words.priced if entry.event == "price_changed" else partial(words.name_of, model)
    told = [_told(model, name, name_of(name), value) for name, value in named[:MOST_CHANGES]]
    if len(named) > MOST_CHANGES:
        told.append(_("and %d more") % (len(named) - MOST_CHANGES))
    return told


def _told(model: type[Model] | None, field: str, name: str, change: Any) -> str:
    before, after = words.before_and_after(change, model, field)
    if change == CHANGED:
        return f"{name} {after}"
    if isinstance(change, list) and any(isinstance(side, list) for side in change):
        sides = [side for side in (before, after) if side != words.NOTHING]
        return f"{name} {', '.join(words.shorten(side) for side in sides)}"
    return f"{name} {words.shorten(before)} → {words.shorten(after)}"
