from __future__ import annotations

import json

import pytest
from pytest_django import Settings

from registry.choices import HostType, LLMStatus
from roles.choices import Builtin
from roles.services.registry_of import registry_of, resolved_models, roles_of
from tests.factories import API_KEY, make_llm, make_provider
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

pytestmark = pytest.mark.django_db

CLI = {"id": "cli", "label": "Claude CLI (OAuth)", "type": "cli"}


def test_who_has_nothing_has_an_empty_document_of_version_2() -> None:
    assert registry_of(make_person()) == {
        "version": 2,
        "providers": {"anthropic": {"credentials": [CLI]}, "google": {"accounts": []}},
        "hosts": [],
        "models": [],
        "roles": {},
    }


LLAMA = {
    "id": "m1",
    "type": "local_openai",
    "label": "Llama",
    "model_name": "llama3",
    "provider": "local",
    "host_id": "h1",
    "context_k": 8,
    "tags": ["a", "b"],
    "status": "active",
}


def test_the_document_has_all_records_of_the_user_and_no_key() -> None:
    user = make_person()
    account = make_account(user, slug="a1", label="Work")
    login = make_login(user, slug="own", label="Own login")
    host = make_host(user, slug="h1", label="Attic", api_url="http://attic.example")
    make_local(
        user, host, slug="m1", name="Llama", model_id="llama3", context_window=8000, tags=["b", "a"]
    )
    make_gemini(user, account, slug="m2")
    make_claude(user, login, slug="m3", status=LLMStatus.INACTIVE)
    make_local(user, slug="m4", connection_ref="nohost")
    make_gemini(user, slug="m5", connection_ref="a9")
    make_gemini(user, slug="m6")
    fill(user, Builtin.GEMINI_CLI, role="poet", slot="backup_2")

    found = registry_of(user)

    assert found["providers"]["anthropic"]["credentials"] == [
        {"id": "own", "label": "Own login", "type": "cli"}
    ]
    assert found["providers"]["google"]["accounts"] == [
        {"id": "a1", "label": "Work", "hint": account.key_hint}
    ]
    told = {"id": "h1", "label": "Attic", "api_url": "http://attic.example"}
    told |= {"host_type": HostType.OPENWEBUI.value, "hint": host.key_hint}
    assert found["hosts"] == [told]
    assert found["models"][0] == LLAMA
    references = [
        {name: model[name] for name in model if name.endswith("_id")} for model in found["models"]
    ]
    assert references[1:] == [
        {"account_id": "a1"},
        {"credential_id": "own"},
        {"host_id": "nohost"},
        {"account_id": "a9"},
        {},
    ]
    assert found["roles"] == {"poet": {"backup_2": "gemini_cli"}}
    assert API_KEY not in json.dumps(found)


def test_accounts_of_other_providers_stand_under_their_own_names() -> None:
    user = make_person()
    make_account(user, provider=make_provider("acme"), slug="x1")

    assert [row["id"] for row in registry_of(user)["providers"]["acme"]["accounts"]] == ["x1"]


def test_the_documents_of_two_users_are_apart() -> None:
    user, other = make_person(), make_person()
    make_local(user)
    make_account(user)
    fill(user, Builtin.GEMINI_CLI)
    make_llm()

    assert registry_of(other) == registry_of(make_person())
    assert resolved_models(other) == []
    assert set(roles_of(other)["chat"].values()) == {None}


def test_resolved_models_are_the_users_own_that_can_be_used_oldest_first() -> None:
    user = make_person()
    make_llm()
    first = make_local(user, slug="m1")
    make_local(user, slug="mx", connection_ref="nohost")
    make_claude(user, slug="off", status=LLMStatus.INACTIVE)
    last = make_claude(user, slug="mc")

    found = resolved_models(user)

    assert [one.key for one in found] == [first.slug, last.slug]
    assert found[0].api_url


def test_defined_roles_are_told_with_their_gaps(settings: Settings) -> None:
    settings.DEFINED_ROLES = ["chat", "coder"]
    user = make_person()
    fill(user, Builtin.GEMINI_CLI, slot="backup_4")
    fill(user, Builtin.GEMINI_CLI, role="poet")

    found = roles_of(user)

    assert list(found) == ["chat", "coder"]
    assert found["chat"] == {
        "primary": None,
        "backup_1": None,
        "backup_2": None,
        "backup_3": None,
        "backup_4": "gemini_cli",
    }
