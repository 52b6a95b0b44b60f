from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial

import pytest
from django.contrib.auth.models import User
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from registry.choices import Dialect, LLMStatus, LLMType
from registry.models import LLMModel
from registry.services.revision import current_revision
from roles.choices import Builtin, Slot
from roles.models import RoleSlot
from roles.services import own_slots
from roles.services.prepared import forget, prepared
from roles.services.resolution import resolve
from tests.factories import make_llm, make_provider
from tests.roles.factories import (
    fill,
    make_account,
    make_claude,
    make_gemini,
    make_local,
    make_own,
    make_person,
    moved,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return make_person()


def queries_of(work: Callable[[], object]) -> int:
    with CaptureQueriesContext(database) as queries:
        work()
    return len(queries)


def own_local(user: User) -> LLMModel:
    return make_local(user, tags=["zoo", "Älter", "chat"], context_window=32_000, temperature=0.5)


def embedding(user: User) -> LLMModel:
    columns = {"type": LLMType.EMBEDDING, "dimensions": 1024, "normalize": True}
    account = make_account(user, provider=make_provider(dialect=Dialect.OPENAI))
    return make_own(user, account, provider=account.provider, **columns)


@pytest.mark.parametrize(
    "make",
    [
        own_local,
        embedding,
        make_claude,
        make_gemini,
        lambda user: make_gemini(user, make_account(user)),
        lambda _user: make_llm(),
        lambda _user: make_local(None),
        lambda _user: Builtin.GEMINI_CLI,
    ],
)
def test_it_says_what_a_resolution_says(
    user: User, make: Callable[[User], LLMModel | Builtin]
) -> None:
    fill(user, make(user))
    fill(None, Builtin.GEMINI_API)
    read = own_slots.read_slots(user.pk, "chat")

    for _turn in ("read", "kept"):
        found = own_slots.by_own_slots(user.pk, "chat", read)
        assert found is not None
        assert found.facts() == resolve(user, "chat").facts()


def test_what_was_passed_over_stands_in_the_trace(user: User) -> None:
    fill(user, make_local(user, status=LLMStatus.INACTIVE))
    fill(user, make_local(user, connection_ref="gone"), slot=Slot.BACKUP_1)
    fill(user, make_local(user), slot=Slot.BACKUP_3)

    facts = json.loads(prepared(user, "chat").content)

    assert facts == resolve(user, "chat").facts()
    assert len(facts["trace"]) == 3


def test_one_model_may_stand_in_two_slots(user: User) -> None:
    llm = make_local(user, status=LLMStatus.DEPRECATED)
    fill(user, llm)
    fill(user, llm, slot=Slot.BACKUP_1)
    fill(user, Builtin.GEMINI_CLI, slot=Slot.BACKUP_2)

    facts = json.loads(prepared(user, "chat").content)

    assert [entry["slot"] for entry in facts["trace"]] == ["primary", "backup_1", "backup_2"]
    assert facts == resolve(user, "chat").facts()


def test_a_model_that_is_somebody_elses_by_now_is_left_to_the_resolution(user: User) -> None:
    llm, other = make_local(user), make_person()
    fill(user, llm)
    moved(llm, owner=other)
    fill(other, llm)
    prepared(other, "chat")  # this process knows the model by now

    facts = json.loads(prepared(user, "chat").content)

    assert facts == resolve(user, "chat").facts()
    assert llm.name not in json.dumps(facts)


def test_slots_that_do_not_answer_leave_it_to_the_organisation(user: User) -> None:
    fill(user, make_local(user, status=LLMStatus.INACTIVE))
    fill(None, Builtin.GEMINI_CLI)

    facts = json.loads(prepared(user, "chat").content)

    assert facts == resolve(user, "chat").facts()
    assert facts["source"] == "organisation"


def test_a_first_answer_is_one_query_where_the_model_is_known_and_two_where_not(
    user: User,
) -> None:
    shared, other = make_llm(), make_person()
    fill(user, shared)
    fill(other, shared)
    prepared(user, "chat")
    forget()

    assert queries_of(partial(prepared, user, "chat")) == 2
    assert queries_of(partial(prepared, other, "chat")) == 1


def test_slots_come_in_their_order_with_the_revision(user: User) -> None:
    fill(user, Builtin.CLAUDE_CLI, slot=Slot.BACKUP_4)
    fill(user, Builtin.GEMINI_CLI, slot=Slot.BACKUP_1)
    fill(user, Builtin.GEMINI_API)
    fill(user, Builtin.GEMINI_API, role="coder")
    fill(None, Builtin.GEMINI_API, slot=Slot.BACKUP_2)

    read = own_slots.read_slots(user.pk, "chat")

    assert read.revision == current_revision()
    assert [row.slot for row in read.slots] == ["primary", "backup_1", "backup_4"]
    assert own_slots.read_slots(None, "chat") == own_slots.SlotsRead(read.revision, [])


def test_before_the_first_write_there_is_nothing(user: User) -> None:
    assert not RoleSlot.objects.exists()
    expected = own_slots.SlotsRead(current_revision(), [])
    assert own_slots.read_slots(user.pk, "chat") == expected
