"""Names made from the ids of documents."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from hypothesis import example, given
from hypothesis import strategies as st

from registry.models.base import SlugTextField
from roles.choices import Builtin
from roles.legacy.naming import LONGEST, Names, is_slug, slug_of
from tests.roles.legacy.documents import IDS

texts = st.text(max_size=250) | st.sampled_from(IDS) | st.uuids().map(str)


def is_taken_by_the_table(text: str) -> bool:
    try:
        cleaned: str = SlugTextField(max_length=200).clean(text, None)
    except ValidationError:
        return False
    return cleaned == text


@given(text=texts | st.from_regex(r"[a-z0-9][a-z0-9._-]*", fullmatch=True))
@example(text="embedding")
@example(text="12345678123456781234567812345678")
@example(text="a" * 201)
@example(text="a\n")
@example(text="")
def test_a_name_is_what_the_table_takes(text: str) -> None:
    assert is_slug(text) == is_taken_by_the_table(text)


@given(text=texts)
@example(text="generation")
@example(text="a" * 300)
@example(text="12345678-1234-5678-1234-567812345678")
def test_every_text_gives_a_name_and_names_stay(text: str) -> None:
    found = slug_of(text)

    assert is_slug(found)
    assert slug_of(found) == found
    if is_slug(text):
        assert found == text


@given(ids=st.lists(texts, max_size=12))
def test_names_are_given_out_once_and_kept_where_they_can_be(ids: list[str]) -> None:
    names = Names.for_ids(ids)

    given_out = [names.give(text) for text in ids]

    assert len(set(given_out)) == len(ids)
    assert all(is_slug(name) for name in given_out)
    for text in {text for text in ids if is_slug(text)}:
        assert given_out[ids.index(text)] == text  # the first who has it


@given(ids=st.lists(texts, max_size=8))
def test_the_same_ids_get_the_same_names(ids: list[str]) -> None:
    first, second = Names.for_ids(ids), Names.for_ids(ids)

    assert [first.give(text) for text in ids] == [second.give(text) for text in ids]


@pytest.mark.parametrize("key", Builtin.values)
def test_no_made_name_is_a_built_ins_but_an_id_may_be(key: str) -> None:
    assert Names.for_ids([key]).give(key) == key
    assert Names.for_ids([]).give(f" {key.upper()} ") == f"{key}-2"


def test_long_ids_that_begin_alike_stay_apart() -> None:
    ids = [f"{'X' * 300}{number}" for number in range(30)]
    names = Names.for_ids(ids)

    given_out = {names.give(text) for text in ids}

    assert len(given_out) == 30
    assert max(len(name) for name in given_out) <= LONGEST
