"""One look at all models of a type: which demands each fails, and in which order they stand.

There is a row of every model, so each is read as the driver gives it and hardly touched in Python.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connection
from django.db.models import BigIntegerField, Case, CharField, FloatField, Value, When
from django.db.models.functions import Cast

from registry.choices import Objective
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
_NO_MEASURE = Value(None, output_field=FloatField())
# What the objective looks at first; most of it comes first.
_MEASURES = {Objective.FASTEST: "tokens_per_second", Objective.CONTEXT: "context_window"}


class Judged(NamedTuple):
    """A model as the database judges it.

    `held` counts the optional capabilities that it has. `has_tiers`: its list prices are more
    than one of input and one of output. `failed` has a bit of each of its reasons, at the
    reason's place in `reasons_of`.
    """

    key: str
    held: int
    measure: float | None
    has_tiers: bool
    failed: int

    def failing(self, place: int) -> Judged:
        return self._replace(failed=self.failed | 1 << place)


def judge(wanted: Requirements, asked: Sequence[Condition]) -> list[Judged]:
    """Return every model in rank order, in one query; those that fit have `failed` 0.

    `measure` is what the objective looks at; for `cheapest`, what sorts by cost at list price.
    """
    masks = _masks(asked)
    rows = conditions.candidates(wanted.type).annotate(**masks, held=held_count(wanted.optional))
    return _read(rows, ("held", _measure(wanted), "has_tiers", *masks))


def by_rank(rows: LLMQuerySet, usage: Usage) -> list[Judged]:
    """Return rows that all fit, with what sorts them by the cost at list price."""
    return _read(rows, (Value(0), list_nano(usage), "has_tiers", Value(0)))


def first_of(fitting: Iterable[Judged], wanted: Requirements) -> list[Judged]:
    """Return those that come first: more of what is optional, then the most of the measure."""

    def order(row: Judged) -> tuple[int, float]:
        return -row.held, 1 if row.measure is None else -row.measure

    return heapq.nsmallest(wanted.limit, fitting, key=order)


def plain_rows(rows: QuerySet[Any, Any]) -> list[tuple[Any, ...]]:
    """Return rows as the database's driver gives them.

    Django looks at every value, which of ten thousand rows takes as long as reading them.
    """
    with connection.cursor() as cursor:
        cursor.execute(*rows.query.sql_with_params())
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


def _read(rows: LLMQuerySet, columns: Iterable[Any]) -> list[Judged]:
    """Read rows whose last columns are masks: one, or of many conditions several."""
    found = plain_rows(rows.order_by(*rank()).values_list(KEY, *columns))
    before = len(Judged._fields) - 1
    if found and len(found[0]) > len(Judged._fields):
        found = [(*row[:before], _joined(row[before:])) for row in found]
    return [*map(Judged._make, found)]


def _joined(masks: Sequence[int]) -> int:
    return sum(mask << 2 * _IN_ONE_COLUMN * number for number, mask in enumerate(masks))


def _measure(wanted: Requirements) -> Combinable | str:
    if wanted.objective == Objective.CHEAPEST:
        return list_nano(wanted.usage)
    return _MEASURES.get(Objective(wanted.objective), _NO_MEASURE)


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
