"""U2: the trail names the right actor, source and request, however many act at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from audit import context
from audit.models import LogEntry
from registry import tasks
from registry.choices import Scope
from registry.models import ConnectionTest, Job, LLMModel
from registry.services import job_queue
from registry.services.clock import database_now
from tests.factories import make_llm, make_provider, make_test, make_token, make_user
from tests.provider import provider_behind_the_door
from tests.roles.factories import provider_of

PEOPLE = 10
ADDRESS = "/api/v1/admin/models/"


def people() -> dict[str, tuple[str, UUID]]:
    """Return the token of each of ten people, by name, and the model that is his to write."""
    provider = make_provider()
    found: dict[str, tuple[str, UUID]] = {}
    for number in range(PEOPLE):
        user = make_user(f"person{number}", staff=True, groups=("administrators",))
        _token, text = make_token(
            user, scopes=[Scope.ADMIN_READ, Scope.ADMIN_WRITE], application=f"app{number}"
        )
        found[f"person{number}"] = (text, make_llm(provider=provider).pk)
    LogEntry.objects.all().delete()
    return found


@pytest.mark.invariant("U2")
@pytest.mark.django_db(transaction=True)
def test_ten_applications_at_once_are_told_apart(figure: Callable[..., None]) -> None:
    writers = people()

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


# Their own records
# ----------------------------------------------------------------------------
@pytest.mark.invariant("U2")
@pytest.mark.django_db(transaction=True)
def test_people_at_once_on_their_own_pages_are_told_apart(figure: Callable[..., None]) -> None:
    provider_of("openai-compatible")
    visitors: dict[str, Client] = {}
    for number in range(PEOPLE):
        user, client = make_user(f"person{number}"), Client()
        client.force_login(user)
        visitors[user.username] = client
    LogEntry.objects.all().delete()

    def add(name: str) -> int:
        sent = {"label": f"by {name}", "api_url": "http://host.example", "host_type": "openai"}
        headers = {"x-request-id": f"request-{name}"}
        try:
            return visitors[name].post(reverse("my:add-host"), sent, headers=headers).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(PEOPLE) as pool:
        answers = list(pool.map(add, visitors))

    assert answers == [302] * PEOPLE
    entries = {entry.actor_name: entry for entry in LogEntry.objects.all()}
    assert set(entries) == set(visitors)
    for name, entry in entries.items():
        assert (entry.event, entry.source) == ("connection_created", "admin")
        assert (entry.object_repr, entry.cid) == (f"by {name}", f"request-{name}")
        assert entry.changes["owner"] == [None, name]
    figure(people=PEOPLE, events=len(entries), wrong=0)


# On behalf of somebody
# ----------------------------------------------------------------------------
@pytest.mark.invariant("U2")
@pytest.mark.django_db(transaction=True)
def test_workers_at_once_act_as_who_asked_for_each_test(
    monkeypatch: pytest.MonkeyPatch, figure: Callable[..., None]
) -> None:
    provider_behind_the_door(monkeypatch)
    askers = people()
    for name, (text, pk) in askers.items():
        headers = {"authorization": f"Bearer {text}", "x-request-id": f"request-{name}"}
        answer = Client().post(f"{ADDRESS}{pk}/test", {}, "application/json", headers=headers)
        assert answer.status_code == 202

    def work(job_id: UUID) -> None:
        try:
            tasks.run_connection_test(str(job_id))
        finally:
            connection.close()

    with ThreadPoolExecutor(PEOPLE) as pool:
        list(pool.map(work, ConnectionTest.objects.values_list("job", flat=True)))

    entries = {entry.actor_name: entry for entry in LogEntry.objects.all()}
    assert set(entries) == set(askers)
    for name, entry in entries.items():
        assert (entry.event, entry.source) == ("model_tested", "task")
        assert (entry.cid, entry.application) == (f"request-{name}", name.replace("person", "app"))
        assert entry.object_pk == str(askers[name][1])
    figure(people=PEOPLE, events=len(entries), wrong=0)


@pytest.mark.invariant("U2")
@pytest.mark.without_context
@pytest.mark.django_db
def test_the_periodic_work_acts_as_who_asked_and_else_as_nobody() -> None:
    with context.use(source="system"):
        ada, for_ada, for_nobody = make_user("ada"), make_llm(), make_llm()
    with context.use(source="admin", actor=ada, request_id="asked-by-ada"):
        lose(make_test(for_ada))
    with context.use(source="system"):
        lose(make_test(for_nobody))
    LogEntry.objects.all().delete()

    tasks.sweep()

    told = {entry.object_pk: entry for entry in LogEntry.objects.all()}
    assert {pk: (entry.actor_name, entry.source) for pk, entry in told.items()} == {
        str(for_ada.pk): ("ada", "task"),
        str(for_nobody.pk): ("", "task"),
    }
    assert told[str(for_ada.pk)].cid == "asked-by-ada"


def lose(test: ConnectionTest) -> None:
    """Let a worker that has the last try at a test be gone."""
    assert job_queue.claim(test.job_id, seconds=15) is not None
    past = database_now() - timedelta(minutes=5)
    attempt = job_queue.MOST_ATTEMPTS
    Job.objects.filter(pk=test.job_id).update(attempt=attempt, lease_until=past)
