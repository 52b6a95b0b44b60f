"""C1: at most one default per type, however many people choose one at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import UUID

import pytest

from registry.choices import LLMType
from registry.models import LLMModel
from registry.services.defaults import set_default
from tests.factories import make_llm, make_provider
from tests.threads import errors, together

THREADS = 16
ROUNDS = 10


def choose(pk: UUID) -> LLMModel:
    return set_default(LLMModel.objects.get(pk=pk))


@pytest.mark.invariant("C1")
@pytest.mark.django_db(transaction=True)
def test_sixteen_people_choosing_at_once_leave_one_default(figure: Callable[..., None]) -> None:
    provider = make_provider()
    llms = [make_llm(LLMType.EMBEDDING, provider=provider) for _number in range(THREADS)]
    failed = 0

    for turn in range(ROUNDS):
        rotated = llms[turn:] + llms[:turn]
        failed += len(errors(together([partial(choose, llm.pk) for llm in rotated])))
        defaults = LLMModel.objects.filter(type=LLMType.EMBEDDING, is_default=True).count()
        assert defaults == 1

    assert failed == 0
    figure(threads=THREADS, rounds=ROUNDS, choices=THREADS * ROUNDS, errors=failed)
