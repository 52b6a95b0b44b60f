"""Which rows of the tracked tables have changed, as the database has them."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import Model

from audit import tracking
from registry.models import Client, ClientModel, Connection, LLMModel

Key = tuple[str, str]  # table, primary key
# Each stored row: whose story it belongs to, and its values.
Rows = dict[Key, tuple[Key, dict[str, Any]]]

# Columns that move without anybody having decided anything: bookkeeping, and what was measured.
NO_CHANGE = {"created_at", "updated_at", "revision", "last_login", "last_used_at"}
NO_CHANGE |= {*LLMModel.measured, *Connection.measured, *Client.measured, "is_applied"}


def snapshot() -> Rows:
    """Return every row of the tracked tables, of the links between them, and what clients hold."""
    rows: Rows = _held()
    for model in tracking.models():
        part_of = tracking.of(model).part_of
        for row in _stored(model):
            own = subject = key_of(model._meta.pk, row)
            if part_of is not None:
                link: Any = model._meta.get_field(part_of)
                subject = own if row[link.column] is None else key_of(link, row)
            rows[own] = (subject, row)
        for field in model._meta.local_many_to_many:
            through: Any = field.remote_field.through
            source = through._meta.get_field(field.m2m_field_name())
            for row in _stored(through):
                rows[key_of(through._meta.pk, row)] = (key_of(source, row), row)
    return rows


def changed(before: Rows, after: Rows) -> dict[Key, str]:
    """Return what happened to whom between two snapshots: created, updated or deleted."""
    subjects = {
        rows[key][0]
        for key in before.keys() | after.keys()
        if before.get(key) != after.get(key)
        for rows in (before, after)
        if key in rows
    }
    return {subject: _verb(subject in before, subject in after) for subject in subjects}


def key_of(column: Any, row: dict[str, Any]) -> Key:
    """Return the key of the row that a primary or foreign key names, as the trail writes it."""
    target = column.target_field if column.is_relation else column
    return (target.model._meta.label, str(target.to_python(row[column.column])))


def _stored(model: type[Model]) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')
        names = [column[0] for column in cursor.description]
        found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return [{name: row[name] for name in names if name not in NO_CHANGE} for row in found]


def _held() -> Rows:
    """Return what clients hold, which their events tell, without what they report of it."""
    names = ("client_id", "model_id", "seats", "suspended_at", "suspended_reason")
    rows: Rows = {}
    for row in ClientModel.objects.values(*names):
        row["suspended_at"] = row["suspended_at"] is not None
        key = (ClientModel._meta.label, f"{row['client_id']} {row['model_id']}")
        rows[key] = ((Client._meta.label, str(row["client_id"])), row)
    return rows


def _verb(was_there: bool, is_there: bool) -> str:
    if was_there and is_there:
        return "updated"
    return "created" if is_there else "deleted"
