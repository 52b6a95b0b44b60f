from __future__ import annotations

import pytest
from pytest_django import Settings

from registry.services.origins import origin_of
from registry.types import Secret
from roles.choices import Builtin
from roles.services.builtins import builtin, builtin_key, builtins
from roles.services.configuration import of_llm
from tests.factories import API_KEY
from tests.roles.factories import (
    make_account,
    make_gemini,
    make_person,
    provider_of,
    rename_provider,
)

SERVER_KEY = "AIzaSyServerServerServerServerServer99"


@pytest.fixture(autouse=True)
def plain_settings(settings: Settings) -> None:
    settings.DEFAULT_MODEL = "claude-sonnet-4-6"
    settings.ORCHESTRATOR_MODEL = "gemini-2.5-flash"
    settings.GEMINI_API_KEY = Secret("")


def test_every_built_in_is_there_in_the_order_of_the_choices() -> None:
    assert list(builtins()) == Builtin.values


def test_the_claude_command_is_told_as_the_older_registry_told_it() -> None:
    facts = builtins()["claude_cli"].facts()

    assert facts["id"] == facts["type"] == "claude_cli"
    assert facts["label"] == "Claude (CLI) — claude-sonnet-4-6"
    assert facts["model_name"] == "claude-sonnet-4-6"
    assert facts["context_k"] == 200
    assert facts["tags"] == ["chat", "persona", "creative"]
    assert facts["uuid"] is None


def test_the_gemini_command_chooses_its_model_itself() -> None:
    facts = builtins()["gemini_cli"].facts()

    assert facts["model_name"] == ""
    assert facts["label"] == "Gemini (CLI)"
    assert facts["context_k"] == 1000
    assert facts["tags"] == ["chat", "research", "long_context"]


def test_the_gemini_api_is_told_with_the_orchestrators_model() -> None:
    facts = builtins()["gemini_api"].facts()

    assert facts["label"] == "Gemini API — gemini-2.5-flash"
    assert facts["model_name"] == "gemini-2.5-flash"
    assert facts["context_k"] == 1000
    assert facts["tags"] == ["orchestrator", "research", "long_context", "tools"]
    assert facts["provider"] == "google"


def test_the_settings_are_read_at_the_call(settings: Settings) -> None:
    settings.DEFAULT_MODEL = "claude-opus-4-7"

    assert builtins()["claude_cli"].model_name == "claude-opus-4-7"


def test_another_key_is_no_built_in() -> None:
    assert builtin("claude") is None
    assert builtin_key("claude") is None
    assert builtin_key("") is None


def test_a_built_in_is_named_in_any_case() -> None:
    assert builtin_key(" Gemini_CLI ") is Builtin.GEMINI_CLI


def test_the_servers_key_is_the_built_ins_and_shows_as_a_hint(settings: Settings) -> None:
    settings.GEMINI_API_KEY = Secret(SERVER_KEY)
    found = builtins()["gemini_api"]

    assert found.server_key == Secret(SERVER_KEY)
    assert found.facts()["has_key"] is True
    assert found.key_hint.startswith("key")
    assert len(found.key_hint) == 11
    assert SERVER_KEY[:8] not in str(found.facts())
    assert SERVER_KEY not in repr(found)


def test_without_a_servers_key_there_is_no_key_and_no_hint() -> None:
    facts = builtins()["gemini_api"].facts()

    assert facts["has_key"] is False
    assert facts["key_hint"] == ""


@pytest.mark.parametrize("key", ["claude_cli", "gemini_cli"])
def test_commands_are_given_no_key(settings: Settings, key: str) -> None:
    settings.GEMINI_API_KEY = Secret(SERVER_KEY)

    assert builtins()[key].server_key is None
    assert builtins()[key].has_key is False


@pytest.mark.django_db
def test_the_servers_key_goes_to_googles_own_address_only(settings: Settings) -> None:
    settings.GEMINI_API_KEY = Secret(SERVER_KEY)
    user = make_person()
    llm = make_gemini(user)

    assert of_llm(llm).server_key == Secret(SERVER_KEY)

    rename_provider(provider_of("gemini"), direct_api_url="https://elsewhere.example/v1beta")
    llm.refresh_from_db()
    moved = of_llm(llm)

    assert moved.api_url == "https://elsewhere.example/v1beta"
    assert moved.server_key is None
    assert origin_of(builtins()["gemini_api"].api_url) == (
        "https://generativelanguage.googleapis.com:443"
    )


@pytest.mark.django_db
def test_a_model_with_an_account_is_never_given_the_servers_key(settings: Settings) -> None:
    settings.GEMINI_API_KEY = Secret(SERVER_KEY)
    user = make_person()
    blank = make_gemini(user, make_account(user, api_key=""))
    filled = make_gemini(user, make_account(user, api_key=API_KEY))

    assert of_llm(blank).server_key is None
    assert of_llm(filled).server_key is None
