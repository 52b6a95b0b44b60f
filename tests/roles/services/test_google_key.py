from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from pytest_django import DjangoAssertNumQueries, Settings

from registry.choices import ConnectionKind
from registry.errors import CredentialUnreadableError
from registry.types import Secret
from roles.services.google_key import google_key
from roles.services.removal import remove_connection
from tests.factories import make_connection
from tests.roles.factories import make_account, make_host, make_person, provider_of

pytestmark = pytest.mark.django_db

SERVER = "AIzaServer-0123456789"
FIRST, SECOND = "AIzaFirst-0123456789", "AIzaSecond-0123456789"


@pytest.fixture(autouse=True)
def server_key(settings: Settings) -> None:
    settings.GEMINI_API_KEY = Secret(SERVER)


def test_the_oldest_account_answers() -> None:
    user = make_person()
    make_account(user, api_key=FIRST)
    make_account(user, api_key=SECOND)

    assert google_key(user) == Secret(FIRST)


def test_a_blank_account_hides_neither_the_next_nor_the_servers_key() -> None:
    user = make_person()
    make_account(user, api_key="")

    assert google_key(user) == Secret(SERVER)

    make_account(user, api_key=SECOND)
    assert google_key(user) == Secret(SECOND)


def test_a_named_account_answers_for_itself_only() -> None:
    user = make_person()
    make_account(user, slug="a1", api_key="")
    second = make_account(user, slug="a2", api_key=SECOND)

    assert google_key(user, "a1") is None
    assert google_key(user, "zz") is None
    assert google_key(user, "a2") == Secret(SECOND)
    assert google_key(user, str(second.pk)) == Secret(SECOND)


def test_without_accounts_the_server_answers_if_it_can(settings: Settings) -> None:
    user = make_person()

    assert google_key(user) == Secret(SERVER)

    settings.GEMINI_API_KEY = Secret("")
    assert google_key(user) is None


def test_removing_the_last_account_falls_back_to_the_server() -> None:
    user = make_person()
    account = make_account(user, api_key=FIRST)

    remove_connection(account)

    assert google_key(user) == Secret(SERVER)


def test_neither_hosts_nor_other_providers_keys_are_googles() -> None:
    user = make_person()
    make_host(user, slug="h")
    make_account(user, slug="o", provider=provider_of("openai"))

    assert google_key(user) == Secret(SERVER)
    assert google_key(user, "h") is None
    assert google_key(user, "o") is None


def test_neither_other_users_nor_the_organisations_accounts_answer() -> None:
    user = make_person()
    foreign = make_account(make_person(), slug="theirs", api_key=FIRST)
    shared = make_connection(
        provider_of("gemini"), api_key=SECOND, kind=ConnectionKind.ACCOUNT, label="Team"
    )

    assert google_key(user) == Secret(SERVER)
    for name in ("theirs", str(foreign.pk), str(shared.pk)):
        assert google_key(user, name) is None


def test_a_key_that_cannot_be_read_is_not_replaced_by_another(settings: Settings) -> None:
    user = make_person()
    make_account(user, slug="a1", api_key=FIRST)
    make_account(user, api_key=SECOND)
    settings.REGISTRY_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    for account in (None, "a1"):
        with pytest.raises(CredentialUnreadableError):
            google_key(user, account)


def test_the_key_never_prints() -> None:
    user = make_person()
    make_account(user, api_key=FIRST)

    assert FIRST not in f"{google_key(user)} {google_key(user)!r}"


def test_it_is_one_query_however_many_accounts(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    user = make_person()
    for number in range(5):
        make_account(user, api_key=FIRST if number == 4 else "")

    with django_assert_num_queries(1):
        google_key(user)
