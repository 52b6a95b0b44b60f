"""One look at all models of a type: which demands each fails, and in which order they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import BigIntegerField, BooleanField, Case, CharField, Exists, OuterRef, When
from django.db.models.functions import Cast

from registry.choices import Objective
from registry.models import Route
from registry.services.selection import conditions
from registry.services.selection.choosing import held_count
from registry.services.selection.ranking import list_nano, rank

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from django.db.models import Q
    from django.db.models.expressions import Combinable

    from registry.models.llm import LLMQuerySet
    from registry.services.costs import Usage
    from registry.services.selection.conditions import Condition
    from registry.services.selection.requirements import Requirements

# Conditions of one column: each has two bits, for what is known to fail and what is not known.
_IN_ONE_COLUMN = 24
# The id as text: of ten thousand rows few are ever read.
KEY = Cast("pk", CharField())
# Models of which more than an input and an output price decide the cost.
_TIERED_ROUTE = Exists(Route.objects.filter(llm=OuterRef("pk"), has_tiers=True))
SPECIAL = Case(
    When(has_tiers=True, then=True),
    When(_TIERED_ROUTE, then=True),
    default=False,
    output_field=BooleanField(),
)
# What the objective looks at first; most of it comes first.
_MEASURES = {Objective.FASTEST: "tokens_per_second", Objective.CONTEXT: "context_window"}


class Judged(NamedTuple):
    """A model and its `place` in rank order, from 0.

    `failed` are the places of its reasons in `reasons_of`; `held` counts the optional
    capabilities that it has.
    """

    key: str
    place: int
    failed: tuple[int, ...] = ()
    held: int = 0
    measure: float | None = None
    is_special: bool = False

    def failing(self, place: int) -> Judged:
        return self._replace(failed=(*self.failed, place))


def judge(
    wanted: Requirements, asked: Sequence[Condition], among: Q | None = None
) -> tuple[list[Judged], list[Judged]]:
    """Return the models that fit, best first, and those that do not, by rank; in one query.

    For `cheapest` those that fit are by rank, too, and their `measure` is what sorts by the
    cost at list price.
    """
    masks = _masks(asked)
    rows = conditions.candidates(wanted.type).filter(among or ~conditions.NOTHING)
    rows = rows.annotate(**masks, held=held_count(wanted.optional))
    judged = list(_read(rows, wanted, [*masks]))
    fitting = [row for row in judged if not row.failed]
    if wanted.objective in _MEASURES:
        fitting.sort(key=lambda row: (row.measure is None, -(row.measure or 0)))
    if wanted.optional:
        fitting.sort(key=lambda row: -row.held)
    return fitting, [row for row in judged if row.failed]


def by_rank(rows: LLMQuerySet, usage: Usage) -> list[Judged]:
    """Return rows that all fit, with what sorts them by the cost at list price."""
    columns = rows.annotate(key=KEY, measure=list_nano(usage), special=SPECIAL)
    found = columns.order_by(*rank()).values_list("key", "measure", "special")
    return [
        Judged(key, place, measure=measure, is_special=special)
        for place, (key, measure, special) in enumerate(found)
    ]


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


def _read(rows: LLMQuerySet, wanted: Requirements, masks: Sequence[str]) -> Iterator[Judged]:
    columns: list[Any] = [KEY, *masks, "held"]
    if wanted.objective == Objective.CHEAPEST:
        columns += [list_nano(wanted.usage), SPECIAL]
    elif wanted.objective in _MEASURES:
        columns.append(_MEASURES[Objective(wanted.objective)])
    end = 1 + len(masks)
    failed_by: dict[tuple[int, ...], tuple[int, ...]] = {}  # few kinds for many models
    for place, values in enumerate(rows.order_by(*rank()).values_list(*columns)):
        bits = values[1:end]
        failed = failed_by.get(bits)
        if failed is None:
            failed = failed_by[bits] = _places(bits)
        yield Judged(values[0], place, failed, *values[end:])


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


def _places(masks: Sequence[int]) -> tuple[int, ...]:
    """Return the places of the reasons whose bits are set."""
    return tuple(
        2 * number * _IN_ONE_COLUMN + bit
        for number, mask in enumerate(masks)
        for bit in range(2 * _IN_ONE_COLUMN)
        if mask >> bit & 1
    )
