from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from audit.models import LogEntry
from registry.errors import NotPermittedError, TrailUnavailableError
from registry.models import Connection, LLMModel
from registry.services.llms import save_llm
from registry.types import LLMChange, Secret
from roles.choices import Builtin
from roles.services.legacy_export import export_registry, export_with_keys
from roles.services.legacy_import import import_document
from roles.services.slots import set_slot
from tests.factories import API_KEY, make_llm, make_user
from tests.roles.factories import (
    make_account,
    make_gemini,
    make_host,
    make_local,
    make_login,
    provider_of,
)
from tests.roles.legacy.documents import read
from tests.trail import payload

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def alice() -> User:
    """Somebody with a host and an account of her own, and a model on each."""
    user = make_user("alice")
    host = make_host(user, slug="h1", api_url="http://x.example", label="Host")
    account = make_account(user, slug="a1", label="Acct")
    llm = make_local(user, host, slug="m1")
    make_gemini(user, account, slug="g1")
    set_slot(user, "chat", "primary", llm)
    set_slot(user, "chat", "backup_1", Builtin.CLAUDE_CLI)
    return user


@pytest.fixture
def auditor() -> User:
    user = make_user("auditor")
    user.user_permissions.add(Permission.objects.get(codename="reveal_key"))
    return user


def printed(*arguments: Any) -> dict[str, Any]:
    out = io.StringIO()
    call_command("export_registry", *map(str, arguments), stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def refused(*arguments: Any) -> str:
    out = io.StringIO()
    with pytest.raises(CommandError) as error:
        call_command("export_registry", *map(str, arguments), stdout=out)
    assert out.getvalue() == ""
    return str(error.value)


@pytest.mark.usefixtures("alice")
def test_the_document_has_no_keys_and_writes_nothing() -> None:
    before = LogEntry.objects.count()

    found = printed("alice")

    assert found["version"] == 2
    assert found["hosts"] == [
        {"id": "h1", "label": "Host", "api_url": "http://x.example", "host_type": "openwebui"}
    ]
    assert found["providers"]["google"] == {"accounts": [{"id": "a1", "label": "Acct"}]}
    assert found["roles"] == {"chat": {"primary": "m1", "backup_1": "claude_cli"}}
    local, gemini = found["models"]
    assert (local["id"], local["host_id"], local["type"]) == ("m1", "h1", "local_openai")
    assert (gemini["id"], gemini["account_id"], gemini["provider"]) == ("g1", "a1", "google")
    assert API_KEY not in json.dumps(found)
    assert LogEntry.objects.count() == before


@pytest.mark.usefixtures("alice", "auditor")
def test_keys_are_on_the_trail_with_who_had_them() -> None:
    found = printed("alice", "--with-keys", "--as", "auditor")

    assert found["hosts"][0]["api_key"] == API_KEY
    assert found["providers"]["google"]["accounts"][0]["api_key"] == API_KEY
    entries = LogEntry.objects.filter(event="key_revealed")
    assert sorted(entry.object_repr for entry in entries) == ["Acct", "Host"]
    for entry in entries:
        assert (entry.actor_name, entry.source) == ("auditor", "command")
        assert payload(entry) == {"purpose": "export_registry", "for_user": "alice"}


@pytest.mark.usefixtures("alice")
def test_keys_need_somebody_who_asks() -> None:
    assert refused("alice", "--with-keys") == "--with-keys needs --as USER"


@pytest.mark.usefixtures("alice")
@pytest.mark.parametrize("staff", [False, True])
def test_keys_need_the_permission_whoever_asks(staff: bool) -> None:
    make_user("bob", staff=staff, permissions=("connection.view",))

    assert "permission_denied" in refused("alice", "--with-keys", "--as", "bob")
    assert "permission_denied" in refused("alice", "--with-keys", "--as", "alice")
    assert not LogEntry.objects.filter(event="key_revealed").exists()


def test_without_permission_or_person_the_service_gives_no_key(alice: User) -> None:
    for actor in (None, alice):
        with pytest.raises(NotPermittedError):
            export_with_keys(alice, actor)


def test_no_key_leaves_when_the_trail_cannot_be_written(alice: User, auditor: User) -> None:
    table = LogEntry._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO {table}_away")
    try:
        with pytest.raises(TrailUnavailableError):
            export_with_keys(alice, auditor)
        assert "trail_unavailable" in refused("alice", "--with-keys", "--as", "auditor")
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table}_away RENAME TO {table}")


