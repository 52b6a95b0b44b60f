"""Many people, and one person many times, fill slots at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import UUID

import pytest
from django.contrib.auth.models import User

from registry.models import LLMModel
from roles.choices import Slot
from roles.models import RoleSlot
from roles.services.slots import name_of, set_slot, slots_of
from tests.roles.factories import make_local, make_person
from tests.threads import errors, together
from tests.trail import written

THREADS = 16
ROUNDS = 10

pytestmark = pytest.mark.django_db(transaction=True)


def choose(owner: User | None, slot: str, pk: UUID) -> RoleSlot | None:
    return set_slot(owner, "chat", slot, LLMModel.objects.get(pk=pk))


def test_of_sixteen_who_fill_one_slot_the_last_stays(figure: Callable[..., None]) -> None:
    user = make_person()
    llms = [make_local(user) for _number in range(THREADS)]
    failed = 0

    for turn in range(ROUNDS):
        rotated = llms[turn:] + llms[:turn]
        with written() as trail:
            works = [partial(choose, user, "primary", llm.pk) for llm in rotated]
            failed += len(errors(together(works)))
        (row,) = RoleSlot.objects.all()
        assert row.llm is not None
        assert trail[-1].additional_data["model"] == row.llm.name
        assert set(trail.names) == {"role_slot_set"}
        assert len(trail) >= THREADS - 1  # who comes first may find his own choice there

    assert failed == 0
    figure(threads=THREADS, rounds=ROUNDS, writes=THREADS * ROUNDS, errors=failed)


def test_of_sixteen_who_fill_different_slots_none_is_lost(figure: Callable[..., None]) -> None:
    people = [*(make_person() for _number in range(THREADS // 5)), None]
    shared = [make_local(None) for _number in range(len(Slot.values))]
    places = [(owner, slot) for owner in people for slot in Slot.values][:THREADS]
    failed = 0

    for turn in range(ROUNDS):
        wanted = {
            (owner and owner.pk, slot): shared[(at + turn) % len(shared)]
            for at, (owner, slot) in enumerate(places)
        }
        works = [
            partial(choose, owner, slot, wanted[(owner and owner.pk, slot)].pk)
            for owner, slot in places
        ]
        failed += len(errors(together(works)))
        for owner in {owner for owner, _slot in places}:
            for slot, row in slots_of(owner)["chat"].items():
                assert name_of(row) == wanted[(owner and owner.pk, slot)].slug
        assert RoleSlot.objects.count() == len(places) == THREADS

    assert failed == 0
    figure(threads=THREADS, rounds=ROUNDS, slots=THREADS, errors=failed)


def test_filling_and_emptying_at_once_leaves_one_row_or_none() -> None:
    user = make_person()
    llm = make_local(user)

    for _turn in range(ROUNDS):
        works: list[Callable[[], object]] = []
        for number in range(THREADS):
            if number % 2:
                works.append(partial(set_slot, user, "chat", "primary", None))
            else:
                works.append(partial(choose, user, "primary", llm.pk))
        assert errors(together(works)) == []
        assert RoleSlot.objects.count() <= 1
