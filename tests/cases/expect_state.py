"""The expectations about the database afterwards."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from django.apps import apps
from django.db import IntegrityError, connection
from django.db.models import Model

from registry.models import (
    ApiToken,
    Attempt,
    Connection,
    ConnectionTest,
    HealthChange,
    Heartbeat,
    IdempotentRequest,
    Job,
    KnowledgeBase,
    LLMModel,
    Provider,
    Revision,
    Sweep,
)
from registry.services.defaults import default_of as present_default
from tests.cases.expect_answers import covers
from tests.cases.methods import FailedLaterError
from tests.cases.run import Run

# Counters and marks that move without anybody having changed the catalogue.
BOOKKEEPING = {ApiToken, Attempt, IdempotentRequest, Revision}
# What tests of connections write, beside the columns that a row has for what was measured.
HISTORY: set[Any] = {ConnectionTest, HealthChange, Heartbeat, Job, Sweep, Sweep.tests.through}
UNCHANGED, NOTHING_BUT_TESTS = "unchanged", "unchanged except test history"
ERRORS = {"uniqueness error": (IntegrityError, "unique")}
COUNTED: dict[str, Any] = {"models": LLMModel, "knowledge_bases": KnowledgeBase}


def snapshot(*, tests: bool = True) -> dict[str, Counter[Any]]:
    """Return the rows of every table of the registry as the database holds them.

    Without `tests` what tests of connections write is left out.
    """
    left_out = BOOKKEEPING if tests else BOOKKEEPING | HISTORY
    held = {}
    with connection.cursor() as cursor:
        for table in apps.get_app_config("registry").get_models(include_auto_created=True):
            if table not in left_out:
                columns = ", ".join(_columns(table, measured=tests))
                name = connection.ops.quote_name(table._meta.db_table)
                cursor.execute(f"SELECT {columns} FROM {name}")
                held[table._meta.db_table] = Counter(cursor.fetchall())
    return held


def _columns(table: type[Model], *, measured: bool) -> list[str]:
    found = []
    for column in table._meta.concrete_fields:
        if measured or column.name not in getattr(table, "measured", ()):
            found.append(connection.ops.quote_name(str(column.column)))
    return found


def db(run: Run, value: Any) -> None:
    if value == NOTHING_BUT_TESTS or (value == UNCHANGED and run.results):
        assert snapshot(tests=False) == run.before_tests
        return
    if value == UNCHANGED:
        assert snapshot() == run.before
        return
    assert isinstance(value, dict), f"unknown state: {value}"
    for path, expected in value.items():
        _check(run, path, expected)


def _check(run: Run, path: str, expected: Any) -> None:
    name, dot, column = path.partition(".")
    if not dot and name in COUNTED:
        assert COUNTED[name].objects.count() == expected, path
        return
    assert name in run.world.ids, f"unknown row: {path}"
    row = run.world.row(name)
    if not dot and expected in ("gone", "exists"):
        assert (row is not None) is (expected == "exists"), f"{path}: {row}"
        return
    assert row is not None, f"{name} is gone"
    if isinstance(expected, dict):
        for inner, wanted in expected.items():
            _check(run, ".".join(part for part in (path, inner)), wanted)
        return
    wanted = run.world.name_of(expected) if isinstance(expected, str) else expected
    assert read(run, row, column) == wanted, path


def read(run: Run, row: Any, path: str) -> Any:
    """Return a column as the API would say it; a link is told by its fixture's name."""
    special = SPECIAL.get(path)
    if special is not None:
        return special(row)
    for name in path.removeprefix("config.").split("."):
        row = getattr(row, name)
    if isinstance(row, Provider):
        return row.slug
    if isinstance(row, Model):
        return run.world.name_of(row.pk)
    return row.isoformat() if isinstance(row, date) else row


def _endpoint(llm: LLMModel) -> str | None:
    return (llm.connection.api_url if llm.connection else "") or None


def _has_key(llm: LLMModel) -> bool:
    return llm.connection is not None and llm.connection.has_key


def _key(llm: LLMModel) -> str | None:
    return llm.connection.open_key().reveal() if llm.connection and _has_key(llm) else None


SPECIAL = {"api_endpoint": _endpoint, "has_api_key": _has_key, "api_key": _key}


def decrypted_equals(run: Run, value: str) -> None:
    assert _key(run.world.row(run.subject)) == value


def stored_bytes_differ(run: Run, value: bool) -> None:
    first, second = (_stored(row) for row in run.created)
    assert (first != second) is value


def stored_bytes_lack(run: Run, value: Any) -> None:
    stored = _stored(run.world.ids[run.subject])
    for text in [value] if isinstance(value, str) else value:
        assert text.encode() not in stored


def _stored(llm_id: str) -> bytes:
    stored = Connection.objects.get(private_to__pk=llm_id).api_key
    assert stored is not None, "no key is stored"
    return stored.token


def default_of(run: Run, value: dict[str, str | None]) -> None:
    for llm_type, expected in value.items():
        llm = present_default(llm_type)
        assert (run.world.name_of(llm.pk) if llm else None) == expected


def default_count(run: Run, value: dict[str, int]) -> None:
    rows = list(LLMModel.objects.values_list("type", "is_default"))
    for llm_type, expected in value.items():
        assert rows.count((llm_type, True)) == expected


def raises(run: Run, value: str) -> None:
    assert value in ERRORS, f"unknown error: {value}"
    kind, word = ERRORS[value]
    assert isinstance(run.raised, kind), run.raised
    assert word in str(run.raised).lower()
    assert not isinstance(run.raised, FailedLaterError)


def exit_code(run: Run, value: int) -> None:
    assert run.exit_code == value, run.printed


def tasks_queued(run: Run, value: Any) -> None:
    """Tell how much work was queued, or its kinds in order."""
    assert (run.queued if isinstance(value, list) else Counter(run.queued).total()) == value


def proxy_calls(run: Run, value: list[Any]) -> None:
    """The calls that write, of all that went out through the one door; a look is none."""
    assert run.outbound == [], "a call went past the door"
    for found, expected in zip(run.world.provider.writes, value, strict=True):
        assert covers(found, expected), f"{found} is not {expected}"
