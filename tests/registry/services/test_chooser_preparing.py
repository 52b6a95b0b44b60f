"""What preparing a chooser list costs: once per change and process, whoever asks for what."""

from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries

from registry.choices import LLMType
from registry.services import chooser
from tests.factories import make_llm
from tests.threads import errors, together

CALLERS = 8


@pytest.mark.django_db
def test_pages_are_cut_from_what_is_prepared(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(3):
        make_llm()
    chooser.chooser_list(LLMType.GENERATION, page_size=1)

    for page in (2, 3, 4):
        with django_assert_num_queries(1):
            chooser.chooser_list(LLMType.GENERATION, page=page, page_size=1)


@pytest.mark.django_db(transaction=True)
def test_one_thread_prepares_and_the_others_take_what_it_has() -> None:
    make_llm()

    answers = together([lambda: chooser.chooser_list(LLMType.GENERATION)] * CALLERS)

    assert errors(answers) == []
    assert len({id(body) for _revision, body in answers if body}) == 1  # type: ignore[misc]
