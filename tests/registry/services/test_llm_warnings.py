from __future__ import annotations

import pytest
from django.db import connection as database

from registry.choices import Dialect, LLMStatus
from registry.models import Connection, LLMModel
from registry.services.llm_warnings import connection_warnings, warnings_of
from registry.types import LLMChange
from tests.factories import make_connection, make_llm, make_provider

pytestmark = pytest.mark.django_db


def over(connection: Connection) -> LLMModel:
    return make_llm(provider=connection.provider, change=LLMChange(connection=connection))


def test_a_model_in_order_warns_of_nothing() -> None:
    assert warnings_of(make_llm()) == []


@pytest.mark.parametrize(
    ("status", "number"),
    [
        (LLMStatus.ACTIVE, 1),
        (LLMStatus.BETA, 0),
        (LLMStatus.INACTIVE, 0),
        (LLMStatus.DEPRECATED, 0),
    ],
)
def test_an_active_model_without_a_connection_warns(status: str, number: int) -> None:
    llm = make_llm(status=status, change=LLMChange(needs_connection=False))

    assert len(warnings_of(llm)) == number


def test_a_missing_key_warns() -> None:
    (text,) = warnings_of(over(make_connection(api_key="")))

    assert "no usable key" in text


@pytest.mark.parametrize(
    ("url", "line"),
    [
        ("http://10.0.0.5:11434", "REGISTRY_PRIVATE_HOSTS=10.0.0.5:11434"),
        ("http://localhost", "REGISTRY_PRIVATE_HOSTS=localhost:80"),
        ("https://[::1]/v1", "REGISTRY_PRIVATE_HOSTS=[::1]:443"),
    ],
)
def test_a_blocked_address_names_the_line_that_would_allow_it(url: str, line: str) -> None:
    ollama = make_provider(dialect=Dialect.OLLAMA)

    (text,) = connection_warnings(make_connection(ollama, api_url=url))

    assert text.endswith(line)


def test_an_unreadable_key_warns() -> None:
    connection = make_connection()
    with database.cursor() as cursor:
        cursor.execute("UPDATE registry_connection SET api_key = %s", [b"garbage"])

    (text,) = connection_warnings(Connection.objects.get(pk=connection.pk))

    assert "cannot be read" in text


def test_a_keyless_host_warns_of_nothing() -> None:
    ollama = make_provider(dialect=Dialect.OLLAMA)

    assert (
        connection_warnings(make_connection(ollama, api_url="https://o.example", api_key="")) == []
    )
