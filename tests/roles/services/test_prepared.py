from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial

import pytest
from django.core.exceptions import ValidationError
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from registry.choices import Health
from registry.services.llms import save_llm
from registry.types import LLMChange
from roles.choices import Builtin
from roles.services import prepared as module
from roles.services.prepared import forget, prepared, prepared_resolution
from roles.services.resolution import resolve
from roles.services.slots import set_slot
from tests.factories import API_KEY, make_llm
from tests.roles.factories import fill, make_local, make_person, measured
from tests.threads import errors, together

pytestmark = pytest.mark.django_db


def queries_of(work: Callable[[], object]) -> int:
    with CaptureQueriesContext(database) as queries:
        work()
    return len(queries)


def test_it_is_what_a_resolution_tells_as_json() -> None:
    user = make_person()
    llm = make_local(user, name="Läma")
    fill(user, llm)

    found = prepared(user, "chat")

    assert json.loads(found.content) == resolve(user, "chat").facts()
    assert found.llm_id == llm.pk
    assert prepared_resolution(user, "chat") == found.content
    assert API_KEY.encode() not in found.content


def test_it_is_one_query_where_nothing_has_changed() -> None:
    user = make_person()
    fill(user, make_local(user))

    cold = queries_of(partial(prepared, user, "chat"))
    hot = queries_of(partial(prepared, user, "chat"))

    assert cold <= 4
    assert hot == 1


def test_a_cold_one_that_ends_at_the_last_resort_is_four_queries_at_most() -> None:
    user = make_person()
    fill(user, make_local(user, connection_ref="gone"))

    assert queries_of(partial(prepared, user, "chat")) <= 4


def test_a_built_in_names_no_stored_model() -> None:
    assert prepared(make_person(), "chat").llm_id is None


def test_users_roles_and_questions_are_kept_apart() -> None:
    user, other = make_person(), make_person()
    fill(user, make_local(user))
    fill(None, Builtin.GEMINI_CLI)
    answers = {
        prepared_resolution(user, "chat"),
        prepared_resolution(other, "chat"),
        prepared_resolution(user, "coder"),
        prepared_resolution(user, "chat", whole=True),
        prepared_resolution(other, "chat", local_only=True),
    }

    assert len(answers) == 5
    assert prepared_resolution(None, "chat") == prepared_resolution(other, "chat")


def test_who_has_chosen_nothing_shares_the_organisations_answer() -> None:
    llm = make_llm()
    fill(None, llm)
    user, other = make_person(), make_person()
    fill(other, Builtin.GEMINI_CLI, role="coder")
    first = prepared(user, "chat")

    assert prepared(other, "chat") is first
    assert queries_of(partial(prepared, make_person(), "chat")) == 1
    assert first.llm_id == llm.pk
    assert prepared(other, "coder").llm_id is None


def test_every_write_of_the_catalogue_ends_it() -> None:
    user = make_person()
    llm = make_local(user)
    fill(user, llm)
    before = prepared_resolution(user, "chat")

    llm.name = "Other"
    save_llm(llm, LLMChange(frozenset({"name"})))
    renamed = prepared_resolution(user, "chat")
    set_slot(user, "chat", "primary", None)
    emptied = prepared_resolution(user, "chat")

    assert len({before, renamed, emptied}) == 3
    assert b"Other" in renamed
    assert b"claude_cli" in emptied


def test_what_is_healthy_is_asked_each_time() -> None:
    llm = make_llm()
    fill(None, llm)
    assert prepared(None, "chat", healthy_only=True).llm_id == llm.pk

    measured(llm, Health.DOWN)  # which moves no revision

    assert prepared(None, "chat", healthy_only=True).llm_id is None
    assert prepared(None, "chat").llm_id == llm.pk


def test_what_is_kept_is_bounded_and_what_was_asked_last_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    user = make_person()
    for role in ("a", "b", "c"):
        prepared(user, role)
    prepared(user, "a")
    prepared(user, "d")

    assert len(module._kept) == 3
    assert queries_of(partial(prepared, user, "a")) == 1
    assert queries_of(partial(prepared, user, "b")) > 1


def test_forgetting_makes_it_anew() -> None:
    user = make_person()
    prepared(user, "chat")
    forget()

    assert len(module._kept) == 0
    assert queries_of(partial(prepared, user, "chat")) > 1


@pytest.mark.parametrize("healthy_only", [False, True])
def test_a_role_that_cannot_be_one_is_refused_and_not_kept(healthy_only: bool) -> None:
    with pytest.raises(ValidationError):
        prepared(make_person(), "x" * 10_000, healthy_only=healthy_only)

    assert len(module._kept) == 0


@pytest.mark.django_db(transaction=True)
def test_who_reads_after_a_write_never_reads_what_was_before() -> None:
    user = make_person()
    llms = [make_local(user) for _number in range(8)]

    def choose_and_read(number: int) -> None:
        for _turn in range(5):
            set_slot(user, f"role{number}", "primary", llms[number])
            assert prepared(user, f"role{number}").llm_id == llms[number].pk
            set_slot(user, f"role{number}", "primary", Builtin.GEMINI_CLI)
            assert prepared(user, f"role{number}").llm_id is None

    assert errors(together([partial(choose_and_read, number) for number in range(8)])) == []
