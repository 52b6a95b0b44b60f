"""Finding models: by name, by what is required of them, by what they can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Case, IntegerField, Q, Subquery, Value, When

from registry.models import LLMModel, Provider
from registry.services.llm_links import fold
from registry.services.selection.conditions import (
    candidates,
    capability_ids,
    choose,
    conditions_of,
    held,
)
from registry.services.selection.ranking import rank
from registry.services.selection.requirements import Requirements, is_storable, known_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.db.models.expressions import Combinable

    from registry.models.llm import LLMQuerySet


def find_model(provider: str, name: str) -> LLMModel | None:
    """Return the shared model of this name by its maker, of any status, or None.

    The name is the model id or the slug, exactly; aliases are looked at after the names.
    """
    maker = Provider.objects.named(provider).first()
    if maker is None or not is_storable(name):
        return None
    rows = LLMModel.objects.shared().filter(provider=maker).select_related("provider")
    exact = rows.filter(Q(model_id=name) | Q(slug=name)).order_by("-is_default", *rank())
    found: LLMModel | None = exact.first()
    if found is None:
        found = rows.filter(aliases__folded=fold(name)).order_by(*rank()).first()
    return found


def query(**conditions: Any) -> list[LLMModel]:
    """Return every selectable model that matches, in rank order.

    `conditions` are the names of `Requirements`, or requires_tools=True and the like. Raises
    ValidationError naming a condition that is unknown or wrong.
    """
    return list(matching(Requirements.of(**conditions)))


def find_best(**conditions: Any) -> LLMModel | None:
    """Return the first model of `query`, or None; the caller copes with None.

    The lowest price is looked up by its index, so that few rows are ever sorted.
    """
    rows = matching(Requirements.of(**conditions))
    priced = rows.filter(input_cost__isnull=False).order_by("input_cost")
    lowest = Subquery(priced.values("input_cost")[:1])
    found: LLMModel | None = rows.filter(input_cost=lowest).first()
    return found or rows.filter(input_cost__isnull=True).first()


def capability_search(
    required: Sequence[str] = (), optional: Sequence[str] = (), excluded: Sequence[str] = ()
) -> list[LLMModel]:
    """Return the selectable models with all of `required` and none of `excluded`.

    Those that have the most of `optional` come first, then rank decides.
    """
    wanted = Requirements(requires=tuple(required), excluded=tuple(excluded))
    names = [known_name(name) for name in dict.fromkeys(optional)]
    rows = matching(wanted).annotate(held=held_count(names))
    return list(rows.order_by("-held", *rank()))


def matching(wanted: Requirements) -> LLMQuerySet:
    """Return the rows that meet the requirements, in rank order, whatever the objective."""
    rows = choose(candidates(wanted.type), conditions_of(wanted))
    return rows.select_related("provider").order_by(*rank())


def held_count(names: Iterable[str]) -> Combinable:
    """Return how many of the capabilities a row is known to have."""
    wanted = list(names)
    ids = capability_ids(wanted)
    count: Combinable = Value(0, output_field=IntegerField())
    for name in wanted:
        if name in ids:
            count += Case(When(held(ids[name]), then=1), default=0, output_field=IntegerField())
    return count
