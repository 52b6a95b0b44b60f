"""Searching goes from the name itself to a piece of it."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from registry.services import selection
from tests.factories import make_llm, make_provider, make_user
from tests.registry.services.selection.catalogues import make

pytestmark = pytest.mark.django_db


def found(text: str, llm_type: str = "") -> list[str]:
    return [llm.slug for llm in selection.search(text, llm_type)]


def test_search_goes_from_the_name_itself_to_a_piece_of_it() -> None:
    make("x-gpt-4", price="1")
    make("gpt-4-turbo", price="2")
    make("gpt-4", price="9")
    make("other", price="1", aliases=["GPT-4"])

    assert found("gpt-4") == ["other", "gpt-4", "gpt-4-turbo", "x-gpt-4"]


@pytest.mark.parametrize("text", ["%", "_", "a_c", "", "   "])
def test_search_takes_every_character_as_it_is(text: str) -> None:
    make("abc", price="1")

    assert found(text) == []


def test_an_alias_that_begins_so_is_as_near_as_a_name() -> None:
    make("a-contains-fast", price="1")
    make("z-model", price="9", aliases=["Fast one"])

    assert found("FAST") == ["z-model", "a-contains-fast"]


def test_it_looks_at_family_tags_and_provider_too() -> None:
    make("by-family", family="Quantum leap", price="1")
    make("by-tag", tags=["Quantum"], price="2")
    make("by-maker", provider=make_provider("quantum-labs"), price="3")
    make("other", price="1")

    assert found("quantum") == ["by-family", "by-tag", "by-maker"]


def test_a_type_narrows_and_a_user_s_own_model_stays_his() -> None:
    make("it")
    make("vectors-it", llm_type="embedding", dimensions=8)
    make_llm(owner=make_user(), slug="it-mine", name="it")

    assert found("it") == ["it", "vectors-it"]
    assert found("it", "embedding") == ["vectors-it"]


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "x" * 201])
def test_what_no_database_compares_with_is_refused(text: str) -> None:
    with pytest.raises(ValidationError) as refused:
        selection.search(text)

    assert list(refused.value.message_dict) == ["q"]
