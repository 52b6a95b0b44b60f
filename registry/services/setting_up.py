"""Bringing the database up: by one process at a time, however many begin at once."""

from __future__ import annotations

import fcntl
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from django.db import DatabaseError, connection

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOCK = 5_201_884_367  # any number that nothing else in this database uses


@contextmanager
def alone() -> Iterator[None]:
    """Wait until no other process brings this database up, and keep them waiting meanwhile.

    A process that dies lets go of it.
    """
    if connection.vendor == "postgresql":
        with _advisory_lock():
            yield
        return
    path = Path(str(connection.settings_dict["NAME"]))
    with path.with_name(f"{path.name}.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _advisory_lock() -> Iterator[None]:
    _call("pg_advisory_lock")
    try:
        yield
    finally:
        # Not in a failed transaction; the end of the connection does the same.
        with suppress(DatabaseError):
            _call("pg_advisory_unlock")


def _call(function: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [_LOCK])
