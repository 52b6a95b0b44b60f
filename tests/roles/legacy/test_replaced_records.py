"""What an import makes of records that are there: each is replaced as a whole, or stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from registry.choices import ConnectionState
from registry.models import Connection, LLMModel
from registry.services.llms import save_llm
from registry.types import LLMChange, Secret
from roles.choices import Skipped
from roles.services.legacy_export import export_registry
from roles.services.resolution import resolve
from roles.services.slots import set_slot, slots_of
from tests.factories import make_user
from tests.raw_sql import by_sql
from tests.roles.factories import make_account, make_host, make_local, provider_of
from tests.roles.legacy.documents import (
    GEMINI,
    GEMINI_KEY,
    HOST,
    MODEL,
    put,
    registry,
)
from tests.roles.legacy.importing import connection_of, of, run, told
from tests.trail import written

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reference_providers")]


@pytest.fixture
def alice() -> User:
    return make_user("alice")


def test_a_document_becomes_records_of_its_user(tmp_path: Path, alice: User) -> None:
    report = run(tmp_path, registry())

    assert told(report) == [
        "create host h1",
        "create account a1",
        "create login cli",
        "create model m1",
        "create model g1",
        "fill slot roles.chat.primary: m1",
        "fill slot roles.chat.backup_1: claude_cli",
    ]
    assert report.problems == ()
    llama = of(alice, "m1")
    assert (llama.model_id, llama.context_window, llama.transport) == (
        "llama3.1:8b",
        8000,
        "local_openai",
    )
    assert [tag.name for tag in llama.tags.all()] == ["chat"]
    assert llama.connection == connection_of(alice, "h1")
    assert connection_of(alice, "h1").open_key() == Secret("k")
    assert connection_of(alice, "a1").open_key() == Secret(GEMINI_KEY)
    assert of(alice, "g1").connection == connection_of(alice, "a1")
    assert resolve(alice, "chat").chosen is not None
    assert resolve(alice, "chat").chosen.key == "m1"  # type: ignore[union-attr]


def test_a_dry_run_over_records_says_what_the_run_changes(tmp_path: Path, alice: User) -> None:
    run(tmp_path, registry())
    put(tmp_path, "alice", registry=registry(hosts=[HOST | {"label": "New", "api_key": ""}]))
    before = list(Connection.objects.order_by("pk").values())

    dry = run(tmp_path, dry_run=True)

    assert told(dry) == ["change host h1: label, api_key"]
    assert list(Connection.objects.order_by("pk").values()) == before
    assert run(tmp_path).facts() == dry.facts()


@pytest.mark.parametrize("document", [b"{", registry(3), b"[]", {"hosts": []}, b"\xff"])
def test_what_cannot_be_read_is_skipped_and_the_records_stay(
    tmp_path: Path, alice: User, document: Any
) -> None:
    run(tmp_path, registry())
    put(tmp_path, "alice", registry=document)

    with written() as found:
        report = run(tmp_path)

    assert report.is_skipped
    assert report.problems
    assert list(found) == []
    assert LLMModel.objects.filter(owner=alice).count() == 2


def test_a_lost_connection_leaves_its_name_and_the_slot_is_passed_over(
    tmp_path: Path, alice: User
) -> None:
    report = run(tmp_path, registry(hosts=[], models=[MODEL]))

    model = of(alice, "m1")
    assert (model.connection, model.connection_ref) == (None, "h1")
    found = resolve(alice, "chat")
    assert found.trace[0].skipped == Skipped.CONNECTION_GONE
    assert [problem.where for problem in report.problems] == [
        "model_registry.json: models[0].host_id"
    ]


def test_a_connection_that_comes_back_is_taken_up_again(tmp_path: Path, alice: User) -> None:
    run(tmp_path, registry(hosts=[], models=[MODEL]))

    report = run(tmp_path, registry(models=[MODEL]))

    assert "change model m1: connection_ref, connection" in told(report)
    assert of(alice, "m1").connection == connection_of(alice, "h1")
    assert of(alice, "m1").connection_ref == ""


def test_a_record_is_replaced_as_a_whole(tmp_path: Path, alice: User) -> None:
    run(tmp_path, registry())

    run(tmp_path, registry(models=[{"id": "m1", "type": "local_openai", "model_name": "other"}]))

    model = of(alice, "m1")
    assert (model.model_id, model.name, model.context_window) == ("other", "other", None)
    assert (model.connection, list(model.tags.all())) == (None, [])


def test_records_that_the_document_does_not_name_stay(tmp_path: Path, alice: User) -> None:
    host = make_host(alice, slug="mine")
    llm = make_local(alice, host, slug="own")
    set_slot(alice, "coder", "primary", llm)

    run(tmp_path, registry())

    assert of(alice, "own").connection == host
    assert set(slots_of(alice)) == {"chat", "coder"}


def test_the_same_id_of_another_kind_here_keeps_both(tmp_path: Path, alice: User) -> None:
    account = make_account(alice, slug="h1")

    for _time in range(2):
        report = run(tmp_path, registry())

    assert told(report) == []
    account.refresh_from_db()
    assert account.provider == provider_of("gemini")
    assert of(alice, "m1").connection == connection_of(alice, "h1-2")
    assert "h1-2" in str(report.problems[-1])


def test_a_name_made_for_this_reason_is_not_one_of_the_documents(
    tmp_path: Path, alice: User
) -> None:
    make_account(alice, slug="h1")
    hosts = [HOST, HOST | {"id": "h1-2", "api_url": "http://y.example"}]

    for _time in range(2):
        run(tmp_path, registry(hosts=hosts))

    rows = Connection.objects.filter(owner=alice, kind="host").order_by("slug")
    assert [(row.slug, row.api_url) for row in rows] == [
        ("h1-2", "http://y.example"),
        ("h1-3", "http://x.example"),
    ]


def test_a_key_that_is_told_as_blank_goes_and_one_that_is_not_told_stays(
    tmp_path: Path, alice: User
) -> None:
    run(tmp_path, registry())
    silent = {name: value for name, value in HOST.items() if name != "api_key"}

    assert told(run(tmp_path, registry(hosts=[silent]))) == []
    assert connection_of(alice, "h1").open_key() == Secret("k")

    assert told(run(tmp_path, registry(hosts=[HOST | {"api_key": ""}]))) == [
        "change host h1: api_key"
    ]
    host = connection_of(alice, "h1")
    assert (host.has_key, host.state) == (False, ConnectionState.KEYLESS)


def test_another_address_has_the_key_of_the_document_or_none(tmp_path: Path, alice: User) -> None:
    run(tmp_path, registry())
    moved = HOST | {"api_url": "http://y.example"}

    run(tmp_path, registry(hosts=[moved]))
    assert connection_of(alice, "h1").open_key() == Secret("k")

    silent = {name: value for name, value in HOST.items() if name != "api_key"}
    run(tmp_path, registry(hosts=[silent]))
    assert not connection_of(alice, "h1").has_key

    moved["api_key"] = ""
    run(tmp_path, registry(hosts=[moved]))
    assert connection_of(alice, "h1").state == ConnectionState.KEYLESS
    assert told(run(tmp_path)) == []


def test_a_model_may_change_its_provider_and_keeps_its_slots(tmp_path: Path, alice: User) -> None:
    run(tmp_path, registry())
    set_slot(alice, "coder", "backup_2", of(alice, "m1"))
    pk = of(alice, "m1").pk
    cloud = {"id": "m1", "type": "claude_cli", "model_name": "opus", "credential_id": "cli"}

    report = run(tmp_path, registry(models=[cloud, GEMINI]))

    model = of(alice, "m1")
    assert "provider" in told(report)[0]
    assert (model.pk, model.provider.slug) == (pk, "anthropic")
    assert model.connection == connection_of(alice, "cli")
    assert slots_of(alice)["coder"]["backup_2"].llm == model
    assert told(run(tmp_path)) == []


def test_a_private_connection_goes_with_the_provider_it_was_at(tmp_path: Path, alice: User) -> None:
    llm = LLMModel(
        owner=alice,
        slug="m1",
        type="generation",
        name="Own",
        model_id="own",
        provider=provider_of("gemini"),
    )
    save_llm(llm, LLMChange(api_key=Secret("AIzaOwn")))
    private = llm.connection
    assert private is not None

    run(tmp_path, registry(models=[MODEL]))

    assert of(alice, "m1").connection == connection_of(alice, "h1")
    assert not Connection.objects.filter(pk=private.pk).exists()


def test_a_window_below_a_bound_is_told_and_left_unknown(tmp_path: Path, alice: User) -> None:
    make_local(alice, slug="m1", context_window=200_000, max_output_tokens=64_000)
    small = MODEL | {"id": "m2", "context_k": 1}
    document = registry(models=[MODEL, small], roles={"chat": {"primary": "m1", "backup_1": "m2"}})

    report = run(tmp_path, document)

    assert [of(alice, name).context_window for name in ("m1", "m2")] == [None, None]
    assert of(alice, "m1").model_id == MODEL["model_name"]
    assert [str(problem) for problem in report.problems] == [
        f"model_registry.json: model {name}: context_k: a window has at least {least} tokens here;"
        " it was left unknown"
        for name, least in (("m1", "64,000"), ("m2", "1,024"))
    ]
    assert set(slots_of(alice)["chat"]) == {"primary", "backup_1"}
    assert told(run(tmp_path)) == []


def test_a_model_that_another_hand_has_broken_is_told_and_stays(
    tmp_path: Path, alice: User
) -> None:
    llm = make_local(alice, slug="m1", name="Old")
    by_sql(llm, known_params="\u202e")

    report = run(tmp_path, registry(models=[MODEL], roles={}))

    assert of(alice, "m1").name == "Old"
    assert [problem.where for problem in report.problems] == ["model_registry.json: model m1"]


@pytest.mark.parametrize("tokens", [8_192, 1_024])
def test_tokens_are_not_rounded_to_thousands_by_what_was_exported(
    tmp_path: Path, alice: User, tokens: int
) -> None:
    run(tmp_path, registry())
    llm = of(alice, "m1")
    llm.context_window = tokens
    save_llm(llm)

    document = export_registry(alice).document

    assert told(run(tmp_path, document)) == []
    assert of(alice, "m1").context_window == tokens
