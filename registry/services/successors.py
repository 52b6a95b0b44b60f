"""Which model could follow each of many: the first of `selection.alternatives`, read at once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from registry.choices import LLMType
from registry.models import LLMModel, ModelCapability
from registry.services.selection import conditions
from registry.services.selection.ranking import rank

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

_COLUMNS = ("pk", "type", "provider_id", "context_window", "dimensions", "distance_metric")


@dataclass(frozen=True, slots=True)
class _Candidate:
    pk: UUID
    type: str
    provider_id: int
    context_window: int | None
    dimensions: int | None
    distance_metric: str

    def could_follow(self, llm: LLMModel) -> bool:
        """Say whether all but the capabilities fits."""
        if self.type != llm.type or self.pk == llm.pk:
            return False
        if llm.type == LLMType.EMBEDDING:
            mine = (self.dimensions, self.distance_metric)
            return mine == (llm.dimensions, llm.distance_metric)
        if llm.context_window is None:
            return True
        return self.context_window is not None and self.context_window >= llm.context_window


def suggested(llms: Iterable[LLMModel]) -> dict[UUID, LLMModel]:
    """Return for each model, as far as there is one, the model that could follow it.

    Three queries for any number of models: one a model would be sorted anew for each.
    """
    wanted = list(llms)
    if not wanted:
        return {}
    ranked = _ranked({llm.type for llm in wanted})
    holders = _holders(wanted)
    found = {llm.pk: _first(llm, ranked, holders) for llm in wanted}
    rows = LLMModel.objects.select_related("provider").in_bulk(
        [pk for pk in found.values() if pk is not None]
    )
    return {pk: rows[heir] for pk, heir in found.items() if heir in rows}


def _ranked(types: Iterable[str]) -> list[_Candidate]:
    """Return the selectable models of these types in rank order."""
    rows = LLMModel.objects.shared().filter(type__in=types)
    rows = conditions.choose(rows, conditions.selectable()).order_by(*rank())
    return [_Candidate(*values) for values in rows.values_list(*_COLUMNS)]


def _holders(llms: Sequence[LLMModel]) -> Mapping[UUID, set[int]]:
    """Return the true capabilities of every model, of those that any of `llms` truly has."""
    true = ModelCapability.objects.filter(supported=True)
    asked = true.filter(llm__in=[llm.pk for llm in llms]).values("capability")
    found: dict[UUID, set[int]] = defaultdict(set)
    rows = true.filter(capability__in=asked).order_by().values_list("llm_id", "capability_id")
    for llm_id, capability_id in rows:
        found[llm_id].add(capability_id)
    return found


def _first(
    llm: LLMModel, ranked: Sequence[_Candidate], holders: Mapping[UUID, set[int]]
) -> UUID | None:
    kept = set() if llm.type == LLMType.EMBEDDING else holders.get(llm.pk, set())
    fitting = [
        candidate
        for candidate in ranked
        if candidate.could_follow(llm) and kept <= holders.get(candidate.pk, set())
    ]
    best = min(fitting, key=lambda one: _nearness(one, llm), default=None)
    return best.pk if best else None


def _nearness(candidate: _Candidate, llm: LLMModel) -> int:
    """Order as `alternatives` does: the named replacement, then the same maker, then by rank."""
    if candidate.pk == llm.replacement_id:
        return 0
    return 1 if candidate.provider_id == llm.provider_id else 2
