"""One clock for leases and windows: the database's, whatever a worker's own says."""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.utils import timezone


def database_now(now: datetime | None = None) -> datetime:
    """Return `now`, or the moment by the database server's clock.

    SQLite runs in this process and has its clock.
    """
    if now is not None:
        return now
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        row = cursor.fetchone()
    moment: datetime = row[0]
    return moment
