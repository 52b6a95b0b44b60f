"""The whole answer: ranked models with route and cost, and why the others are not among them."""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from registry.choices import Objective
from registry.models import ModelCapability
from registry.services.selection import conditions
from registry.services.selection.cheapest import by_cost, read
from registry.services.selection.judging import first_of, judge, places, reasons_of
from registry.services.selection.offers import offers_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from registry.models import LLMModel, Route
    from registry.services.costs import Cost
    from registry.services.selection.judging import Judged
    from registry.services.selection.offers import ModelOffer
    from registry.services.selection.requirements import Requirements

    _Reason = tuple[str, Any]  # code and words

SHOWN_REJECTED = 100


@dataclass(frozen=True)
class Ranked:
    """A model that fits, the route to call it over, and what the request costs there.

    `route` None: it is called at its own endpoint. `cost` None: a price is not known.
    `optional` are the optional capabilities that it has.
    """

    llm: LLMModel
    route: Route | None
    cost: Cost | None
    optional: list[str]


@dataclass(frozen=True)
class Reason:
    """Why a model is not answered; `code` is stable, for programs."""

    code: str
    message: str


@dataclass(frozen=True)
class Rejected:
    llm: LLMModel
    reasons: list[Reason]


@dataclass(frozen=True)
class Recommendation:
    """`results` are the first of `count` that fit; `rejected` the nearest of `rejected_count`.

    Nearest are those with the fewest reasons, then by rank. `reason_counts` is over all, and
    `reason_texts` says each code in words.
    """

    results: list[Ranked]
    count: int
    rejected: list[Rejected]
    rejected_count: int
    reason_counts: dict[str, int]
    reason_texts: dict[str, str]


def recommend(wanted: Requirements, *, with_inactive: bool = True) -> Recommendation:
    """Return the models that meet the requirements, best first, and the others with reasons.

    More optional capabilities come first, then the objective decides, then rank. With the
    objective `cheapest` a model whose cost is unknown is rejected. Asked for a platform, routes
    over others do not count. The number of queries does not depend on the number of models.
    Inactive ones are among the others, unless whoever asks may not know of them.
    """
    asked = [
        *conditions.conditions_of(wanted),
        *conditions.fits(wanted.prompt_tokens, wanted.output_tokens),
        _PRICE_KNOWN,
    ]
    reasons, over = reasons_of(asked), conditions.routes_for(wanted)
    judged = judge(wanted, asked, with_inactive=with_inactive)
    fitting = [row for row in judged if not row.failed]
    chosen: list[Judged] = []
    offers: list[ModelOffer] = []
    if wanted.objective == Objective.CHEAPEST:
        found = by_cost(fitting, wanted.type, wanted.usage, first=wanted.limit, over=over)
        offers = found.offers[: wanted.limit]
        unpriced = 2 * asked.index(_PRICE_KNOWN)
        judged = [row.failing(unpriced) if row.key in found.unpriced else row for row in judged]
    else:
        chosen = first_of(fitting, wanted)
    rejected = [row for row in judged if row.failed]
    nearest = heapq.nsmallest(SHOWN_REJECTED, rejected, key=lambda row: row.failed.bit_count())
    rows = read(row.key for row in (*chosen, *nearest))
    if chosen:
        llms = [rows[row.key] for row in chosen if row.key in rows]
        offers = offers_of(llms, wanted.usage, at_best_route=True, over=over)
    counts = _counts(rejected, reasons)
    return Recommendation(
        results=_ranked(offers, wanted.optional),
        count=len(judged) - len(rejected),
        rejected=[_rejected(rows[row.key], row, reasons) for row in nearest if row.key in rows],
        rejected_count=len(rejected),
        reason_counts=counts,
        reason_texts={code: str(words) for code, words in reasons if code in counts},
    )


# Holds of all but those whose cost `by_cost` cannot find.
_PRICE_KNOWN = conditions.Condition(
    "price_unknown", ~conditions.NOTHING, _("What the request costs is not known.")
)


def _counts(rejected: Sequence[Judged], reasons: Sequence[_Reason]) -> dict[str, int]:
    """Return how many models each reason rejects, by code; many models fail the same demands."""
    counts: Counter[str] = Counter()
    for failed, number in Counter(row.failed for row in rejected).items():
        for place in places(failed):
            counts[reasons[place][0]] += number
    return dict(counts.most_common())


def _rejected(llm: LLMModel, row: Judged, reasons: Sequence[_Reason]) -> Rejected:
    told = [reasons[place] for place in places(row.failed)]
    return Rejected(llm, [Reason(code, str(words)) for code, words in told])


def _ranked(offers: Sequence[ModelOffer], optional: Sequence[str]) -> list[Ranked]:
    held = _optional_of([offer.llm.pk for offer in offers], optional)
    return [
        Ranked(
            offer.llm,
            offer.route,
            offer.cost,
            [name for name in optional if name in held.get(offer.llm.pk, ())],
        )
        for offer in offers
    ]


def _optional_of(ids: Sequence[UUID], names: Sequence[str]) -> dict[UUID, set[str]]:
    found: dict[UUID, set[str]] = {}
    if names:
        links = ModelCapability.objects.filter(llm__in=ids, supported=True)
        links = links.filter(capability__name__in=names)
        for pk, name in links.values_list("llm_id", "capability__name"):
            found.setdefault(pk, set()).add(name)
    return found
