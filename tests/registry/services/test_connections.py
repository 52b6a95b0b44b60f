from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from pytest_django import Settings

from registry.choices import ConnectionKind, Dialect
from registry.errors import GoneError, PrivateConnectionError, StaleRevisionError
from registry.models import Connection
from registry.services.connections import (
    delete_connection,
    effective_address,
    remove_key,
    save_connection,
)
from registry.services.providers import save_provider
from registry.types import Change, ConnectionChange, Secret
from tests.factories import API_KEY, make_connection, make_llm, make_provider, make_user
from tests.trail import changes, written

pytestmark = pytest.mark.django_db

OTHER_KEY = "sk-another-key-0123456789"
HOME = "https://own.example/v1"


def move(connection: Connection, url: str, api_key: str = "") -> Connection:
    connection.api_url = url
    secret = Secret(api_key) if api_key else None
    return save_connection(connection, ConnectionChange(frozenset({"api_url"}), api_key=secret))


def fresh(connection: Connection) -> Connection:
    return Connection.objects.get(pk=connection.pk)


def ollama(**columns: str) -> Connection:
    """Return a host that needs no key, and has one only if it is given."""
    provider = make_provider(dialect=Dialect.OLLAMA, direct_api_url="")
    return make_connection(provider, kind=ConnectionKind.HOST, **columns)


def test_a_connection_is_created_with_its_key_on_the_trail() -> None:
    provider = make_provider("maker")

    with written() as found:
        connection = make_connection(provider, label="Team", api_url=f"{HOME}/")

    assert found.only.event == "connection_created"
    told = changes(found.only)
    assert told["api_key"] == "changed"
    assert (told["label"], told["api_url"]) == ([None, "Team"], [None, HOME])
    assert "key_fingerprint" not in told
    assert (connection.revision, connection.state) == (1, "ready")
    assert connection.key_changed_at is not None


@pytest.mark.parametrize(
    ("dialect", "api_url", "api_key", "state"),
    [
        (Dialect.OPENAI, "", API_KEY, "ready"),
        (Dialect.OPENAI, "", "", "needs_key"),
        (Dialect.OPENAI, "http://10.0.0.5", API_KEY, "address_blocked"),
        (Dialect.OPENAI, "http://10.0.0.5", "", "address_blocked"),
        (Dialect.OLLAMA, "https://ollama.example", "", "keyless"),
        (Dialect.OLLAMA, "https://ollama.example", API_KEY, "ready"),
        (Dialect.OLLAMA, "http://127.0.0.1:11434", "", "address_blocked"),
    ],
)
def test_the_state_of_a_new_connection(
    dialect: str, api_url: str, api_key: str, state: str
) -> None:
    connection = make_connection(make_provider(dialect=dialect), api_url=api_url, api_key=api_key)

    assert fresh(connection).state == state


def test_a_command_line_login_has_no_address_and_needs_no_key() -> None:
    azure = make_provider(dialect=Dialect.AZURE, direct_api_url="")

    connection = make_connection(azure, kind=ConnectionKind.CLI, api_key="")

    assert (connection.origin, connection.state) == ("", "keyless")


def test_an_allowed_private_host_is_not_blocked(settings: Settings) -> None:
    settings.REGISTRY_PRIVATE_HOSTS = ["10.0.0.5:11434"]

    assert ollama(api_url="http://10.0.0.5:11434", api_key="").state == "keyless"
    assert ollama(api_url="http://10.0.0.6:11434", api_key="").state == "address_blocked"


def test_a_move_to_another_origin_waits_for_a_new_key() -> None:
    connection = make_connection(api_url=HOME)

    with written() as found:
        move(connection, "https://other.example")

    stored = fresh(connection)
    assert (stored.has_key, stored.state, stored.key_hint) == (False, "needs_key", "")
    assert changes(found.only) == {
        "api_key": "changed",
        "api_url": [HOME, "https://other.example"],
        "origin": ["https://own.example:443", "https://other.example:443"],
        "state": ["ready", "needs_key"],
    }


def test_a_lost_key_is_missed_wherever_the_connection_goes() -> None:
    connection = ollama(api_url="https://a.example", api_key=API_KEY)

    states = [
        move(connection, url).state
        for url in ("https://b.example", "http://10.0.0.5", "https://a.example")
    ]

    assert states == ["needs_key", "address_blocked", "needs_key"]
    assert move(connection, "https://a.example", OTHER_KEY).state == "ready"


def test_who_never_had_a_key_misses_none() -> None:
    connection = ollama(api_url="https://a.example", api_key="")

    assert move(connection, "https://b.example").state == "keyless"


def test_a_removed_key_is_not_missed_where_none_is_needed() -> None:
    connection = ollama(api_url="https://a.example", api_key=API_KEY)

    with written() as found:
        remove_key(connection)

    stored = fresh(connection)
    assert (stored.has_key, stored.state, stored.key_changed_at) == (False, "keyless", None)
    assert found.only.event == "connection_key_removed"
    assert changes(found.only) == {"api_key": "changed", "state": ["ready", "keyless"]}


