from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from registry.choices import ConnectionKind, LLMStatus
from registry.errors import StaleRevisionError
from registry.models import Connection, LLMModel
from registry.services.llms import save_llm
from registry.types import Change, LLMChange, Secret
from roles.choices import Builtin
from roles.models import RoleSlot
from roles.services import removal
from roles.services.own_connections import remove_connection
from roles.services.own_llms import remove_model
from roles.services.slots import name_of, slots_of
from tests.factories import API_KEY, make_test
from tests.roles.factories import (
    fill,
    make_account,
    make_claude,
    make_gemini,
    make_host,
    make_local,
    make_login,
    make_person,
)
from tests.trail import payload, written

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return make_person()


def slots(user: User | None) -> dict[str, str]:
    filled = slots_of(user)
    return {str(row): name_of(row) for role in filled.values() for row in role.values()}


def everything() -> list[dict[str, Any]]:
    """All rows that a removal could touch, as they are stored."""
    tables = (Connection, LLMModel, RoleSlot)
    return [row for table in tables for row in table.objects.order_by("pk").values()]


def test_removing_a_host_removes_its_models_and_empties_their_slots_only(user: User) -> None:
    host, other = make_host(user, slug="h1"), make_host(user, slug="h2")
    first, second = make_local(user, host, name="One"), make_local(user, host, name="Two")
    third, claude = make_local(user, other), make_claude(user)
    fill(user, first)
    fill(user, third, slot="backup_1")
    fill(user, second, slot="backup_2")
    fill(user, claude, slot="backup_3")
    fill(user, Builtin.GEMINI_API, slot="backup_4")
    fill(user, second, role="coder")

    with written() as trail:
        assert remove_connection(user, "h1", ConnectionKind.HOST) is True

    assert list(Connection.objects.all()) == [other]
    assert set(LLMModel.objects.all()) == {third, claude}
    assert slots(user) == {
        "chat.backup_1": third.slug,
        "chat.backup_3": claude.slug,
        "chat.backup_4": "gemini_api",
    }
    assert (trail.only.event, trail.only.object_repr) == ("connection_deleted", host.label)
    assert payload(trail.only) == {
        "models": ["One", "Two"],
        "slots": ["chat.backup_2", "chat.primary", "coder.primary"],
    }


@pytest.mark.parametrize("name", ["zz", None, "", "\0", "x" * 10_000])
def test_removing_what_is_not_there_changes_nothing(user: User, name: str | None) -> None:
    make_local(user, make_host(user, slug="h1"))
    fill(user, make_local(user, connection_ref="zz", slug="m1"))
    fill(user, make_claude(user), slot="backup_1")
    make_gemini(user)
    before = everything()

    with written() as trail:
        for kind in ("", *ConnectionKind.values):
            assert remove_connection(user, name, kind) is False
        assert remove_model(user, name) is False

    assert everything() == before
    assert trail == []


def test_removing_acts_only_on_the_right_kind(user: User) -> None:
    host, account, login = make_host(user), make_account(user), make_login(user)

    assert not remove_connection(user, host.slug, ConnectionKind.ACCOUNT)
    assert not remove_connection(user, account.slug, ConnectionKind.HOST)
    assert not remove_connection(user, login.slug, ConnectionKind.ACCOUNT)
    assert Connection.objects.count() == 3
    assert remove_connection(user, login.slug, ConnectionKind.CLI)


def test_removing_an_account_leaves_models_of_no_account_and_of_others(user: User) -> None:
    first, second = make_account(user, slug="a1"), make_account(user)
    gone = make_gemini(user, first)
    kept = {make_gemini(user, second), make_gemini(user), make_claude(user, connection_ref="a1")}

    assert remove_connection(user, "a1", ConnectionKind.ACCOUNT)

    assert set(LLMModel.objects.all()) == kept
    assert gone not in kept


