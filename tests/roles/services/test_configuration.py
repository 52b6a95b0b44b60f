from __future__ import annotations

import json

import pytest

from registry.choices import Dialect, HostType, LLMType
from registry.models import Provider
from roles.services.configuration import of_llm, provider_word, serves_hosts
from tests.factories import API_KEY, make_llm, make_provider
from tests.roles.factories import (
    make_account,
    make_claude,
    make_gemini,
    make_host,
    make_local,
    make_login,
    make_own,
    make_person,
    provider_of,
)

pytestmark = pytest.mark.django_db

NAMES = [
    *("id", "uuid", "type", "model_name", "label", "provider", "context_k", "tags"),
    *("api_url", "host_type", "connection", "has_key", "key_hint", "parameters"),
]


def test_a_local_model_has_the_address_and_kind_of_its_host() -> None:
    user = make_person()
    host = make_host(user, api_url="http://llm-a.example:3000/", host_type=HostType.OPENAI)
    llm = make_local(
        user, host, name="Llama", model_id="llama3.1:8b", context_window=8000, tags=["code", "chat"]
    )

    facts = of_llm(llm).facts()

    assert list(facts) == NAMES
    assert facts["id"] == llm.slug
    assert facts["uuid"] == str(llm.pk)
    assert facts["type"] == "local_openai"
    assert facts["provider"] == "local"
    assert (facts["model_name"], facts["label"]) == ("llama3.1:8b", "Llama")
    assert facts["api_url"] == "http://llm-a.example:3000"
    assert facts["host_type"] == "openai"
    assert facts["connection"] == host.slug
    assert facts["context_k"] == 8
    assert facts["tags"] == ["chat", "code"]
    assert facts["has_key"] is True
    assert facts["key_hint"] == host.key_hint


def test_no_piece_of_a_key_is_in_the_facts_or_in_its_text() -> None:
    user = make_person()
    configuration = of_llm(make_local(user))

    told = json.dumps(configuration.facts()) + repr(configuration)

    assert all(API_KEY[at : at + 6] not in told for at in range(len(API_KEY) - 5))


def test_a_command_has_no_address_and_no_key() -> None:
    user = make_person()
    facts = of_llm(make_claude(user, make_login(user, slug="cli"))).facts()

    assert facts["type"] == "claude_cli"
    assert facts["provider"] == "anthropic"
    assert facts["connection"] == "cli"
    assert (facts["api_url"], facts["host_type"], facts["has_key"]) == ("", "", False)


def test_a_gemini_model_has_googles_address_and_its_accounts_key() -> None:
    user = make_person()
    account = make_account(user)

    facts = of_llm(make_gemini(user, account)).facts()

    assert facts["api_url"] == "https://generativelanguage.googleapis.com/v1beta"
    assert facts["provider"] == "google"
    assert facts["connection"] == account.slug
    assert facts["has_key"] is True


def test_an_unknown_context_is_zero() -> None:
    assert of_llm(make_gemini(make_person())).facts()["context_k"] == 0


def test_a_legacy_documents_own_word_for_a_type_stays() -> None:
    assert of_llm(
        make_own(make_person(), provider=make_provider(), transport="other")
    ).transport == ("other")


def test_without_a_transport_the_providers_dialect_says_how_to_speak() -> None:
    llm = make_llm(provider=make_provider(dialect=Dialect.ANTHROPIC))

    assert of_llm(llm).transport == "anthropic"


def test_a_private_connection_has_no_name_but_its_address() -> None:
    facts = of_llm(make_llm()).facts()

    assert facts["connection"] is None
    assert facts["api_url"].startswith("https://api.")
    assert facts["has_key"] is True


def test_parameters_are_those_of_the_type_that_are_set() -> None:
    text = make_own(make_person(), provider=make_provider(), temperature=0.0, max_output_tokens=500)
    vectors = make_llm(LLMType.EMBEDDING, dimensions=768, normalize=False)

    assert of_llm(text).parameters == {"max_output_tokens": 500, "temperature": 0.0}
    assert of_llm(vectors).parameters == {"dimensions": 768, "normalize": False}


@pytest.mark.parametrize(
    ("slug", "word"),
    [
        ("openai-compatible", "local"),
        ("ollama", "local"),
        ("gemini", "google"),
        ("anthropic", "anthropic"),
        ("openai", "openai"),
        ("groq", "groq"),
        ("watsonx", "watsonx"),
    ],
)
def test_providers_go_by_the_words_of_older_documents(slug: str, word: str) -> None:
    provider = provider_of(slug)

    assert provider_word(provider) == word
    assert Provider.objects.filter(serves_hosts("")).exists() is (word == "local")


def test_a_shared_model_of_a_host_is_local_and_one_of_a_service_is_not() -> None:
    shared = make_local(transport="")
    service = make_llm(provider=provider_of("groq"))

    assert of_llm(shared).is_local
    assert of_llm(shared).transport == "openai_compatible"
    assert not of_llm(service).is_local


@pytest.mark.parametrize(("slug", "kind"), [("openai-compatible", "openai"), ("ollama", "ollama")])
def test_the_kind_of_a_host_is_the_dialects_where_none_is_told(slug: str, kind: str) -> None:
    provider = provider_of(slug)
    host = make_host(provider=provider, host_type="")

    assert of_llm(make_local(None, host, provider=provider, transport="")).host_type == kind
