"""Prepared lists: made once for what everybody sees, and never older than the last write."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from pytest_django import DjangoAssertNumQueries

from registry.formats import FORMATS
from registry.formats.base import encode
from registry.services import clients, model_lists
from registry.services.clock import database_now
from registry.services.statuses import set_status
from tests.architecture.source import ROOT
from tests.factories import make_client, make_llm, make_provider, make_user
from tests.threads import errors, together
from tests.workers import service_environment

CALLERS = 8

# What another process does: a line in asks it to look, a line out has the ids it sees.
READER = """
import json, sys
import django
django.setup()
from audit import context
from registry.services import model_lists
with context.use(source="command"):
    for _line in sys.stdin:
        print(json.dumps(sorted(model_lists.prepared("openai").ids)), flush=True)
"""


def ids(format_name: str = "openai", owner_id: int | None = None) -> list[str]:
    return sorted(model_lists.prepared(format_name, owner_id=owner_id).ids)


def tag(format_name: str = "openai", page: dict[str, str] | None = None, **options: object) -> str:
    return model_lists.prepared(format_name, **options).tag(page or {})  # type: ignore[arg-type]


# What it costs
# ----------------------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize("name", [*FORMATS])
def test_a_prepared_list_costs_one_query(
    name: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    user = make_user()
    make_llm(model_id="shared")
    make_llm(model_id="own", owner=user)
    make_client("c1", "shared", "theirs")
    clients.mark_quota("c1", "theirs")
    for owner_id in (None, user.pk):
        model_lists.prepared(name, owner_id=owner_id)

    for owner_id in (None, user.pk):
        with django_assert_num_queries(1):
            model_lists.prepared(name, owner_id=owner_id).page({})


@pytest.mark.django_db
def test_who_has_no_own_models_reads_what_everybody_does(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    make_llm()
    make_llm(owner=make_user(), status="inactive")
    shared = model_lists.prepared("openai")

    with django_assert_num_queries(1):
        assert model_lists.prepared("openai", owner_id=10**6) is shared


@pytest.mark.django_db
def test_lists_with_own_models_are_kept_for_a_bounded_number_of_users() -> None:
    provider = make_provider()
    users = [make_user() for _ in range(model_lists.MOST_OWNED + 5)]
    for user in users:
        make_llm(provider=provider, model_id="own", owner=user, name=user.username)

    for user in users:
        assert user.username.encode() in model_lists.prepared("anthropic", owner_id=user.pk).page(
            {}
        )

    made = model_lists._snapshots[0].made
    assert len([key for key in made if key[1] is not None]) == model_lists.MOST_OWNED
    assert ids("anthropic", users[0].pk) == ["own"]


@pytest.mark.django_db
def test_what_clients_report_leaves_the_catalogues_entries_as_they_are(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    make_llm(model_id="m")
    make_client("c1", "m")
    before = model_lists.prepared("openai")

    clients.mark_quota("c1", "m")

    with django_assert_num_queries(3):  # two looks at the turn, and what clients hold
        after = model_lists.prepared("openai")
    assert after is not before
    assert after.entries[0] is before.entries[0]


@pytest.mark.django_db(transaction=True)
def test_one_thread_prepares_and_the_others_take_what_it_has() -> None:
    make_llm()

    answers = together([lambda: model_lists.prepared("openai")] * CALLERS)

    assert errors(answers) == []
    assert len({id(answer) for answer in answers}) == 1


# What it shows
# ----------------------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize("name", [*FORMATS])
def test_prepared_is_what_is_listed(name: str) -> None:
    user = make_user()
    make_llm(model_id="a/shared", release_date="2026-01-01")
    make_llm(model_id="own", owner=user)
    make_client("c1", "a/shared", "theirs")
    clients.mark_quota("c1", "a/shared")
    shape = FORMATS.get(name)

    for owner_id in (None, user.pk, None):
        models = shape.arrange(model_lists.listed(owner_id))
        entries = [encode(shape.entry(model)) for model in models]
        found = model_lists.prepared(name, owner_id=owner_id)
        assert found.ids == tuple(model.id for model in models)
        assert found.entries == tuple(entries)
        if shape.window({}, found.ids) is None:
            assert found.page({}) == shape.whole(models, entries)


@pytest.mark.django_db
def test_an_own_model_replaces_the_shared_entry_of_its_id() -> None:
    user = make_user()
    make_llm(provider=make_provider("shared"), model_id="m")
    make_llm(provider=make_provider("own"), model_id="m", owner=user)

    assert b'"owned_by":"own"' in model_lists.prepared("openai", owner_id=user.pk).page({})
    assert b'"owned_by":"shared"' in model_lists.prepared("openai").page({})


@pytest.mark.django_db
def test_status_tells_state_and_until() -> None:
    make_llm(model_id="free")
    make_client("c1", "held")
    clients.mark_quota("c1", "held", retry_after=60)
    until = model_lists.find("held").until  # type: ignore[union-attr]
    assert until is not None

    found = json.loads(model_lists.prepared("openai", status=True).page({}))["data"]

    told = {entry["id"]: (entry["state"], entry["until"]) for entry in found}
    assert told["free"] == (None, None)
    assert told["held"] == ("cooling", until.isoformat().replace("+00:00", "Z"))


# When it changes
# ----------------------------------------------------------------------------
@pytest.mark.django_db
def test_every_write_shows_in_the_next_list() -> None:
    assert ids() == []
    llm = make_llm(model_id="m")
    assert ids() == ["m"]
    make_client("c1", "m", "theirs")
    assert ids() == ["m", "theirs"]
    clients.suspend("c1", "m", "broken")
    assert ids() == ["theirs"]
    clients.resume("c1", "m")
    assert ids() == ["m", "theirs"]
    set_status(llm, "inactive")
    assert ids() == ["theirs"]
    clients.unregister("c1")
    assert ids() == []
    user = make_user()
    make_llm(model_id="own", owner=user)
    assert (ids(), ids(owner_id=user.pk)) == ([], ["own"])


@pytest.mark.django_db
def test_a_quota_window_that_ends_shows_by_itself() -> None:
    make_client("c1", "m")
    now = database_now()
    clients.mark_quota("c1", "m", retry_after=2, now=now)
    cooling = model_lists.prepared("openai", status=True)
    assert b'"state":"cooling"' in cooling.page({})

    while database_now() < now + timedelta(seconds=2):
        time.sleep(0.05)
    ready = model_lists.prepared("openai", status=True)

    assert b'"state":"ready"' in ready.page({})
    assert ready.tag({}) != cooling.tag({})


@pytest.mark.django_db
def test_the_tag_is_another_for_all_that_makes_another_answer() -> None:
    user = make_user()
    make_llm(model_id="own", owner=user)
    tags = {
        tag(),
        tag("anthropic"),
        tag("anthropic", {"limit": "1"}),
        tag("anthropic", {"limit": "2"}),
        tag(status=True),
        tag(owner_id=user.pk),
    }
    assert len(tags) == 6
    assert tag(owner_id=make_user().pk) == tag()

    make_llm()
    tags.add(tag())
    make_client("c1")
    tags.add(tag())
    clients.note_seen("c1")

    assert len(tags) == 8
    assert tag() in tags


@pytest.mark.django_db
def test_the_answer_about_one_has_another_tag_after_any_change() -> None:
    llm = make_llm(model_id="m")
    make_llm(model_id="other")
    make_client("c1", "m")

    def one(**options: bool) -> str:
        found = model_lists.single("openai", "m", **options)
        assert found is not None
        return found.tag

    tags = [one(), one(status=True)]
    clients.mark_quota("c1", "m")
    tags.append(one(status=True))
    set_status(llm, "beta")
    tags.append(one())

    assert len(set(tags)) == 4
    assert one() == one()


@pytest.mark.django_db(transaction=True)
def test_a_write_shows_in_the_next_answer_of_another_process(tmp_path: Path) -> None:
    make_llm(model_id="first")
    process = subprocess.Popen(
        [sys.executable, "-c", READER],
        env=service_environment(tmp_path),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def theirs() -> list[str]:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("look\n")
        process.stdin.flush()
        found: list[str] = json.loads(process.stdout.readline())
        return found

    with process:
        assert theirs() == ids() == ["first"]
        for number in range(5):
            make_llm(model_id=f"m{number}")
            assert f"m{number}" in theirs()
        make_client("c1", "first", "theirs")
        assert "theirs" in theirs()
        clients.suspend("c1", "first", "broken")
        assert "first" not in theirs()
        clients.resume("c1", "first")
        assert "first" in theirs()
        clients.unregister("c1")
        assert "theirs" not in theirs()
        assert process.stdin is not None
        process.stdin.close()
