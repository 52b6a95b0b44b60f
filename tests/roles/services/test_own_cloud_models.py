from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from registry.choices import Transport
from registry.errors import SharedConnectionError
from registry.models import Connection, LLMModel
from registry.types import UNSET, LLMChange, Secret
from roles.services.own_llms import (
    save_cloud_model,
    save_own,
)
from tests.factories import API_KEY
from tests.roles.factories import (
    make_account,
    make_gemini,
    make_host,
    make_login,
    make_own,
    make_person,
    provider_of,
)
from tests.trail import changes, written

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def providers() -> None:
    for slug in ("openai-compatible", "gemini", "anthropic", "openai", "azure", "ollama"):
        provider_of(slug)


@pytest.fixture
def user() -> User:
    return make_person()


def refused(call: Callable[..., object], *args: Any, **values: Any) -> set[str]:
    with pytest.raises(ValidationError) as caught:
        call(*args, **values)
    return set(caught.value.message_dict)


def fresh(llm: LLMModel) -> LLMModel:
    found: LLMModel = LLMModel.objects.with_links().get(pk=llm.pk)
    return found


def tags_of(llm: LLMModel) -> list[str]:
    return [tag.name for tag in fresh(llm).tags.all()]


@pytest.mark.parametrize(
    ("provider", "transport"),
    [
        ("google", "gemini_api"),
        ("gemini", "gemini_api"),
        ("anthropic", "claude_cli"),
        ("openai", ""),
    ],
)
def test_the_provider_decides_the_transport(user: User, provider: str, transport: str) -> None:
    llm = save_cloud_model(user, None, provider=provider, model_name="m")

    assert fresh(llm).transport == transport
    assert fresh(llm).connection is None


@pytest.mark.parametrize("provider", ["", "nobody", "local", "openai-compatible", UNSET])
def test_an_unknown_provider_and_that_of_hosts_are_refused(user: User, provider: Any) -> None:
    assert refused(save_cloud_model, user, None, provider=provider, model_name="m") == {"provider"}


def test_an_account_of_anthropic_speaks_its_api_and_a_login_its_command(user: User) -> None:
    account = make_account(user, provider=provider_of("anthropic"))
    login = make_login(user)
    save: dict[str, Any] = {"provider": "anthropic", "model_name": "m"}

    llm = save_cloud_model(user, None, account=account.slug, **save)
    assert (fresh(llm).transport, fresh(llm).connection) == ("", account)

    save_cloud_model(user, llm.slug, credential=login.slug, **save)
    assert (fresh(llm).transport, fresh(llm).connection) == ("claude_cli", login)


def test_a_login_at_google_is_its_command(user: User) -> None:
    login = make_login(user, provider=provider_of("gemini"))

    llm = save_cloud_model(user, None, provider="google", model_name="m", credential=login.slug)

    assert fresh(llm).transport == "gemini_cli"


def test_the_command_of_google_is_kept_and_can_be_asked_for(user: User) -> None:
    llm = save_cloud_model(
        user, None, provider="google", model_name="m", transport=Transport.GEMINI_CLI
    )
    save_cloud_model(user, llm.slug, provider="google", model_name="n")
    assert fresh(llm).transport == "gemini_cli"

    account = make_account(user)
    save_cloud_model(user, llm.slug, provider="google", model_name="n", account=account.slug)
    assert fresh(llm).transport == "gemini_api"

    for transport in ("claude_cli", "local_openai", "other"):
        assert refused(
            save_cloud_model, user, None, provider="google", model_name="m", transport=transport
        ) == {"transport"}  # fmt: skip


def test_a_word_that_an_older_document_brought_stays(user: User) -> None:
    llm = make_own(user, provider=provider_of("openai"), transport="other")

    save_cloud_model(user, llm.slug, provider="openai", model_name="n")
    assert fresh(llm).transport == "other"

    save_cloud_model(user, llm.slug, provider="google", model_name="n")
    assert fresh(llm).transport == "gemini_api"


def test_an_update_without_an_account_clears_it_unless_it_is_unset(user: User) -> None:
    account = make_account(user)
    llm = make_gemini(user, account)
    save: dict[str, Any] = {"provider": "google", "model_name": "gemini-2.5-flash"}

    save_cloud_model(user, llm.slug, account=UNSET, credential=UNSET, **save)
    assert fresh(llm).connection == account

    save_cloud_model(user, llm.slug, **save)
    assert fresh(llm).connection is None
    assert Connection.objects.filter(pk=account.pk).exists()


def test_another_provider_drops_the_account(user: User) -> None:
    llm = make_gemini(user, make_account(user))

    with written() as trail:
        save_cloud_model(user, llm.slug, provider="anthropic", model_name="o", account=UNSET)

    stored = fresh(llm)
    assert (stored.connection, stored.transport, stored.slug) == (None, "claude_cli", llm.slug)
    assert {"provider", "connection", "transport"} <= set(changes(trail.only))


def test_the_login_that_everybody_has_is_stored_when_it_is_named(user: User) -> None:
    llm = make_gemini(user, make_account(user))

    save_cloud_model(user, llm.slug, provider="anthropic", model_name="o", credential="cli")
    other = save_cloud_model(user, None, provider="anthropic", model_name="p", credential="cli")

    login = fresh(llm).connection
    assert login is not None
    assert (login.slug, login.label, login.owner) == ("cli", "Claude CLI (OAuth)", user)
    assert fresh(other).connection == login


def test_nothing_is_stored_when_a_save_is_refused(user: User) -> None:
    save = (save_cloud_model, user, None)

    assert refused(
        *save, provider="anthropic", model_name="a b", label="L", credential="cli"
    ) == {"model_name"}  # fmt: skip
    assert not Connection.objects.exists()


def test_an_account_or_login_is_one_of_the_same_provider(user: User) -> None:
    google, login, host = make_account(user), make_login(user), make_host(user)
    save = (save_cloud_model, user, None)

    for name in ("zz", "\0", google.slug, login.slug, host.slug):
        assert refused(*save, provider="anthropic", model_name="m", account=name) == {"account"}
    for name in ("zz", google.slug, host.slug):
        assert refused(*save, provider="anthropic", model_name="m", credential=name) == {
            "credential"
        }
    assert refused(*save, provider="google", model_name="m", credential="cli") == {"credential"}
    assert refused(
        *save, provider="google", model_name="m", account=google.slug, credential=login.slug
    ) == {"credential"}  # fmt: skip


def test_a_name_of_something_else_is_not_the_login_that_everybody_has(user: User) -> None:
    make_host(user, slug="cli")

    assert refused(
        save_cloud_model, user, None, provider="anthropic", model_name="m", credential="cli"
    ) == {"credential"}  # fmt: skip


def test_a_shared_account_of_the_organisation_serves_by_its_id(user: User) -> None:
    shared = make_account(None)

    llm = save_cloud_model(user, None, provider="google", model_name="m", account=str(shared.pk))

    assert fresh(llm).connection == shared
    with pytest.raises(SharedConnectionError):
        save_own(fresh(llm), LLMChange(frozenset(), api_key=Secret(API_KEY)))
    assert Connection.objects.get(pk=shared.pk).open_key().reveal() == API_KEY
