from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from audit.moments import ago, exact


@pytest.mark.parametrize(
    ("distance", "text"),
    [
        (timedelta(0), "just now"),
        (timedelta(seconds=-59), "just now"),
        (timedelta(seconds=30), "just now"),
        (timedelta(minutes=-3, seconds=-10), "3\xa0minutes ago"),
        (timedelta(days=-22), "3\xa0weeks ago"),
        (timedelta(days=3, hours=1), "in 3\xa0days"),
    ],
)
def test_a_distance_is_one_unit(distance: timedelta, text: str) -> None:
    assert f">{text}</time>" in ago(timezone.now() + distance)


def test_the_exact_moment_is_in_the_page() -> None:
    moment = datetime(2026, 3, 1, 14, 5, 6, tzinfo=UTC)

    shown = ago(moment)

    assert 'datetime="2026-03-01T14:05:06+00:00"' in shown
    assert 'title="1 Mar 2026, 14:05:06 UTC"' in shown


def test_the_exact_moment_is_in_the_zone_of_the_page() -> None:
    with timezone.override("Europe/Berlin"):
        assert exact(datetime(2026, 7, 1, 23, 0, tzinfo=UTC)) == "2 Jul 2026, 01:00:00 CEST"


def test_never_is_nothing() -> None:
    assert ago(None) == ""
