"""C7: of those who saw the same revision one may write; the others are told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from registry.errors import StaleRevisionError
from registry.models import Platform
from registry.models.base import Revised
from registry.services.connections import save_connection
from registry.services.knowledge_bases import save_knowledge_base
from registry.services.llms import save_llm
from registry.services.platforms import save_platform
from registry.services.providers import save_provider
from registry.types import Change, ConnectionChange, LLMChange
from tests.factories import make_connection, make_knowledge_base, make_llm, make_provider
from tests.threads import errors, together

WRITERS = 10


def make_platform() -> Platform:
    return save_platform(Platform(slug="hub", name="Hub"))


# How a row is made, written, and which of its fields everybody wants to change.
KINDS: dict[str, tuple[Callable[[], Any], Callable[..., Any], type[Change], str]] = {
    "model": (make_llm, save_llm, LLMChange, "name"),
    "connection": (make_connection, save_connection, ConnectionChange, "label"),
    "provider": (make_provider, save_provider, Change, "name"),
    "platform": (make_platform, save_platform, Change, "name"),
    "knowledge base": (make_knowledge_base, save_knowledge_base, Change, "name"),
}


def writer(kind: str, row: Revised, text: str, seen: int | None) -> Callable[[], object]:
    """Return a request that read `row` at the revision `seen` and now renames it."""
    _make, save, change, field = KINDS[kind]

    def write() -> object:
        mine = type(row)._default_manager.get(pk=row.pk)
        setattr(mine, field, text)
        return save(mine, change(fields=frozenset({field}), expected_revision=seen))

    return write


@pytest.mark.invariant("C7")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.django_db(transaction=True)
def test_one_of_ten_wins_and_nine_are_told(kind: str, figure: Callable[..., None]) -> None:
    make, _save, _change, field = KINDS[kind]
    row = make()
    texts = [f"by {number}" for number in range(WRITERS)]

    results = together([writer(kind, row, text, row.revision) for text in texts])

    refused = errors(results)
    won = [text for text, result in zip(texts, results, strict=True) if result not in refused]
    row.refresh_from_db()
    assert {type(error) for error in refused} == {StaleRevisionError}
    assert [getattr(row, field)] == won
    assert row.revision == 2
    figure(kind=kind, writers=WRITERS, won=len(won), told=len(refused))


@pytest.mark.invariant("C7")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.django_db(transaction=True)
def test_who_has_seen_nothing_loses_no_other_field(kind: str, figure: Callable[..., None]) -> None:
    """Without a revision the last one wins, but only in the fields that he names."""
    make, _save, _change, field = KINDS[kind]
    row = make()

    results = together([writer(kind, row, f"by {number}", None) for number in range(WRITERS)])

    before = {name: value for name, value in vars(row).items() if not name.startswith("_")}
    row.refresh_from_db()
    after = {name: value for name, value in vars(row).items() if not name.startswith("_")}
    moved = {name for name in after if after[name] != before[name]}
    assert errors(results) == []
    assert moved == {field, "revision", "updated_at"}
    assert row.revision == 1 + WRITERS
    figure(kind=kind, writers=WRITERS, writes=WRITERS)
