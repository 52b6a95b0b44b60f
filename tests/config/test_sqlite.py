"""Writers of one SQLite file take turns, and give up after their patience."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.db.utils import ConnectionHandler

PATIENCE_SECONDS = 0.5

pytestmark = pytest.mark.django_db


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Any]:
    """Be a connection to a file of our own, whatever the tests' database is."""
    options = {"transaction_mode": "IMMEDIATE", "timeout": PATIENCE_SECONDS}
    path = tmp_path / "own.sqlite3"
    handler = ConnectionHandler(
        {"default": {"ENGINE": "config.sqlite", "NAME": path, "OPTIONS": options}}
    )
    connection = handler["default"]
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE note (text TEXT)")
    yield connection
    connection.close()


@pytest.fixture
def writer(database: Any) -> Iterator[sqlite3.Connection]:
    """Be somebody else who is writing."""
    other = sqlite3.connect(
        database.settings_dict["NAME"], isolation_level=None, check_same_thread=False
    )
    other.execute("BEGIN IMMEDIATE")
    yield other
    other.close()


def write(database: Any) -> None:
    database.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    database.cursor().execute("INSERT INTO note VALUES ('x')")
    database.commit()
    database.set_autocommit(True)


def patience_of(database: Any) -> int:
    (milliseconds,) = database.cursor().execute("PRAGMA busy_timeout").fetchone()
    return int(milliseconds)


def test_a_free_file_is_written_at_once(database: Any) -> None:
    write(database)

    assert database.cursor().execute("SELECT count(*) FROM note").fetchone() == (1,)
    assert patience_of(database) == PATIENCE_SECONDS * 1000


def test_who_waits_begins_when_the_other_has_ended(
    database: Any, writer: sqlite3.Connection
) -> None:
    timer = threading.Timer(0.2, writer.execute, ["COMMIT"])
    timer.start()

    began = time.monotonic()
    write(database)

    timer.join()
    assert time.monotonic() - began >= 0.15
    assert database.cursor().execute("SELECT count(*) FROM note").fetchone() == (1,)


@pytest.mark.usefixtures("writer")
def test_who_has_waited_long_enough_is_told(database: Any) -> None:
    began = time.monotonic()

    with pytest.raises(OperationalError, match="locked"):
        write(database)

    assert time.monotonic() - began >= PATIENCE_SECONDS
    assert patience_of(database) == PATIENCE_SECONDS * 1000


@pytest.mark.timed
def test_any_other_error_is_told_at_once(database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "transaction_mode", "NONSENSE")
    began = time.monotonic()

    with pytest.raises(OperationalError, match="syntax error"):
        write(database)

    assert time.monotonic() - began < PATIENCE_SECONDS
