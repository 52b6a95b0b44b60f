"""A model's own key and address, and the connections it shares with others."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from registry.choices import ConnectionState, Dialect, LLMType
from registry.errors import NeedsKeyError, SharedConnectionError
from registry.models import Connection, LLMModel
from registry.services.connections import users_of
from registry.services.deletion import delete_llm
from registry.services.llms import save_llm
from registry.types import LLMChange, Secret
from tests.factories import API_KEY, make_connection, make_llm, make_provider, make_user
from tests.trail import changes, written

pytestmark = pytest.mark.django_db

NOTHING: frozenset[str] = frozenset()
OTHER_KEY = "sk-another-key-0123456789"


def change(**said: Any) -> LLMChange:
    """Return what a PATCH says beside the columns."""
    if isinstance(said.get("api_key"), str):
        said["api_key"] = Secret(said["api_key"])
    return LLMChange(fields=NOTHING, **said)


def fresh(llm: LLMModel) -> LLMModel:
    return LLMModel.objects.get(pk=llm.pk)


def own(llm: LLMModel) -> Connection:
    connection = fresh(llm).connection
    assert connection is not None
    return connection


@pytest.fixture
def llm() -> LLMModel:
    """Be a model with a key and an address of its own."""
    said = LLMChange(api_key=Secret(API_KEY), api_endpoint="https://own.example/v1")
    return make_llm(name="Fast", change=said)


def test_a_key_makes_a_connection_of_the_models_own(llm: LLMModel) -> None:
    connection = own(llm)

    assert llm.has_private_connection
    assert connection.private_to_id == llm.pk
    assert connection.open_key().reveal() == API_KEY
    assert (connection.api_url, connection.origin) == (
        "https://own.example/v1",
        "https://own.example:443",
    )
    assert (connection.label, connection.kind, connection.state) == ("Fast", "host", "ready")
    assert connection not in Connection.objects.shared()


def test_a_key_without_an_address_uses_the_providers() -> None:
    provider = make_provider(direct_api_url="https://api.maker.example/v1")

    connection = own(make_llm(provider=provider))

    assert (connection.api_url, connection.origin) == ("", "https://api.maker.example:443")
    assert connection.kind == "account"


def test_a_new_key_replaces_the_old_one(llm: LLMModel) -> None:
    with written() as found:
        save_llm(llm, change(api_key=OTHER_KEY))

    assert own(llm).open_key().reveal() == OTHER_KEY
    assert Connection.objects.count() == 1
    assert (found.only.event, changes(found.only)) == ("model_updated", {"api_key": "changed"})
    assert fresh(llm).revision == 2


def test_a_path_at_the_same_origin_keeps_the_key(llm: LLMModel) -> None:
    with written() as found:
        save_llm(llm, change(api_endpoint="https://OWN.example:443/v2/"))

    assert own(llm).open_key().reveal() == API_KEY
    assert changes(found.only) == {
        "api_endpoint": ["https://own.example/v1", "https://own.example/v2"]
    }


@pytest.mark.parametrize(
    "endpoint", ["http://own.example/v1", "https://own.example:8443/v1", "https://other.example/v1"]
)
def test_another_origin_drops_the_key(llm: LLMModel, endpoint: str) -> None:
    with written() as found:
        save_llm(llm, change(api_endpoint=endpoint))

    connection = own(llm)
    assert connection.state == ConnectionState.NEEDS_KEY
    assert (connection.has_key, connection.key_fingerprint) == (False, "")
    with pytest.raises(NeedsKeyError):
        connection.open_key()
    assert changes(found.only) == {
        "api_endpoint": ["https://own.example/v1", endpoint],
        "api_key": "changed",
    }


def test_another_origin_with_a_new_key_is_ready(llm: LLMModel) -> None:
    save_llm(llm, change(api_endpoint="https://other.example", api_key=OTHER_KEY))

    assert own(llm).open_key().reveal() == OTHER_KEY
    assert own(llm).state == ConnectionState.READY


@pytest.mark.parametrize("cleared", [None, ""])
def test_clearing_the_address_is_a_new_origin(llm: LLMModel, cleared: str | None) -> None:
    save_llm(llm, change(api_endpoint=cleared))

    connection = own(llm)
    assert (connection.api_url, connection.state) == ("", ConnectionState.NEEDS_KEY)
    assert connection.origin == f"https://api.{llm.provider.slug}.example:443"


def test_a_required_address_cannot_be_cleared() -> None:
    azure = make_provider(dialect=Dialect.AZURE, direct_api_url="")
    said = LLMChange(api_key=Secret(API_KEY), api_endpoint="https://own.example")
    llm = make_llm(provider=azure, change=said)

    with pytest.raises(ValidationError) as refused:
        save_llm(llm, change(api_endpoint=None))

    assert set(refused.value.message_dict) == {"api_endpoint"}
    assert own(llm).open_key().reveal() == API_KEY


def test_a_model_without_a_connection_gets_one_with_its_first_key() -> None:
    llm = make_llm(change=LLMChange(needs_connection=False))

    save_llm(llm, change())
    assert fresh(llm).connection is None

    save_llm(llm, change(api_key=API_KEY))
    assert own(llm).open_key().reveal() == API_KEY


@pytest.mark.parametrize("endpoint", ["", None])
def test_clearing_what_is_not_there_makes_no_connection(endpoint: str | None) -> None:
    llm = make_llm(change=LLMChange(needs_connection=False))

    save_llm(llm, change(api_endpoint=endpoint))

    assert not Connection.objects.exists()


@pytest.mark.parametrize(
    ("said", "is_allowed"),
    [
        ({"api_key": OTHER_KEY}, False),
        ({"api_endpoint": "https://evil.example"}, False),
        ({"api_endpoint": None}, True),
        ({"api_endpoint": ""}, True),
        ({"api_endpoint": "https://shared.example/v1"}, True),
    ],
)
def test_a_model_does_not_change_a_shared_connection(
    said: dict[str, Any], is_allowed: bool
) -> None:
    connection = make_connection(api_url="https://shared.example/v1")
    llm = make_llm(provider=connection.provider, change=LLMChange(connection=connection))

    if is_allowed:
        save_llm(llm, change(**said))
    else:
        with pytest.raises(SharedConnectionError) as refused:
            save_llm(llm, change(**said))
        assert refused.value.extra == {"connection": str(connection.pk)}

    assert own(llm).api_url == "https://shared.example/v1"
    assert own(llm).open_key().reveal() == API_KEY


def test_switching_to_a_shared_connection_ends_the_private_one(llm: LLMModel) -> None:
    shared = make_connection(llm.provider, label="Team")
    private = own(llm)

    with written() as found:
        save_llm(llm, change(connection=shared))

    assert own(llm) == shared
    assert not Connection.objects.filter(pk=private.pk).exists()
    assert set(found.names) == {"model_updated"}
    assert changes(found.only)["connection"] == ["Fast", "Team"]


def test_detaching_leaves_the_shared_connection() -> None:
    connection = make_connection()
    llm = make_llm(provider=connection.provider, change=LLMChange(connection=connection))
    assert users_of(connection)["models"] == [llm.name]

    save_llm(llm, change(connection=None))

    assert fresh(llm).connection is None
    assert Connection.objects.filter(pk=connection.pk).exists()


def test_detaching_a_private_connection_ends_it(llm: LLMModel) -> None:
    save_llm(llm, change(connection=None))

    assert fresh(llm).connection is None
    assert not Connection.objects.exists()


def test_leaving_a_shared_connection_for_a_key_of_ones_own() -> None:
    shared = make_connection()
    llm = make_llm(provider=shared.provider, change=LLMChange(connection=shared))

    save_llm(llm, change(connection=None, api_key=OTHER_KEY))

    assert own(llm).private_to_id == llm.pk
    assert own(llm).open_key().reveal() == OTHER_KEY
    assert Connection.objects.get(pk=shared.pk).open_key().reveal() == API_KEY


def test_attaching_the_attached_changes_nothing(llm: LLMModel) -> None:
    with written() as found:
        save_llm(llm, change(connection=own(llm)))

    assert found == []
    assert own(llm).open_key().reveal() == API_KEY


def test_a_connection_of_another_provider_is_refused(llm: LLMModel) -> None:
    with pytest.raises(ValidationError) as refused:
        save_llm(llm, change(connection=make_connection()))

    assert set(refused.value.message_dict) == {"connection"}


def test_a_private_connection_is_nobody_elses(llm: LLMModel) -> None:
    for foreign in (own(llm), make_connection(llm.provider, owner=make_user())):
        with pytest.raises(ValidationError) as refused:
            make_llm(provider=llm.provider, change=LLMChange(connection=foreign))
        assert set(refused.value.message_dict) == {"connection"}


@pytest.mark.parametrize(
    "said", [{"api_key": Secret(OTHER_KEY)}, {"api_endpoint": "https://elsewhere.example"}]
)
def test_a_connection_and_a_key_of_ones_own_exclude_each_other(said: dict[str, Any]) -> None:
    connection = make_connection()

    with pytest.raises(ValidationError) as refused:
        make_llm(provider=connection.provider, change=LLMChange(connection=connection, **said))

    assert set(refused.value.message_dict) == {"connection"}


def test_the_private_connection_dies_with_its_model(llm: LLMModel) -> None:
    with written() as found:
        delete_llm(llm)

    assert not Connection.objects.exists()
    assert found.names == ["model_deleted"]


def test_a_private_address_is_kept_and_blocked() -> None:
    ollama = make_provider(dialect=Dialect.OLLAMA, direct_api_url="", auth_required=False)

    llm = make_llm(
        LLMType.GENERATION,
        provider=ollama,
        change=LLMChange(api_endpoint="http://10.0.0.5:11434/"),
    )

    assert (own(llm).api_url, own(llm).state) == ("http://10.0.0.5:11434", "address_blocked")


@pytest.mark.parametrize("endpoint", ["ftp://x", "http://169.254.169.254", "https://u@x.example"])
def test_a_wrong_address_is_named_as_the_models_field(llm: LLMModel, endpoint: str) -> None:
    with pytest.raises(ValidationError) as refused:
        save_llm(llm, change(api_endpoint=endpoint))

    assert set(refused.value.message_dict) == {"api_endpoint"}
    assert own(llm).api_url == "https://own.example/v1"


def test_a_too_long_address_is_named_as_the_models_field(llm: LLMModel) -> None:
    with pytest.raises(ValidationError) as refused:
        save_llm(llm, change(api_endpoint=f"https://own.example/{'x' * 500}"))

    assert set(refused.value.message_dict) == {"api_endpoint"}
