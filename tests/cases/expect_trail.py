"""The expectations about the trail, and about what must be nowhere."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from audit.models import LogEntry
from registry.fields import SealedSecret
from registry.models import Connection
from tests.cases.expect_state import snapshot
from tests.cases.run import Run

# Who is no person: the entry then names nobody.
NOBODY = {None, "system", "worker", "anonymous"}
# Words for the row that an entry is about.
SUBJECTS = ("target", "object", "subject", "model")


def entries() -> list[LogEntry]:
    """Return what this case wrote, oldest first."""
    return list(LogEntry.objects.reverse())


def events() -> list[str]:
    return [entry.event for entry in entries()]


def audit(run: Run, value: list[str]) -> None:
    assert events() in (value, [*value, *_also(run)])


def _also(run: Run) -> list[str]:
    also = run.case.expect.get("audit_also", [])
    named = [also] if isinstance(also, str | dict) else also
    return [part["action"] if isinstance(part, dict) else part for part in named]


def audit_also(run: Run, value: Any) -> None:
    """Further entries: by their action, or by what they say."""
    for part in [value] if isinstance(value, str | dict) else value:
        if isinstance(part, dict):
            audit_entry(run, part)
        else:
            assert part in events(), events()


def audit_count(run: Run, value: int) -> None:
    assert LogEntry.objects.count() == value, events()


def audit_entry(run: Run, value: dict[str, Any]) -> None:
    """One of the entries with this action says all of it."""
    problems = []
    for entry in entries():
        if entry.event == value["action"]:
            problem = _differs(run, entry, value)
            if problem is None:
                return
            problems.append(problem)
    raise AssertionError(f"{problems or 'no such action'}: {events()}")


def _differs(run: Run, entry: LogEntry, value: dict[str, Any]) -> str | None:
    for word, expected in value.items():
        rule = RULES.get(word, _any_fact)
        if word != "action" and not rule(run, entry, word, expected):
            return f"{word} is not {expected!r}: {_text(entry)}"
    return None


def _changes(entry: LogEntry) -> dict[str, Any]:
    return dict(entry.changes or {})


def _facts(entry: LogEntry) -> dict[str, Any]:
    return {**_changes(entry), **(entry.additional_data or {})}


def _text(entry: LogEntry) -> str:
    facts = json.dumps(_facts(entry), ensure_ascii=False)
    return f"{entry.event} {entry.object_repr} {entry.actor_name} {entry.source} {facts}"


def _actor(run: Run, entry: LogEntry, word: str, expected: str | None) -> bool:
    nobody = entry.actor is None and entry.actor_name == ""
    if expected in NOBODY:
        return nobody
    if expected == "command":
        return nobody and entry.source == expected
    return bool(entry.actor == run.world.people[str(expected)])


def _source(run: Run, entry: LogEntry, word: str, expected: str) -> bool:
    return bool(entry.source == expected)


def _subject(run: Run, entry: LogEntry, word: str, expected: str) -> bool:
    return run.world.name_of(entry.object_pk) in (expected, run.world.name_of(expected))


def _changed(run: Run, entry: LogEntry, word: str, expected: Any) -> bool:
    found = _changes(entry)
    if isinstance(expected, list):
        return set(expected) <= set(found)
    return all(name in found and found[name] == value for name, value in expected.items())


def _new_values(run: Run, entry: LogEntry, word: str, expected: dict[str, Any]) -> bool:
    found = _changes(entry)
    return all(name in found and found[name][1] == value for name, value in expected.items())


def _has(run: Run, entry: LogEntry, word: str, expected: list[str]) -> bool:
    return set(expected) <= set(_facts(entry))


def _lacks(run: Run, entry: LogEntry, word: str, expected: list[str]) -> bool:
    return not set(expected) & set(_facts(entry))


def _lacks_values(run: Run, entry: LogEntry, word: str, expected: list[str]) -> bool:
    said = _text(entry)
    return all(text not in said for value in expected for text in _spellings(value))


def _spellings(value: str) -> Iterator[str]:
    """`ciphertext` stands for whatever the key columns hold."""
    if value != "ciphertext":
        yield value
        return
    for stored in Connection.objects.values_list("api_key", flat=True):
        if isinstance(stored, SealedSecret):
            yield stored.token.decode()


def _bases(run: Run, entry: LogEntry, word: str, expected: list[str]) -> bool:
    return Counter(_facts(entry).get(word, [])) == Counter(expected)


def _any_fact(run: Run, entry: LogEntry, word: str, expected: Any) -> bool:
    found = _facts(entry)
    assert word in found, f"unknown word of an audit entry: {word}"
    return bool(found[word] in (expected, [None, expected]))


Rule = Callable[[Run, LogEntry, str, Any], bool]
RULES: dict[str, Rule] = {
    "actor": _actor,
    "source": _source,
    **dict.fromkeys(SUBJECTS, _subject),
    "changes": _changed,
    "config": _new_values,
    "values": _new_values,
    "has": _has,
    "lacks": _lacks,
    "lacks_values": _lacks_values,
    "knowledge_bases": _bases,
}


def nowhere(run: Run, value: Any) -> None:
    """In no answer, no page, no log line, no entry of the trail and no column of a table."""
    places = [*told(run), repr(snapshot()), repr(list(LogEntry.objects.values_list()))]
    for text in [value] if isinstance(value, str) else value:
        for place in places:
            assert text not in place, f"{text!r} is in {place[:2000]}"


def nowhere_any_part_of_length(run: Run, value: Any) -> None:
    """No answer, page, log line or entry has a piece of the key of this many characters."""
    size = value["length"] if isinstance(value, dict) else value
    key = _key(run, value)
    windows = zip(*(key[start:] for start in range(size)), strict=False)
    parts = ["".join(window) for window in windows]
    assert parts, f"the key has no part of {size} characters"
    for place in told(run):
        for part in parts:
            assert part not in place, f"{part!r} is in {place[:2000]}"


def _key(run: Run, value: Any) -> str:
    if isinstance(value, dict):
        return str(value["value"])
    body = run.case.body or {}
    given = body.get("api_key") or run.world.fixtures[run.subject]["api_key"]
    return str(given)


def told(run: Run) -> list[str]:
    """Return everything that anybody could have read."""
    return [*run.texts(), run.logged, run.printed, *(_text(entry) for entry in entries())]
