"""A stored key goes only to the address stored with it; a typed address needs a typed key."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from registry.choices import Dialect
from registry.models import LLMModel
from registry.services.unsaved_access import access_of
from registry.types import UNSET, LLMChange, Secret
from tests.factories import API_KEY, make_connection, make_llm, make_provider

pytestmark = pytest.mark.django_db

ADDRESS = "https://one.example/v1"
TYPED = Secret("sk-typed-just-now")


@pytest.fixture
def stored() -> LLMModel:
    """A model with a key and an address of its own."""
    return make_llm(change=LLMChange(api_key=Secret(API_KEY), api_endpoint=ADDRESS))


def access(
    stored: LLMModel | None, address: str = "", *, key: Secret | None = None, over: object = None
) -> LLMChange:
    return access_of(stored, connection=over, api_endpoint=address, api_key=key)  # type: ignore[arg-type]  # a connection or None


@pytest.mark.parametrize("same", [ADDRESS, f" {ADDRESS}/ ", "HTTPS://ONE.example:443/v1"])
def test_what_is_left_as_it_is_uses_the_models_own_connection(same: str, stored: LLMModel) -> None:
    assert access(stored, same) == LLMChange(connection=stored.connection)


@pytest.mark.invariant("S7")
@pytest.mark.parametrize(
    "other",
    [
        *("", "https://two.example/v1", "https://one.example/v2", "http://one.example/v1"),
        *("https://one.example:8443/v1", "https://one.example/v1/x", "no address"),
    ],
)
def test_another_address_asks_for_its_key(other: str, stored: LLMModel) -> None:
    with pytest.raises(ValidationError) as refused:
        access(stored, other)

    assert set(refused.value.message_dict) == {"api_key"}


def test_a_typed_key_goes_with_the_typed_address(stored: LLMModel) -> None:
    for address in (ADDRESS, "https://two.example/v1"):
        assert access(stored, address, key=TYPED) == LLMChange(api_endpoint=address, api_key=TYPED)
    assert access(stored, "", key=TYPED) == LLMChange(api_endpoint=UNSET, api_key=TYPED)


def test_an_address_of_its_own_without_a_key_needs_none_elsewhere() -> None:
    host = make_provider(dialect=Dialect.OLLAMA, direct_api_url="", auth_required=False)
    llm = make_llm(provider=host, change=LLMChange(api_endpoint=ADDRESS))

    other = "https://two.example"
    assert access(llm, other) == LLMChange(api_endpoint=other)


def test_a_chosen_connection_stands_for_key_and_address(stored: LLMModel) -> None:
    shared = make_connection(stored.provider)

    assert access(stored, ADDRESS, over=shared) == LLMChange(connection=shared)
    assert access(None, over=shared) == LLMChange(connection=shared)


def test_what_was_typed_beside_a_connection_is_passed_on_to_be_refused(stored: LLMModel) -> None:
    shared = make_connection(stored.provider)

    change = access(stored, "https://two.example", key=TYPED, over=shared)

    assert change == LLMChange(connection=shared, api_endpoint="https://two.example", api_key=TYPED)


def test_a_shared_connection_that_was_left_lends_no_key() -> None:
    shared = make_connection()
    llm = make_llm(provider=shared.provider, change=LLMChange(connection=shared))

    assert access(llm) == LLMChange()
    assert access(llm, ADDRESS, key=TYPED) == LLMChange(api_endpoint=ADDRESS, api_key=TYPED)


def test_a_new_model_has_what_was_typed() -> None:
    assert access(None, ADDRESS, key=TYPED) == LLMChange(api_endpoint=ADDRESS, api_key=TYPED)
