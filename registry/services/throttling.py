"""Counts attempts in SQL, so that all processes and threads count together."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from registry.errors import TooManyAttemptsError
from registry.models import Attempt
from registry.services.fingerprints import fingerprint


def take(bucket: str, *, limit: int, seconds: int, now: datetime | None = None) -> None:
    """Count one attempt. Raises TooManyAttemptsError beyond `limit` in a window of `seconds`.

    The window begins with the first attempt. The bucket's name is stored hashed, since it may
    hold what somebody typed.
    """
    moment = now or timezone.now()
    name = _name(bucket)
    with transaction.atomic():
        counted = _count(name, moment, moment + timedelta(seconds=seconds))
    if counted.count > limit:
        wait = (counted.ends_at - moment).total_seconds()
        raise TooManyAttemptsError(max(1, math.ceil(wait)))


def forget(bucket: str) -> None:
    """Begin anew, as after a right password."""
    Attempt.objects.filter(bucket=_name(bucket)).delete()


def forget_ended(*, now: datetime | None = None) -> int:
    """Delete the windows that have ended; return how many."""
    return Attempt.objects.filter(ends_at__lte=now or timezone.now()).delete()[0]


def _name(bucket: str) -> str:
    return fingerprint(bucket, purpose="attempt")


def _count(name: str, moment: datetime, ends_at: datetime) -> Attempt:
    rows = Attempt.objects.filter(bucket=name)
    if not rows.filter(ends_at__gt=moment).update(count=F("count") + 1):
        # Only of an ended window: who comes second finds the first one's and adds to it.
        if not rows.filter(ends_at__lte=moment).update(count=1, ends_at=ends_at):
            try:
                with transaction.atomic():
                    return Attempt.objects.create(bucket=name, count=1, ends_at=ends_at)
            except IntegrityError:  # another process was first
                rows.update(count=F("count") + 1)
    return Attempt.objects.get(bucket=name)
