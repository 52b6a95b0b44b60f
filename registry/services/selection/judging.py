"""One look at all models of a type: which demands each fails, and in which order they stand.

There is a row of every model, so each is read as the driver gives it and hardly touched in Python.
"""

from __future__ import annotations

import heapq
from itertools import starmap
from typing import TYPE_CHECKING, Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BigIntegerField, Case, CharField, Value, When
from django.db.models.functions import Cast

from registry.choices import LLMStatus, Objective
from registry.services.selection import conditions
from registry.services.selection.choosing import held_count
from registry.services.selection.ranking import list_nano, rank

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from django.db.models import QuerySet
    from django.db.models.expressions import Combinable

    from registry.models.llm import LLMQuerySet
    from registry.services.costs import Usage
    from registry.services.selection.conditions import Condition
    from registry.services.selection.requirements import Requirements

# Conditions of one column: each has two bits, for what is known to fail and what is not known.
_IN_ONE_COLUMN = 24
# The id as text: of ten thousand rows few are ever read.
KEY = Cast("pk", CharField())
# What the objective looks at first; most of it comes first.
_MEASURES = {Objective.FASTEST: "tokens_per_second", Objective.CONTEXT: "context_window"}


class Judged(NamedTuple):
    """A model as the database judges it.

    `failed` has a bit of each of its reasons, at the reason's place in `reasons_of`; `held` counts
    the optional capabilities that it has; `measure` is what the objective looks at. `has_tiers`:
    its list prices are more than one of input and one of output.
    """

    key: str
    failed: int = 0
    held: int = 0
    measure: float | None = None
    has_tiers: bool = False

    def failing(self, place: int) -> Judged:
        return self._replace(failed=self.failed | 1 << place)


def judge(
    wanted: Requirements, asked: Sequence[Condition], *, with_inactive: bool = True
) -> list[Judged]:
    """Return every model in rank order, in one query; those that fit have `failed` 0.

    For `cheapest` the measure is what sorts by the cost at list price.
    """
    masks = _masks(asked)
    rows = conditions.candidates(wanted.type)
    if not with_inactive:
        rows = rows.exclude(status=LLMStatus.INACTIVE)
    rows = rows.annotate(**masks, held=held_count(wanted.optional))
    found = _read(rows, *masks, *_order_columns(wanted))
    if len(masks) > 1:
        end = 1 + len(masks)
        found = [(row[0], _joined(row[1:end]), *row[end:]) for row in found]
    return [*starmap(Judged, found)]


def by_rank(rows: LLMQuerySet, usage: Usage) -> list[Judged]:
    """Return rows that all fit, with what sorts them by the cost at list price."""
    return [*starmap(Judged, _read(rows, Value(0), Value(0), list_nano(usage), "has_tiers"))]


def first_of(fitting: Iterable[Judged], wanted: Requirements) -> list[Judged]:
    """Return those that come first: more of what is optional, then the most of the measure."""

    def order(row: Judged) -> tuple[int, float]:
        return -row.held, 1 if row.measure is None else -row.measure

    return heapq.nsmallest(wanted.limit, fitting, key=order)


def plain_rows(rows: QuerySet[Any, Any]) -> list[tuple[Any, ...]]:
    """Return rows as the database's driver gives them.

    Django looks at every value, which of ten thousand rows takes as long as reading them.
    """
    try:
        asked = rows.query.sql_with_params()
    except EmptyResultSet:  # Django knows without asking that there is none
        return []
    with connection.cursor() as cursor:
        cursor.execute(*asked)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def reasons_of(asked: Iterable[Condition]) -> list[tuple[str, Any]]:
    """Return code and words of every reason there can be: two of each condition."""
    return [
        reason
        for condition in asked
        for reason in (
            (condition.code, condition.message),
            (condition.unknown_code, condition.unknown_message),
        )
    ]


def places(failed: int) -> Iterator[int]:
    """Return the places of the reasons whose bits are set."""
    return (place for place in range(failed.bit_length()) if failed >> place & 1)


def _read(rows: LLMQuerySet, *columns: Any) -> list[tuple[Any, ...]]:
    return plain_rows(rows.order_by(*rank()).values_list(KEY, *columns))


def _order_columns(wanted: Requirements) -> list[Any]:
    """Return what decides before the rank; a column that nobody looks at costs time, too."""
    if wanted.objective == Objective.CHEAPEST:
        return ["held", list_nano(wanted.usage), "has_tiers"]
    if wanted.objective in _MEASURES:
        return ["held", _MEASURES[Objective(wanted.objective)]]
    return ["held"] if wanted.optional else []


def _joined(masks: Sequence[int]) -> int:
    return sum(mask << 2 * _IN_ONE_COLUMN * number for number, mask in enumerate(masks))


def _masks(asked: Sequence[Condition]) -> dict[str, Combinable]:
    """Return the failures as whole numbers: two bits of a column are one condition's."""
    masks: dict[str, Any] = {}
    for number, condition in enumerate(asked):
        name, bit = f"mask_{number // _IN_ONE_COLUMN}", 1 << 2 * (number % _IN_ONE_COLUMN)
        fails = Case(
            When(condition.holds, then=0),
            When(condition.unknown, then=2 * bit),
            default=bit,
            output_field=BigIntegerField(),
        )
        masks[name] = masks[name] + fails if name in masks else fails
    return masks
