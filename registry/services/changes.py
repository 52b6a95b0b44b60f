"""What has changed in the catalogue since a revision, for an application that asks again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q

from registry.models import CatalogueChange, Revision
from registry.services.clock import database_now
from registry.services.revision import THE_ROW, lock_catalogue

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.db.models import QuerySet

# The row of `Revision` with the revision up to which changes are forgotten. There is none while
# everything is remembered.
FORGOTTEN = 3
USUAL, MOST = 200, 1000


@dataclass(frozen=True)
class Changes:
    """The rows after `since` in order, whole revisions only.

    `next` is what to ask from for more; None when these are all. Not `complete`: what happened
    after `since` cannot be told, so the lists have to be read anew. Then one goes on from
    `revision`.
    """

    revision: int
    since: int
    complete: bool = True
    next: int | None = None
    rows: Sequence[CatalogueChange] = field(default_factory=list)


@dataclass(frozen=True)
class Reach:
    """The present revision, and the one up to which changes are forgotten."""

    revision: int
    forgotten: int

    def answers(self, since: int) -> bool:
        """Say whether all after `since` is remembered. One ahead of us knew another database."""
        return self.forgotten <= since <= self.revision


def reach() -> Reach:
    """Return how far the answers reach. One indexed query."""
    rows = Revision.objects.filter(pk__in=(THE_ROW, FORGOTTEN))
    numbers = dict(rows.values_list("pk", "number"))
    return Reach(numbers.get(THE_ROW, 0), numbers.get(FORGOTTEN, 0))


def changes(
    since: int,
    *,
    limit: int = USUAL,
    user_id: int | None = None,
    staff: bool = False,
    at: Reach | None = None,
) -> Changes:
    """Return what happened after the revision `since` to what this user may know of.

    That is what is shared and what is his own; `staff` also learns of shared models that were
    and stay inactive. Rows of one revision come together: more than `limit` come where one
    revision alone has more. `at` is what `reach()` has just told.
    """
    found = at or reach()
    if not found.answers(since):
        return Changes(found.revision, since, complete=False)
    # The revision was read before the rows: those of a later write are left for the next call.
    rows = CatalogueChange.objects.filter(revision__gt=since, revision__lte=found.revision)
    rows = _visible(rows, user_id, staff=staff).order_by("revision", "id")
    page = list(rows[: limit + 1])
    following = None
    if len(page) > limit:
        page = _whole(page, rows)
        last = page[-1].revision
        following = last if last < found.revision else None
    # Read again: what was forgotten meanwhile may be missing from these rows.
    if since < found.revision and reach().forgotten > since:
        return Changes(found.revision, since, complete=False)
    return Changes(found.revision, since, next=following, rows=page)


def _visible(
    rows: QuerySet[CatalogueChange], user_id: int | None, *, staff: bool
) -> QuerySet[CatalogueChange]:
    shared = Q(owner_id=None) if staff else Q(owner_id=None, for_staff=False)
    return rows.filter(shared if user_id is None else shared | Q(owner_id=user_id))


def _whole(page: list[CatalogueChange], rows: QuerySet[CatalogueChange]) -> list[CatalogueChange]:
    """Leave out the last revision, of which some may be missing; a single one is read whole."""
    last = page[-1].revision
    kept = [row for row in page if row.revision < last]
    return kept or list(rows.filter(revision=last))


def kept_for() -> timedelta:
    return timedelta(days=settings.REGISTRY_CHANGES_DAYS)


def forget(now: datetime | None = None) -> int:
    """Delete the changes that are older than REGISTRY_CHANGES_DAYS; return how many."""
    before = database_now(now) - kept_for()
    old = CatalogueChange.objects.filter(at__lt=before)
    if not old.exists():
        return 0
    with transaction.atomic():
        lock_catalogue()
        # Whole revisions: the rows of one were written at one moment, but not to the microsecond.
        last = old.aggregate(last=Max("revision"))["last"] or 0
        Revision.objects.update_or_create(pk=FORGOTTEN, defaults={"number": last})
        return CatalogueChange.objects.filter(revision__lte=last).delete()[0]
