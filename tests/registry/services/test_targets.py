"""What a test calls: a key goes to the address it was stored or typed with, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import Settings

from registry.choices import ConnectionKind, Dialect, LLMType, Mode, ProbeCode
from registry.dialects.cli import CommandLine
from registry.dialects.ollama import Ollama
from registry.dialects.openai_compatible import OpenAICompatible
from registry.fields import SealedSecret
from registry.models import Connection, LLMModel
from registry.services import connection_tests, targets
from registry.services.connections import remove_key, save_connection
from registry.services.targets import NoTargetError
from registry.types import LLMChange, Secret
from tests.factories import API_KEY, make_connection, make_llm, make_provider
from tests.providers import carry_out, provider
from tests.raw_sql import by_sql

pytestmark = pytest.mark.django_db

ELSEWHERE = "https://evil.example/v1"


def why_not(aim: Any, *arguments: Any) -> tuple[str, str]:
    with pytest.raises(NoTargetError) as refused:
        aim(*arguments)
    return refused.value.code, refused.value.detail


def fresh(llm: LLMModel) -> LLMModel:
    row: LLMModel = LLMModel.objects.select_related("provider", "connection").get(pk=llm.pk)
    return row


# Stored models
# ----------------------------------------------------------------------------
def test_a_model_is_called_at_its_connection_with_its_key() -> None:
    llm = make_llm(
        LLMType.EMBEDDING, dimensions=8, probe_max_tokens=64, probe_reasoning_effort="low"
    )

    aim = targets.of_llm(llm)

    assert isinstance(aim.dialect, OpenAICompatible)
    target = aim.target
    assert (target.address, target.key) == (llm.provider.direct_api_url, Secret(API_KEY))
    assert (target.model_id, target.type, target.mode) == (llm.model_id, "embedding", "embedding")
    assert (target.dimensions, target.max_tokens, target.reasoning_effort) == (8, 64, "low")


@pytest.mark.parametrize(
    ("llm_type", "mode"), [(LLMType.EMBEDDING, Mode.EMBEDDING), (LLMType.NER, Mode.CHAT)]
)
def test_a_model_without_a_mode_is_called_as_its_type_suggests(llm_type: str, mode: str) -> None:
    llm = make_llm(llm_type)
    llm.mode = ""

    assert targets.of_llm(llm).target.mode == mode


def test_a_connections_own_address_comes_before_its_providers() -> None:
    connection = make_connection(api_url="https://eu.one.example/v1/")

    assert targets.of_connection(connection).target.address == "https://eu.one.example/v1"
    assert targets.host_of_connection(connection) == "https://eu.one.example:443"


def test_a_host_without_a_login_is_called_without_a_key() -> None:
    ollama = make_provider(
        dialect=Dialect.OLLAMA, auth_required=False, direct_api_url="", name="Ollama"
    )
    connection = make_connection(ollama, api_url="http://gpu.example:11434", api_key="")

    aim = targets.of_connection(connection)

    assert isinstance(aim.dialect, Ollama)
    assert (aim.target.key, aim.target.model_id) == (None, "")


def test_a_command_line_login_has_no_address_and_no_key() -> None:
    login = make_connection(kind=ConnectionKind.CLI, api_key="")
    llm = make_llm(provider=login.provider, change=LLMChange(connection=login))

    for aim in (targets.of_llm(llm), targets.of_connection(login)):
        assert isinstance(aim.dialect, CommandLine)
        assert (aim.target.address, aim.target.key) == ("", None)
    assert targets.host_of(llm) == targets.host_of_connection(login) == ""


# What there is nothing to call for
# ----------------------------------------------------------------------------
def test_a_key_that_is_needed_and_missing_is_said() -> None:
    without = make_llm(change=LLMChange(needs_connection=False))
    empty = make_connection(api_key="")

    assert why_not(targets.of_llm, without) == (ProbeCode.NEEDS_KEY, "no_connection")
    assert why_not(targets.of_connection, empty) == (ProbeCode.NEEDS_KEY, "")


def test_a_key_that_was_lost_is_missed_even_where_none_is_needed() -> None:
    """Without a login in its place, nobody may find out who listens at the new address."""
    connection = make_connection(make_provider(auth_required=False))
    connection.api_url = "https://new.one.example"
    save_connection(connection)

    assert why_not(targets.of_connection, connection) == (ProbeCode.NEEDS_KEY, "")


def test_a_key_that_was_removed_is_not_missed_where_none_is_needed() -> None:
    connection = make_connection(make_provider(auth_required=False))
    remove_key(connection)

    assert targets.of_connection(connection).target.key is None


def test_a_model_without_any_address_is_said() -> None:
    llm = make_llm(
        provider=make_provider(auth_required=False), change=LLMChange(needs_connection=False)
    )
    llm.provider.direct_api_url = ""

    assert why_not(targets.of_llm, llm) == (ProbeCode.CANNOT_TEST, "no_address")
    assert targets.host_of(llm) == ""


def test_a_private_address_is_said_with_what_would_allow_it(settings: Settings) -> None:
    connection = make_connection(api_url="http://127.0.0.1:9/v1")

    assert why_not(targets.of_connection, connection) == ("address_blocked", "127.0.0.1:9")
    settings.REGISTRY_PRIVATE_HOSTS = ["127.0.0.1:9"]
    assert targets.of_connection(connection).target.address == "http://127.0.0.1:9/v1"


def test_a_key_that_cannot_be_read_is_said() -> None:
    connection = make_connection()
    connection.api_key = SealedSecret(b"damaged")

    assert why_not(targets.of_connection, connection) == (ProbeCode.CREDENTIAL_UNREADABLE, "")


# Rows that were changed past the services
# ----------------------------------------------------------------------------
def test_a_stored_key_does_not_follow_an_address_that_sql_moved() -> None:
    llm = make_llm(change=LLMChange(connection=None, api_key=Secret(API_KEY)))
    by_sql(llm.connection, api_url=ELSEWHERE)
    by_provider = make_connection()
    by_sql(by_provider.provider, direct_api_url=ELSEWHERE)

    assert why_not(targets.of_llm, fresh(llm)) == (ProbeCode.NEEDS_KEY, "moved")
    moved = Connection.objects.get(pk=by_provider.pk)
    assert why_not(targets.of_connection, moved) == (ProbeCode.NEEDS_KEY, "moved")


def test_a_stored_key_does_not_open_for_an_origin_that_sql_wrote() -> None:
    connection = make_connection()
    by_sql(connection, api_url=ELSEWHERE, origin="https://evil.example:443")

    moved = Connection.objects.get(pk=connection.pk)
    assert why_not(targets.of_connection, moved) == (ProbeCode.CREDENTIAL_UNREADABLE, "")


def test_a_key_that_sql_copied_to_another_row_does_not_open() -> None:
    victim = make_connection()
    thief = make_connection(api_url=ELSEWHERE, api_key="sk-" + "x" * 20)
    thief.api_key = victim.api_key

    assert why_not(targets.of_connection, thief) == (ProbeCode.CREDENTIAL_UNREADABLE, "")


@pytest.mark.parametrize(
    "columns",
    [{"api_url": ELSEWHERE}, {"api_url": ELSEWHERE, "origin": "https://evil.example:443"}],
)
def test_nothing_is_called_when_sql_has_moved_an_address(
    monkeypatch: pytest.MonkeyPatch, columns: dict[str, str]
) -> None:
    far = provider(monkeypatch)
    llm = make_llm()
    by_sql(llm.connection, **columns)

    test = carry_out(connection_tests.request_test(fresh(llm), inference=True).test)

    assert far.calls == []
    assert test.success is False
