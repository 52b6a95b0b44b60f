"""What rows say of themselves."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import serializers
from django.core.exceptions import ValidationError

from registry.choices import LLMStatus, LLMType
from registry.errors import CredentialUnreadableError, NeedsKeyError
from registry.fields import Binding, SealedSecret, SecretField, seal
from registry.models import (
    Attempt,
    Capability,
    Connection,
    KeyRingCanary,
    LLMAlias,
    LLMModel,
    ModelCapability,
    Platform,
    Provider,
    ProviderAlias,
    Revision,
    Tag,
)
from registry.types import Dependents, LLMChange, Secret
from tests.factories import API_KEY, make_connection, make_llm, make_user

BINDING = Binding(row="1", owner="", origin="https://api.example.com:443")


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (Provider(slug="maker"), "maker"),
        (ProviderAlias(name="mk"), "mk"),
        (Platform(slug="hub"), "hub"),
        (Tag(name="fast"), "fast"),
        (LLMAlias(name="quick"), "quick"),
        (LLMModel(name="Fast"), "Fast"),
        (Connection(label="Team"), "Team"),
        (Capability(name="vision", label="Vision"), "Vision"),
        (Capability(name="vision"), "vision"),
        (Revision(number=7), "7"),
        (Attempt(bucket="abc", count=2), "abc: 2"),
        (KeyRingCanary(), "canary"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_row_reads_as_its_name(row: object, text: str) -> None:
    assert str(row) == text


def test_a_capability_of_a_model_reads_as_yes_or_no() -> None:
    vision = Capability(name="vision")

    assert str(ModelCapability(capability=vision, supported=True)) == "vision: True"


@pytest.mark.django_db
def test_a_connection_knows_its_binding_and_hint() -> None:
    owner = make_user()
    connection = make_connection(owner=owner, api_url="https://own.example")

    assert connection.binding == Binding(str(connection.pk), str(owner.pk), connection.origin)
    assert connection.key_hint == f"key{connection.key_fingerprint[:8]}"
    assert len(connection.key_fingerprint) == 64
    assert (connection.has_key, connection.is_readable) == (True, True)


@pytest.mark.django_db
def test_a_connection_without_a_key_is_readable_but_opens_nothing() -> None:
    connection = make_connection(api_key="")

    assert (connection.has_key, connection.key_hint) == (False, "")
    assert connection.is_readable
    with pytest.raises(NeedsKeyError):
        connection.open_key()


@pytest.mark.django_db
def test_an_unreadable_key_shows_as_a_needed_one() -> None:
    connection = make_connection()
    connection.api_key = SealedSecret(b"garbage")

    assert not connection.is_readable
    assert (connection.state, connection.visible_state) == ("ready", "needs_key")


@pytest.mark.django_db
def test_models_are_chosen_by_words() -> None:
    shared = make_llm(name="B")
    own = make_llm(name="A", owner=make_user())
    beta = make_llm(LLMType.NER, name="C", status=LLMStatus.BETA)
    first = make_llm(name="Z", is_default=True)

    assert set(LLMModel.objects.shared()) == {shared, beta, first}
    assert set(LLMModel.objects.active()) == {shared, own, first}
    assert set(LLMModel.objects.of_type(LLMType.NER)) == {beta}
    assert LLMModel.objects.default_first().first() == first


@pytest.mark.django_db
def test_links_are_read_in_a_constant_number_of_queries(
    django_assert_max_num_queries: Any,
) -> None:
    for _ in range(5):
        make_llm(change=LLMChange(api_key=Secret(API_KEY), tags=["fast"], aliases=["quick"]))

    with django_assert_max_num_queries(7):
        for llm in LLMModel.objects.with_links():
            assert [str(llm.provider), str(llm.connection), *llm.tags.all(), *llm.aliases.all()]
            assert not [*llm.capabilities.all(), *llm.knowledge_bases.all()]


def test_only_the_right_binding_opens_a_secret() -> None:
    sealed = seal(Secret(API_KEY), BINDING)

    assert sealed.open(BINDING).reveal() == API_KEY
    for other in (
        Binding("2", BINDING.owner, BINDING.origin),
        Binding(BINDING.row, "7", BINDING.origin),
        Binding(BINDING.row, BINDING.owner, "https://api.example.com:8443"),
        Binding("", "", ""),
    ):
        with pytest.raises(CredentialUnreadableError):
            sealed.open(other)


@pytest.mark.parametrize("token", [b"", b"garbage", b"gAAAAA", "é".encode(), b"\x00" * 100])
def test_a_damaged_secret_does_not_open(token: bytes) -> None:
    with pytest.raises(CredentialUnreadableError):
        SealedSecret(token).open(BINDING)


def test_two_seals_of_one_secret_differ() -> None:
    first, second = seal(Secret(API_KEY), BINDING), seal(Secret(API_KEY), BINDING)

    assert first != second
    assert first == SealedSecret(first.token)
    assert hash(first) == hash(SealedSecret(first.token))
    assert first != first.token


@pytest.mark.parametrize("value", [API_KEY, API_KEY.encode(), Secret(API_KEY), 7, {"a": 1}])
def test_a_secret_column_takes_nothing_but_a_sealed_secret(value: object) -> None:
    field = SecretField()

    with pytest.raises(ValidationError):
        field.to_python(value)
    with pytest.raises(TypeError, match="SealedSecret"):
        field.get_db_prep_save(value, None)


def test_a_secret_column_may_be_empty() -> None:
    assert SecretField().to_python(None) is None
    assert SecretField().get_db_prep_save(None, None) is None


@pytest.mark.django_db
def test_a_dump_of_the_rows_has_no_ciphertext() -> None:
    connection = make_connection()
    assert connection.api_key is not None

    dump = serializers.serialize("json", Connection.objects.all())

    assert connection.api_key.token.decode() not in dump
    assert '"api_key": ""' in dump


def test_knowledge_bases_and_being_the_default_block() -> None:
    assert Dependents(knowledge_bases=["Docs"]).blocks
    assert Dependents(is_default=True).blocks
    assert not Dependents(routes=["gpt@azure"]).blocks
