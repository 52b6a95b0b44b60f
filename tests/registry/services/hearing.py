"""What applications hear of the changes that a test makes."""

from __future__ import annotations

from typing import Any

from registry.models import CatalogueChange, LLMModel
from registry.services import changes
from registry.services.llms import save_llm
from registry.services.revision import current_revision
from registry.types import LLMChange


class Told(list[CatalogueChange]):
    """The changes that a block of a test led to."""

    @property
    def names(self) -> list[tuple[str, str]]:
        return [(row.event, row.name) for row in self]


class Ear:
    """Hears what is new since it was made, or since it last listened."""

    def __init__(self, **who: Any) -> None:
        self.since, self.who = current_revision(), who

    def hear(self) -> Told:
        found = changes.changes(self.since, **{"limit": 1000, "staff": True} | self.who)
        assert found.complete
        assert found.next is None
        self.since = found.revision
        return Told(found.rows)


def rename(llm: LLMModel, name: str) -> LLMModel:
    llm.name = name
    return save_llm(llm, LLMChange(fields=frozenset({"name"})))