def test_a_removed_key_is_missed_where_one_is_needed() -> None:
    assert remove_key(make_connection()).state == "needs_key"


def test_removing_no_key_changes_nothing() -> None:
    connection = ollama(api_url="https://a.example", api_key="")

    with written() as found:
        remove_key(connection)

    assert found == []
    assert fresh(connection).revision == 1


def test_a_path_of_the_same_origin_keeps_the_key() -> None:
    connection = make_connection(api_url=HOME)

    move(connection, "https://OWN.example.:443/v2/")

    assert fresh(connection).open_key().reveal() == API_KEY
    assert fresh(connection).api_url == "https://own.example/v2"


def test_a_new_key_over_the_old_one() -> None:
    connection = make_connection()
    hint = connection.key_hint

    with written() as found:
        save_connection(connection, ConnectionChange(frozenset(), api_key=Secret(OTHER_KEY)))

    assert fresh(connection).open_key().reveal() == OTHER_KEY
    assert fresh(connection).key_hint not in ("", hint)
    assert changes(found.only) == {"api_key": "changed"}


def test_equal_keys_have_equal_hints() -> None:
    hints = {make_connection(api_key=key).key_hint for key in (API_KEY, OTHER_KEY, API_KEY)}

    assert len(hints) == 2


def test_the_same_key_again_changes_its_ciphertext_but_nothing_told() -> None:
    connection = make_connection()
    former = connection.api_key

    with written() as found:
        save_connection(connection, ConnectionChange(frozenset(), api_key=Secret(API_KEY)))

    assert found == []
    assert fresh(connection).api_key != former
    assert fresh(connection).open_key().reveal() == API_KEY


def test_no_change_writes_nothing() -> None:
    connection = make_connection(api_url=HOME)

    with written() as found:
        move(connection, HOME)

    assert found == []
    assert fresh(connection).revision == 1


@pytest.mark.parametrize("dialect", [Dialect.AZURE, Dialect.OLLAMA, Dialect.OPENWEBUI])
def test_an_address_is_demanded_where_the_provider_has_none(dialect: str) -> None:
    with pytest.raises(ValidationError) as refused:
        make_connection(make_provider(dialect=dialect))

    assert refused.value.message_dict == {"api_url": ["This provider needs an address."]}
    assert not Connection.objects.exists()


def test_all_wrong_fields_are_named_at_once() -> None:
    with pytest.raises(ValidationError) as refused:
        make_connection(label=" ", kind="pipe", api_url="ftp://x")

    assert set(refused.value.message_dict) == {"api_url", "kind", "label"}


def test_labels_of_a_provider_are_unique_among_shared_connections() -> None:
    first = make_connection(label="Team")
    make_connection(label="Team")
    make_connection(first.provider, label="Team", owner=make_user())

    with pytest.raises(ValidationError) as refused:
        make_connection(first.provider, label="Team")

    assert set(refused.value.message_dict) == {"label"}


def test_the_provider_of_a_connection_stays() -> None:
    connection = make_connection()
    connection.provider = make_provider()

    with pytest.raises(ValidationError) as refused:
        save_connection(connection, ConnectionChange(frozenset({"provider"})))

    assert set(refused.value.message_dict) == {"provider"}


def test_a_lost_race_is_refused_and_a_gone_row_stays_gone() -> None:
    connection = make_connection(api_url=HOME)
    move(connection, f"{HOME}/x")
    stale = ConnectionChange(frozenset({"label"}), expected_revision=1)

    with pytest.raises(StaleRevisionError):
        save_connection(connection, stale)
    with pytest.raises(StaleRevisionError):
        remove_key(connection, stale)
    with pytest.raises(StaleRevisionError):
        delete_connection(connection, stale)

    delete_connection(fresh(connection))
    with pytest.raises(GoneError):
        remove_key(connection)


def test_a_models_own_connection_is_changed_with_the_model() -> None:
    connection = make_llm().connection
    assert connection is not None

    with pytest.raises(PrivateConnectionError):
        move(connection, "https://other.example")

    assert fresh(connection).open_key().reveal() == API_KEY


def test_the_address_that_is_called() -> None:
    provider = make_provider(direct_api_url="https://API.maker.example/v1/")

    assert effective_address(make_connection(provider)) == "https://api.maker.example/v1"
    assert effective_address(make_connection(provider, api_url=HOME)) == HOME


def test_a_provider_that_stops_asking_for_a_key_frees_its_connections() -> None:
    connection = make_connection(api_key="")
    assert connection.state == "needs_key"

    connection.provider.auth_required = False
    save_provider(connection.provider, Change(frozenset({"auth_required"})))

    assert fresh(connection).state == "keyless"