@pytest.mark.parametrize("name", Builtin.values)
def test_a_built_in_is_not_removed_nor_are_its_slots_emptied(user: User, name: str) -> None:
    fill(user, Builtin(name))

    assert remove_model(user, name) is False
    assert slots(user) == {"chat.primary": name}


def test_removing_a_model_empties_its_slots(user: User) -> None:
    host = make_host(user)
    llm, other = make_local(user, host, name="One"), make_local(user, host)
    fill(user, llm)
    fill(user, other, slot="backup_1")
    fill(user, llm, role="research", slot="backup_4")

    with written() as trail:
        assert remove_model(user, llm.slug) is True

    assert slots(user) == {"chat.backup_1": other.slug}
    assert (trail.only.event, trail.only.object_repr) == ("model_deleted", "One")
    assert payload(trail.only)["slots"] == ["chat.primary", "research.backup_4"]
    assert Connection.objects.filter(pk=host.pk).exists()


def test_a_key_of_the_models_own_goes_with_it(user: User) -> None:
    llm = make_gemini(user)
    save_llm(llm, LLMChange(frozenset(), api_key=Secret(API_KEY)))

    assert remove_model(user, llm.slug)
    assert not Connection.objects.exists()


def test_tests_and_replacements_let_go(user: User) -> None:
    host = make_host(user)
    old, new = make_gemini(user), make_local(user, host)
    make_test(new)
    old.replacement = new
    old.status = LLMStatus.DEPRECATED
    save_llm(old, LLMChange(frozenset({"replacement", "status"})))

    assert remove_connection(user, host.slug)
    old.refresh_from_db()
    assert old.replacement is None


def test_other_users_and_the_organisation_keep_all(user: User) -> None:
    other = make_person()
    for owner in (other, None):
        host = make_host(owner, **({"slug": "h1"} if owner else {}))
        fill(owner, make_local(owner, host, slug="m1"))
    host = make_host(user, slug="h1")
    fill(user, make_local(user, host, slug="m1"))
    theirs = [row for row in everything() if row["owner_id"] != user.pk]

    assert remove_connection(user, "h1")

    assert everything() == theirs
    assert slots(other) == slots(None) == {"chat.primary": "m1"}


def test_a_removal_that_has_not_seen_the_last_change_is_refused(user: User) -> None:
    host = make_host(user)
    llm = make_local(user, host)
    fill(user, llm)
    stale = Change(frozenset(), 99)

    with pytest.raises(StaleRevisionError):
        remove_connection(user, host.slug, change=stale)
    with pytest.raises(StaleRevisionError):
        remove_model(user, llm.slug, stale)
    assert slots(user) == {"chat.primary": llm.slug}


def test_the_second_of_two_removals_says_that_there_was_nothing(user: User) -> None:
    host, llm = make_host(user), make_claude(user)
    seen = Connection.objects.get(pk=host.pk), LLMModel.objects.get(pk=llm.pk)
    remove_connection(user, host.slug)
    remove_model(user, llm.slug)

    with written() as trail:
        assert removal.remove_connection(seen[0]) is False
        assert removal.remove_llm(seen[1]) is False

    assert trail == []


def test_a_failure_leaves_everything(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    host = make_host(user)
    fill(user, make_local(user, host))
    before = everything()

    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(Connection, "delete", fail)
    with pytest.raises(RuntimeError):
        remove_connection(user, host.slug)

    assert everything() == before


def test_removing_many_takes_as_many_queries_as_removing_one(user: User) -> None:
    def queries(models: int) -> int:
        host = make_host(user)
        llms = [make_local(user, host, tags=["x"]) for _number in range(models)]
        fill(user, llms[0], role=f"r{models}")
        for llm in llms[1:]:
            fill(user, llm, role=f"r{models}-{llm.slug}")
        return counted(lambda: remove_connection(user, host.slug))

    assert queries(1) == queries(12)


def counted(call: Callable[[], object]) -> int:
    with CaptureQueriesContext(database) as captured:
        call()
    return len(captured)
