"""C2: slots of roles are neither lost nor doubled, however many people fill them at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from registry.choices import Scope
from registry.errors import StaleRevisionError
from registry.models import LLMModel
from registry.types import Change
from roles.choices import Builtin, Slot
from roles.models import RoleSlot
from roles.services.own_llms import remove_model
from roles.services.resolution import resolve
from roles.services.slots import revision_of, set_slot, slots_of
from tests.factories import make_token, make_user
from tests.invariants.isolation import with_token
from tests.registry.api.client import at_once
from tests.roles.factories import fill, make_local
from tests.threads import errors, together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.invariant("C2")]

THREADS = 16
ROUNDS = 10


def choose(owner: User | None, slot: str, pk: UUID, seen: int | None = None) -> RoleSlot | None:
    target = LLMModel.objects.get(pk=pk)
    return set_slot(owner, "chat", slot, target, change=Change(frozenset(), seen))


def standing(owner: User | None) -> dict[str, object]:
    return {
        slot: row.llm_id or row.builtin for slot, row in slots_of(owner).get("chat", {}).items()
    }


@pytest.fixture
def person(transactional_db: None) -> User:
    return make_user("zanna")


@pytest.mark.parametrize("whose", ["a person's", "the organisation's"])
def test_sixteen_fill_one_slot_and_the_others_stay(
    whose: str, person: User, figure: Callable[..., None]
) -> None:
    owner = person if whose == "a person's" else None
    llms = [make_local(owner) for _number in range(THREADS)]
    others = {slot: fill(owner, llms[0], slot=slot).llm_id for slot in Slot.values[1:]}
    failed = 0

    for turn in range(ROUNDS):
        rotated = llms[turn:] + llms[:turn]
        found = together([partial(choose, owner, "primary", llm.pk) for llm in rotated])
        failed += len(errors(found))
        now = standing(owner)
        assert now.pop("primary") in {llm.pk for llm in llms}
        assert now == others
        assert RoleSlot.objects.count() == len(Slot.values)

    assert failed == 0
    figure(whose=whose, threads=THREADS, writes=THREADS * ROUNDS, errors=failed, doubled=0)


def test_five_fill_the_five_slots_and_none_is_lost(
    person: User, figure: Callable[..., None]
) -> None:
    llms = [make_local(person) for _slot in Slot.values]

    for turn in range(ROUNDS):
        wanted = dict(zip(Slot.values, llms[turn % 5 :] + llms[: turn % 5], strict=True))
        works = [partial(choose, person, slot, llm.pk) for slot, llm in wanted.items()]
        assert errors(together(works)) == []
        assert standing(person) == {slot: llm.pk for slot, llm in wanted.items()}

    figure(threads=len(llms), writes=len(llms) * ROUNDS, lost=0)


def test_sixteen_and_five_at_once(person: User, figure: Callable[..., None]) -> None:
    """The same slot of one role by sixteen, and the other slots by one each, over the API."""
    llms = [make_local(person) for _number in range(THREADS)]
    _token, text = make_token(person, scopes=[Scope.ROLES_WRITE])

    def put(slot: str, pk: UUID) -> Any:
        client = with_token(text)
        path = f"/api/v1/roles/chat/{slot}"
        return client.put(path, {"model": str(pk)}, content_type="application/json")

    calls = [partial(put, "primary", llm.pk) for llm in llms]
    calls += [partial(put, slot, llms[0].pk) for slot in Slot.values[1:]]
    statuses = [answer.status_code for answer in at_once(calls)]

    now = standing(person)
    assert set(statuses) == {200}
    assert now.pop("primary") in {llm.pk for llm in llms}
    assert now == dict.fromkeys(Slot.values[1:], llms[0].pk)
    figure(threads=len(calls), answers=len(statuses), lost=0)


def test_of_those_who_saw_the_same_one_wins_and_the_rest_are_told(
    person: User, figure: Callable[..., None]
) -> None:
    llms = [make_local(person) for _number in range(THREADS)]
    seen = revision_of(fill(person, Builtin.GEMINI_CLI))

    works = [partial(choose, person, "primary", llm.pk, seen) for llm in llms]
    results = together(works)

    refused = errors(results)
    (won,) = (llm.pk for llm, found in zip(llms, results, strict=True) if found not in refused)
    assert {type(error) for error in refused} == {StaleRevisionError}
    assert standing(person) == {"primary": won}
    figure(writers=THREADS, won=1, told=len(refused))


def test_who_removes_the_model_meanwhile_leaves_no_slot_that_names_it(
    person: User, figure: Callable[..., None]
) -> None:
    refused = 0
    for _turn in range(ROUNDS):
        gone, stays = make_local(person), make_local(person)
        works: list[Callable[[], object]] = [partial(remove_model, person, gone.slug)]
        works += [partial(choose, person, slot, gone.pk) for slot in Slot.values]
        works += [partial(choose, person, "primary", stays.pk)]
        results = together(works)
        assert results[0] is True
        refused += len(errors(results))
        assert set(standing(person).values()) <= {stays.pk}
        assert resolve(person, "chat").chosen is not None

    figure(rounds=ROUNDS, writers=7 * ROUNDS, refused=refused, dangling=0)


@pytest.mark.parametrize("whose", ["a person's", "the organisation's"])
def test_the_database_lets_no_second_row_be(whose: str, person: User) -> None:
    """Owner, role and slot are unique together, also where the owner is null."""
    owner = person if whose == "a person's" else None
    llm = make_local(owner)
    fill(owner, llm)

    for builtin in ("", Builtin.CLAUDE_CLI.value):
        row = RoleSlot(owner=owner, role="chat", slot="primary", builtin=builtin)
        row.llm = None if builtin else llm
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save()

    assert RoleSlot.objects.count() == 1
