"""U2: the trail names the right actor, source and request, however many act at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from audit.models import LogEntry
from registry.choices import Scope
from registry.models import LLMModel
from tests.factories import make_llm, make_provider, make_token, make_user

PEOPLE = 10
ADDRESS = "/api/v1/admin/models/"


@pytest.mark.invariant("U2")
@pytest.mark.django_db(transaction=True)
def test_ten_applications_at_once_are_told_apart(figure: Callable[..., None]) -> None:
    provider = make_provider()
    writers: dict[str, tuple[str, UUID]] = {}
    for number in range(PEOPLE):
        user = make_user(f"person{number}", staff=True, groups=("administrators",))
        _token, text = make_token(
            user, scopes=[Scope.ADMIN_READ, Scope.ADMIN_WRITE], application=f"app{number}"
        )
        writers[f"person{number}"] = (text, make_llm(provider=provider).pk)
    LogEntry.objects.all().delete()

    def write(name: str) -> int:
        text, pk = writers[name]
        try:
            answer = Client().patch(
                f"{ADDRESS}{pk}",
                {"name": f"by {name}"},
                "application/json",
                headers={"authorization": f"Bearer {text}", "x-request-id": f"request-{name}"},
            )
        finally:
            connection.close()
        return answer.status_code

    with ThreadPoolExecutor(PEOPLE) as pool:
        answers = list(pool.map(write, writers))

    assert answers == [200] * PEOPLE
    entries = {entry.actor_name: entry for entry in LogEntry.objects.all()}
    assert set(entries) == set(writers)
    for name, entry in entries.items():
        assert entry.changes["name"][1] == f"by {name}"
        assert entry.cid == f"request-{name}"
        assert entry.source == "api"
        assert entry.application == name.replace("person", "app")
        assert entry.object_pk == str(writers[name][1])
    figure(people=PEOPLE, events=len(entries), wrong=0)


@pytest.mark.invariant("U2")
@pytest.mark.django_db
def test_the_admin_acts_as_the_session_even_beside_a_foreign_token() -> None:
    staff = make_user("session", staff=True, superuser=True)
    other = make_user("token", staff=True, groups=("administrators",))
    _token, text = make_token(other, scopes=[Scope.ADMIN_READ, Scope.ADMIN_WRITE])
    llm = make_llm()
    client = Client()
    client.force_login(staff)
    LogEntry.objects.all().delete()

    client.patch(
        f"{ADDRESS}{llm.pk}",
        {"name": "by the token"},
        "application/json",
        headers={"authorization": f"Bearer {text}"},
    )

    entry = LogEntry.objects.get()
    assert (entry.actor_name, entry.source, entry.application) == ("token", "api", "tests")


@pytest.mark.invariant("U2")
@pytest.mark.django_db
@pytest.mark.parametrize(("arguments", "actor"), [(["--as", "somebody"], "somebody"), ([], "")])
def test_a_command_acts_as_whom_it_names(arguments: list[str], actor: str) -> None:
    make_user("somebody")
    llm = make_llm()
    LogEntry.objects.all().delete()

    call_command("set_status", "inactive", llm.slug, *arguments)

    entry = LogEntry.objects.get()
    assert (entry.actor_name, entry.source) == (actor, "command")
    assert LLMModel.objects.get(pk=llm.pk).status == "inactive"