def test_no_key_leaves_inside_a_transaction_that_may_be_taken_back(
    alice: User, auditor: User
) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError):
        export_with_keys(alice, auditor)


def test_a_key_that_cannot_be_read_is_left_out_and_told(alice: User, auditor: User) -> None:
    host = Connection.objects.get(owner=alice, slug="h1")
    account = Connection.objects.get(owner=alice, slug="a1")
    host.api_key = account.api_key  # bound to another row
    host.save()
    err = io.StringIO()
    out = io.StringIO()

    call_command(
        "export_registry", "alice", "--with-keys", "--as", "auditor", stdout=out, stderr=err
    )

    assert "api_key" not in json.loads(out.getvalue())["hosts"][0]
    assert "h1" in err.getvalue()
    assert export_with_keys(alice, auditor).unreadable == ("h1",)


def test_nobody_is_refused() -> None:
    assert refused("nobody") == "there is no user named 'nobody'"


def test_one_users_document_has_nothing_of_anothers(alice: User) -> None:
    bob = make_user("bob")
    make_local(bob, slug="bobs")

    assert [model["id"] for model in printed("alice")["models"]] == ["m1", "g1"]
    assert [model["id"] for model in export_registry(bob).document["models"]] == ["bobs"]
    assert alice.llms.count() == 2


def test_somebody_without_records_has_the_document_of_everybody() -> None:
    make_user("new")

    assert printed("new") == {
        "version": 2,
        "providers": {
            "anthropic": {
                "credentials": [{"id": "cli", "label": "Claude CLI (OAuth)", "type": "cli"}]
            },
            "google": {"accounts": []},
        },
        "hosts": [],
        "models": [],
        "roles": {},
    }


def test_a_login_has_no_key_and_no_address(alice: User, auditor: User) -> None:
    make_login(alice, slug="own", label="Mine")

    found = export_with_keys(alice, auditor).document

    assert found["providers"]["anthropic"]["credentials"] == [
        {"id": "own", "label": "Mine", "type": "cli"}
    ]


def test_a_slot_names_a_shared_model_so_that_it_is_found_again(alice: User) -> None:
    shared, same = make_llm(slug="shared"), make_llm(slug="m1")
    set_slot(alice, "coder", "primary", shared)
    set_slot(alice, "coder", "backup_1", same)

    document = export_registry(alice).document
    reading = read(document)

    assert document["roles"]["coder"] == {"primary": "shared", "backup_1": str(same.pk)}
    assert reading.document is not None
    assert not import_document(alice, reading.document, "x", dry_run=True).changes


def test_a_models_own_connection_becomes_an_entry(alice: User, auditor: User) -> None:
    llm = LLMModel(
        owner=alice,
        slug="p1",
        type="generation",
        name="Own",
        model_id="own",
        provider=provider_of("gemini"),
    )
    save_llm(llm, LLMChange(api_key=Secret("AIzaOwnKey")))
    assert llm.connection is not None

    document = export_with_keys(alice, auditor).document
    other = make_user("other")
    reading = read(document)
    assert reading.document is not None
    import_document(other, reading.document, "x", dry_run=False)

    entry = {"id": str(llm.connection.pk), "label": "Own", "api_key": "AIzaOwnKey"}
    assert entry in document["providers"]["google"]["accounts"]
    copied = LLMModel.objects.get(owner=other, slug="p1").connection
    assert copied is not None
    assert copied.open_key() == Secret("AIzaOwnKey")


def test_an_account_at_an_address_of_its_own_keeps_it(alice: User) -> None:
    make_account(alice, slug="z1", label="Z", api_url="https://proxy.example/v1beta")

    document = export_registry(alice).document
    reading = read(document)

    assert document["providers"]["google"]["accounts"][-1]["api_url"] == (
        "https://proxy.example/v1beta"
    )
    assert reading.document is not None
    assert not import_document(alice, reading.document, "x", dry_run=True).changes
