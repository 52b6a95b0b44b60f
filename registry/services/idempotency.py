"""A POST under an Idempotency-Key happens once, however often it is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from registry.errors import IdempotencyConflictError
from registry.models import IdempotentRequest
from registry.services.fingerprints import fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Answer:
    """What the caller saw: status, body as JSON text, and where the new row is."""

    status: int
    body: str
    location: str = ""


def once(
    *,
    who: str,
    key: str,
    target: str,
    body: bytes,
    run: Callable[[], Answer],
    now: datetime | None = None,
) -> Answer:
    """Return the answer of `run`, or the kept one of an earlier request under the same key.

    Effect and kept answer commit together, so a crash leaves both or neither. A failed `run`
    keeps nothing. Raises IdempotencyConflictError when the key was used for another request.
    """
    moment = now or timezone.now()
    digest = fingerprint(body.decode("utf-8", "replace"), purpose="idempotency")
    with transaction.atomic():
        _forget_old(who, key, moment)
        row = _claim(who, key, target, digest)
        if row is None:
            return _kept(who, key, target, digest)
        answer = run()
        row.status, row.answer, row.location = answer.status, answer.body, answer.location
        row.save()
    return answer


def _forget_old(who: str, key: str, moment: datetime) -> None:
    oldest = moment - timedelta(hours=settings.REGISTRY_IDEMPOTENCY_HOURS)
    IdempotentRequest.objects.filter(who=who, key=key, created_at__lt=oldest).delete()


def _claim(who: str, key: str, target: str, digest: str) -> IdempotentRequest | None:
    """Insert the request; a parallel one waits here until the first has committed."""
    try:
        with transaction.atomic():
            return IdempotentRequest.objects.create(
                who=who, key=key, target=target, body_digest=digest
            )
    except IntegrityError:
        return None


def _kept(who: str, key: str, target: str, digest: str) -> Answer:
    row = IdempotentRequest.objects.get(who=who, key=key)
    if (row.target, row.body_digest) != (target, digest) or row.status is None:
        raise IdempotencyConflictError
    return Answer(row.status, row.answer, row.location)


def forget_expired(*, now: datetime | None = None) -> int:
    """Delete the requests whose time is over; return how many."""
    oldest = (now or timezone.now()) - timedelta(hours=settings.REGISTRY_IDEMPOTENCY_HOURS)
    return IdempotentRequest.objects.filter(created_at__lt=oldest).delete()[0]
