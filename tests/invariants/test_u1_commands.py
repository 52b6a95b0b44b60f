"""U1: the commands that no way of a test's own transaction can go."""

from __future__ import annotations

import os
from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import call_command

from tests.factories import make_llm, make_provider, make_user
from tests.invariants.changed_rows import changed, snapshot
from tests.invariants.entry_points import BECOME_ANOTHER
from tests.provider import provider_behind_the_door
from tests.registry.api.client import with_token
from tests.roles.factories import fill, make_account, make_local, make_login
from tests.trail import payload, written

MODELS = 5
ACCOUNTS = 3


@pytest.mark.invariant("U1")
@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(BECOME_ANOTHER))
def test_a_command_changes_nothing_before_it_becomes_another_process(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    became: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda _path, arguments: became.append(arguments))
    before = snapshot()

    with written() as events:
        call_command(name)

    assert len(became) == 1
    assert changed(before, snapshot()) == {}
    assert events == []


@pytest.mark.invariant("U1")
@pytest.mark.django_db(transaction=True)
def test_the_command_that_tests_tells_of_each_test_once(
    monkeypatch: pytest.MonkeyPatch, figure: Callable[..., None]
) -> None:
    provider_behind_the_door(monkeypatch)
    make_user("boss")
    one = make_provider()
    llms = {str(make_llm(provider=one).pk) for _ in range(MODELS)}
    before = snapshot()

    with written() as events:
        call_command("test_connections", "--as", "boss", stdout=StringIO(), stderr=StringIO())

    assert changed(before, snapshot()) == {}
    assert events.names == ["model_tested"] * MODELS
    assert {entry.object_pk for entry in events} == llms
    assert {(entry.actor_name, entry.source) for entry in events} == {("boss", "task")}
    assert len({entry.cid for entry in events}) == 1
    assert {payload(entry)["success"] for entry in events} == {True}
    figure(models=MODELS, events=len(events))


@pytest.mark.invariant("U1")
@pytest.mark.django_db(transaction=True)
def test_an_export_with_keys_tells_of_each_key_once(figure: Callable[..., None]) -> None:
    make_user("boss", superuser=True)
    user = make_user()
    accounts = {str(make_account(user).pk) for _ in range(ACCOUNTS)}
    make_login(user)
    before, told = snapshot(), ["--with-keys", "--as", "boss"]

    with written() as events:
        call_command("export_registry", user.username, *told, stdout=StringIO())

    assert changed(before, snapshot()) == {}
    assert events.names == ["key_revealed"] * ACCOUNTS
    assert {entry.object_pk for entry in events} == accounts
    assert {(entry.actor_name, entry.source) for entry in events} == {("boss", "command")}
    figure(keys=ACCOUNTS, events=len(events))


@pytest.mark.invariant("U1")
@pytest.mark.django_db(transaction=True)
def test_a_revealed_key_is_told_once_and_changes_nothing(figure: Callable[..., None]) -> None:
    boss = make_user("boss", superuser=True)
    api = with_token(boss)
    llm = make_local(boss)
    fill(boss, llm)
    before = snapshot()

    with written() as events:
        answers = [api.post("/api/v1/roles/chat/resolve", {"reveal": True}) for _ in range(MODELS)]

    assert {answer.status_code for answer in answers} == {200}
    assert changed(before, snapshot()) == {}
    assert events.names == ["key_revealed"] * MODELS
    assert {entry.object_pk for entry in events} == {str(llm.connection_id)}
    assert {(entry.actor_name, entry.source) for entry in events} == {("boss", "api")}
    figure(keys=MODELS, events=len(events))
