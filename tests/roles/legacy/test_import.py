"""Importing one installation's folders: what is written, what stays, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from registry.models import Connection, LLMModel, Revision
from roles.models import RoleSlot
from roles.services.legacy_import import import_document, import_folder
from roles.services.slots import slots_of
from tests.factories import make_user
from tests.roles.legacy.documents import (
    ACCOUNT,
    GEMINI_KEY,
    HOST,
    LOGIN,
    MODEL,
    document_of,
    put,
    registry,
)
from tests.roles.legacy.importing import connection_of, of, run, told
from tests.trail import payload, written

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reference_providers")]


@pytest.fixture
def alice() -> User:
    return make_user("alice")


def test_importing_again_adds_and_writes_nothing(tmp_path: Path, alice: User) -> None:
    run(tmp_path, registry())
    rows = {
        model: list(model.objects.order_by("pk").values())
        for model in (Connection, LLMModel, RoleSlot, Revision)
    }

    with written() as found:
        report = run(tmp_path)

    assert (told(report), report.problems, list(found)) == ([], (), [])
    assert [str(step) for step in report.steps][:2] == ["keep host h1", "keep account a1"]
    for model, before in rows.items():
        assert list(model.objects.order_by("pk").values()) == before


@pytest.mark.parametrize(
    "files",
    [
        {"registry": registry()},
        {"registry": registry(1, providers=None), "auth": {"gemini_api_key": GEMINI_KEY}},
        {"local_llm": {"api_url": "http://old.example", "model": "mistral", "api_key": "k"}},
        {"registry": registry(hosts=[HOST, 7, {"id": "x"}], models=[MODEL, [], {"id": "y"}])},
        {"registry": registry(roles={"chat": {"primary": "nobody"}})},
        {"registry": b"{"},
        {"registry": registry(3)},
        {},
    ],
    ids=["v2", "v1", "flat", "half", "lost", "broken", "newer", "none"],
)
def test_a_dry_run_says_what_the_run_does_and_does_nothing(
    tmp_path: Path, alice: User, files: dict[str, Any]
) -> None:
    put(tmp_path, "alice", **files)

    with written() as found:
        dry = run(tmp_path, dry_run=True)

    assert list(found) == []
    assert not Connection.objects.exists()
    assert not LLMModel.objects.exists()
    assert not RoleSlot.objects.exists()
    assert run(tmp_path).facts() == dry.facts()


def test_the_files_stay_as_they_are(tmp_path: Path, alice: User) -> None:
    place = put(
        tmp_path,
        "alice",
        registry=registry(1, providers=None),
        local_llm={"api_url": "http://old.example"},
        auth={"gemini_api_key": GEMINI_KEY},
    )
    before = {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in place.iterdir()}
    for file in place.iterdir():
        file.chmod(0o400)
    place.chmod(0o500)

    run(tmp_path)

    place.chmod(0o700)
    after = {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in place.iterdir()}
    assert after == before
    assert LLMModel.objects.filter(owner=alice).exists()


def test_the_import_is_one_event_with_those_of_the_records(tmp_path: Path, alice: User) -> None:
    with written() as found:
        run(tmp_path, registry())

    whole = found.named("registry_imported")
    assert payload(whole) == {"document": "model_registry.json", "steps": 7}
    assert whole.object_repr == "alice"
    assert sorted(set(found.names)) == [
        "connection_created",
        "model_created",
        "registry_imported",
        "role_slot_created",
    ]
    assert GEMINI_KEY not in json.dumps([[e.changes, e.additional_data] for e in found])


def test_a_provider_that_is_not_registered_is_told(tmp_path: Path, alice: User) -> None:
    entry = {"id": "n1", "model_name": "x", "provider": "nobody"}
    report = run(
        tmp_path,
        registry(
            providers={"nobody": {"accounts": [ACCOUNT]}, "anthropic": {"credentials": [LOGIN]}},
            models=[entry, MODEL],
            roles={"chat": {"primary": "n1", "backup_1": "m1"}},
        ),
    )

    assert [model.slug for model in LLMModel.objects.filter(owner=alice)] == ["m1"]
    assert [problem.where.partition(": ")[2] for problem in report.problems] == [
        "account a1",
        "model n1",
        "roles.chat.primary",
    ]
    assert list(slots_of(alice)["chat"]) == ["backup_1"]


def test_an_account_without_the_address_that_its_provider_needs_is_told(
    tmp_path: Path, alice: User
) -> None:
    providers = {"local": {"accounts": [ACCOUNT]}}

    report = run(tmp_path, registry(providers=providers, models=[], roles={}))

    assert told(report) == ["create host h1", "create login cli"]
    assert len(report.problems) == 1


def test_two_users_documents_stay_apart(tmp_path: Path, alice: User) -> None:
    bob = make_user("bob")
    put(tmp_path, "alice", registry=registry())
    put(tmp_path, "bob", registry=registry(hosts=[HOST | {"label": "Bob's"}]))

    reports = list(import_folder(tmp_path))

    assert [report.username for report in reports] == ["alice", "bob"]
    assert connection_of(alice, "h1").label == "H"
    assert connection_of(bob, "h1").label == "Bob's"
    assert of(bob, "m1").connection == connection_of(bob, "h1")


def test_one_persons_broken_document_stops_nobody_else(tmp_path: Path, alice: User) -> None:
    make_user("aaron")
    put(tmp_path, "aaron", registry=b"{")
    put(tmp_path, "alice", registry=registry())

    reports = list(import_folder(tmp_path))

    assert [report.is_skipped for report in reports] == [True, False]
    assert LLMModel.objects.filter(owner=alice, slug="m1").exists()


def test_a_folder_of_nobody_is_told(tmp_path: Path, alice: User) -> None:
    put(tmp_path, "nobody", registry=registry())

    (report,) = import_folder(tmp_path)

    assert report.is_skipped
    assert "no such user" in str(report.problems[0])
    assert not LLMModel.objects.exists()


def test_a_write_that_is_refused_takes_the_whole_person_back(alice: User) -> None:
    document = document_of(registry())
    wrong = replace(document.accounts[0], label="")  # no reader gives this

    with written() as found, pytest.raises(ValidationError):
        import_document(alice, replace(document, accounts=(wrong,)), "x", dry_run=False)

    assert list(found) == []
    assert not Connection.objects.exists()
    assert not LLMModel.objects.exists()
