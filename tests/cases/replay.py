"""Rows that the services made for one case are put back for the next, as they lay in the tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group, User
from django.db import connection, transaction


@dataclass
class Template:
    """The tables after the services have built a world, and its names for the rows."""

    names: dict[str, dict[str, str]]
    bases: set[str]
    rows: dict[str, tuple[list[str], list[tuple[Any, ...]]]] = field(default_factory=dict)

    def take(self) -> None:
        with connection.cursor() as cursor:
            for table in _tables():
                cursor.execute(f"SELECT * FROM {_quoted(table)}")
                columns = [column[0] for column in cursor.description or ()]
                self.rows[table] = (columns, cursor.fetchall())

    def put_back(self) -> None:
        """Insert every row; links are checked when all of them are there."""
        with transaction.atomic(), connection.cursor() as cursor:
            for table, (columns, rows) in self.rows.items():
                names = ", ".join(_quoted(column) for column in columns)
                places = ", ".join("%s" for _column in columns)
                statement = f"INSERT INTO {_quoted(table)} ({names}) VALUES ({places})"
                cursor.executemany(statement, rows)


def _tables() -> list[str]:
    accounts: list[Any] = [User, User.groups.through, Group, Group.permissions.through]
    registry = apps.get_app_config("registry").get_models(include_auto_created=True)
    return [table._meta.db_table for table in [*accounts, *registry]]


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
