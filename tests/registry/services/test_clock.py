from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from registry.services import clock

pytestmark = pytest.mark.django_db


def test_a_given_moment_is_the_moment() -> None:
    moment = datetime(2020, 1, 2, tzinfo=UTC)

    assert clock.database_now(moment) is moment


def test_leases_are_read_from_the_databases_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker whose own clock is wrong must not take the jobs of others."""
    real = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: real + timedelta(days=1))

    moment = clock.database_now()

    assert moment.tzinfo is not None
    own = connection.vendor != "postgresql"  # SQLite runs in this process
    assert abs(moment - real - timedelta(days=own)) < timedelta(minutes=1)


def test_the_clock_goes_on_within_a_transaction() -> None:
    with transaction.atomic():
        first = clock.database_now()
        second = clock.database_now()

    assert second > first
