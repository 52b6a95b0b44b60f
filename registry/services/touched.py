"""Which models have been touched since a list was prepared, so that only they are read anew.

The log of changes tells: what a model is made of is told there as a change of that model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from registry.models import CatalogueChange, Price
from registry.services.changes import reach

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

K = TypeVar("K")
V = TypeVar("V")

# After more changes than these everything is sooner read.
MOST = 1_000
# What is no part of any list by itself; a route's row names its model, too.
_ELSEWHERE = "platform"


def touched(since: int, until: int) -> frozenset[UUID] | None:
    """Return the models that catalogue writes after `since`, up to `until`, have touched.

    None where that cannot be told or is too much: a provider stands in many lists, and what is
    forgotten is in no log. Then everything is to be read.
    """
    rows = CatalogueChange.objects.filter(revision__gt=since, revision__lte=until)
    told = list(rows.order_by().values_list("kind", "llm_id")[: MOST + 1])
    found = {llm_id for kind, llm_id in told if kind != _ELSEWHERE}
    # Read last: what was forgotten meanwhile may be missing from these rows.
    if None in found or len(told) > MOST or not reach().answers(since):
        return None
    return frozenset(llm_id for llm_id in found if llm_id is not None)


def due(now: datetime) -> frozenset[UUID]:
    """Return the models with a price that has begun and that no write has told of yet."""
    return frozenset(Price.objects.due(now).order_by().values_list("llm_id", flat=True).distinct())


def patched(known: Mapping[K, V], keys: Iterable[K], fresh: Mapping[K, V]) -> dict[K, V]:
    """Return `known` with what is at these keys now; what stays keeps its place."""
    found = {**known, **fresh}
    for key in keys:
        if key not in fresh:
            found.pop(key, None)
    return found
