"""Moments as the lists write them: RFC 3339 in UTC, to the second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def since_epoch(seconds: int) -> datetime | None:
    """Return the moment; None for 0, which is unknown, and for what no calendar holds.

    Clients report what they like: milliseconds, or the far past.
    """
    if not seconds:
        return None
    try:
        return EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return None
