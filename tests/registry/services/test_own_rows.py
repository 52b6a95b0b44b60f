"""What is different where a row has an owner: names, providers, kinds of hosts."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from registry.choices import ConnectionKind, Health, HostType
from registry.dialects.ollama import Ollama
from registry.dialects.openai import OpenAI
from registry.dialects.openai_compatible import OpenAICompatible
from registry.dialects.openwebui import OpenWebUI
from registry.models import Connection, LLMModel
from registry.services import targets
from registry.services.connections import save_connection
from registry.services.llms import save_llm
from registry.types import Change, ConnectionChange, LLMChange, Secret
from tests.factories import (
    API_KEY,
    make_connection,
    make_llm,
    make_provider,
    make_test,
    make_user,
    reference_provider,
)

pytestmark = pytest.mark.django_db

DIALECTS = [
    (HostType.OPENWEBUI, OpenWebUI),
    (HostType.OPENAI, OpenAICompatible),
    (HostType.OLLAMA, Ollama),
    ("", OpenAICompatible),
]


def fresh(llm: LLMModel) -> LLMModel:
    return LLMModel.objects.get(pk=llm.pk)


@pytest.mark.parametrize(("host_type", "dialect"), DIALECTS)
def test_a_host_is_spoken_to_by_its_kind(host_type: str, dialect: type[object]) -> None:
    host = make_connection(
        reference_provider("openai-compatible"),
        kind=ConnectionKind.HOST,
        host_type=host_type,
        api_url="http://llm.example",
    )
    llm = make_llm(provider=host.provider, change=LLMChange(connection=host))

    assert type(targets.of_connection(host).dialect) is dialect
    assert type(targets.of_llm(llm).dialect) is dialect


def test_only_a_host_has_a_kind_of_host() -> None:
    account = make_connection(reference_provider("openai"), host_type=HostType.OLLAMA)

    assert account.host_type == ""
    assert type(targets.of_connection(account).dialect) is OpenAI
    account.host_type = HostType.OLLAMA  # by another hand than ours
    assert type(targets.of_connection(account).dialect) is OpenAI


def test_another_kind_of_host_lets_health_be_unknown() -> None:
    host = make_connection(
        reference_provider("openai-compatible"),
        kind=ConnectionKind.HOST,
        host_type=HostType.OPENAI,
        api_url="http://llm.example",
    )
    llm = make_llm(provider=host.provider, change=LLMChange(connection=host))
    make_test(llm, code="unreachable")
    assert fresh(llm).health == Health.DOWN

    host.host_type = HostType.OLLAMA
    save_connection(host, ConnectionChange(frozenset({"host_type"})))

    assert fresh(llm).health == Health.UNKNOWN


@pytest.mark.parametrize(
    ("columns", "key", "field"),
    [({"api_url": "https://x.example"}, "", "api_url"), ({}, API_KEY, "api_key")],
)
def test_a_login_has_neither_address_nor_key(columns: dict[str, Any], key: str, field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        make_connection(kind=ConnectionKind.CLI, api_key=key, **columns)

    assert set(refused.value.message_dict) == {field}


def test_an_own_connection_gets_a_short_name_and_no_other_does() -> None:
    user = make_user()
    own = make_connection(owner=user, label="My Host")
    llm = make_llm(owner=user)

    assert own.slug == "my-host"
    assert make_connection(label="My Host").slug == ""
    assert llm.connection is not None
    assert llm.connection.slug == ""  # it is part of the model


def test_a_short_name_stays_when_the_label_changes() -> None:
    own = make_connection(owner=make_user(), label="Old")
    own.label = "New"

    save_connection(own, ConnectionChange(frozenset({"label"})))

    assert Connection.objects.get(pk=own.pk).slug == "old"


def test_another_provider_drops_the_connection_of_an_own_model_and_its_health() -> None:
    user, provider = make_user(), make_provider()
    own = make_connection(owner=user)
    llm = make_llm(owner=user, provider=own.provider, change=LLMChange(connection=own))
    make_test(llm, code="unreachable")
    llm = fresh(llm)
    llm.provider = provider

    save_llm(llm, LLMChange(frozenset({"provider"})))

    assert (fresh(llm).provider, fresh(llm).connection) == (provider, None)
    assert fresh(llm).health == Health.UNKNOWN
    assert Connection.objects.filter(pk=own.pk).exists()


def test_another_provider_may_come_with_a_key_of_its_own() -> None:
    llm = make_llm(owner=make_user())
    former = llm.connection
    llm.provider = make_provider()

    save_llm(llm, LLMChange(frozenset({"provider"}), api_key=Secret("sk-new-0123456789abcdef")))

    found = fresh(llm).connection
    assert found is not None
    assert found != former
    assert (found.provider, found.private_to) == (llm.provider, llm)
    assert found.open_key().reveal() == "sk-new-0123456789abcdef"
    assert Connection.objects.count() == 1


def test_a_connection_of_the_former_provider_is_refused() -> None:
    user = make_user()
    own = make_connection(owner=user)
    llm = make_llm(owner=user, provider=own.provider, change=LLMChange(connection=own))
    llm.provider = make_provider()

    with pytest.raises(ValidationError) as refused:
        save_llm(llm, LLMChange(frozenset({"provider"}), connection=own))

    assert set(refused.value.message_dict) == {"connection"}
    assert fresh(llm).provider == own.provider


def test_an_own_model_is_called_over_its_owners_or_the_organisations_connection() -> None:
    user, provider = make_user(), make_provider()
    own, shared = make_connection(provider, owner=user), make_connection(provider)
    foreign = make_connection(provider, owner=make_user())
    private = make_llm(provider=provider).connection

    for usable in (own, shared):
        llm = make_llm(owner=user, provider=provider, change=LLMChange(connection=usable))
        assert llm.connection == usable
    for owner, connection in ((user, foreign), (user, private), (None, own)):
        with pytest.raises(ValidationError) as refused:
            make_llm(owner=owner, provider=provider, change=LLMChange(connection=connection))
        assert set(refused.value.message_dict) == {"connection"}


def test_the_owner_of_a_model_is_kept_by_a_change_that_does_not_name_him() -> None:
    llm = make_llm(owner=make_user())
    owner, llm.owner = llm.owner, make_user()

    save_llm(llm, LLMChange(Change(frozenset({"name"})).fields))

    assert fresh(llm).owner == owner
