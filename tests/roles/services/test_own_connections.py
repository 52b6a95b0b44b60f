from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from registry.choices import ConnectionKind, ConnectionState, HostType
from registry.errors import StaleRevisionError
from registry.models import Connection
from registry.types import Change, Secret
from roles.services.own_connections import (
    save_account,
    save_cli,
    save_host,
)
from tests.factories import API_KEY
from tests.roles.factories import (
    make_account,
    make_host,
    make_login,
    make_person,
    provider_of,
)
from tests.trail import changes, written

pytestmark = pytest.mark.django_db

OTHER_KEY = "sk-9Zx8Wv7Ut6Sr5Qp4On3Ml2Kj1Ih0Gf"


@pytest.fixture(autouse=True)
def providers() -> None:
    for slug in ("openai-compatible", "gemini", "anthropic", "openai", "azure"):
        provider_of(slug)


@pytest.fixture
def user() -> User:
    return make_person()


def refused(call: Callable[[], object]) -> set[str]:
    with pytest.raises(ValidationError) as caught:
        call()
    return set(caught.value.message_dict)


def fresh(row: Connection) -> Connection:
    return Connection.objects.get(pk=row.pk)


def test_a_new_host_gets_a_name_and_is_trimmed_and_an_open_webui(user: User) -> None:
    row = save_host(
        user, None, label=" L ", api_url=" http://x.example ", api_key=Secret(f" {API_KEY} ")
    )

    stored = fresh(row)
    assert (stored.owner, stored.kind, stored.slug) == (user, ConnectionKind.HOST, "l")
    assert (stored.label, stored.api_url) == ("L", "http://x.example")
    assert (stored.host_type, stored.state) == (HostType.OPENWEBUI, ConnectionState.READY)
    assert stored.open_key().reveal() == API_KEY


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("openwebui", "openwebui"),
        ("openai", "openai"),
        ("ollama", "ollama"),
        ("vllm", "openwebui"),
        ("", "openwebui"),
        ("OpenAI", "openwebui"),
    ],
)
def test_kinds_of_hosts_that_are_not_known_are_open_webui(user: User, word: str, kind: str) -> None:
    row = save_host(user, None, label="A", api_url="http://x.example", host_type=word)

    assert fresh(row).host_type == kind


def test_what_is_not_named_stays(user: User) -> None:
    row = make_host(user, label="A", host_type=HostType.OLLAMA)

    save_host(user, row.slug, label="B")

    stored = fresh(row)
    assert (stored.label, stored.host_type, stored.api_url) == ("B", "ollama", row.api_url)
    assert stored.open_key().reveal() == API_KEY


@pytest.mark.parametrize("blank", [None, Secret(""), Secret("   ")])
def test_a_blank_key_keeps_the_stored_one(user: User, blank: Secret | None) -> None:
    row = make_host(user)

    save_host(user, row.slug, label="L", api_url=row.api_url, api_key=blank, host_type="openai")

    assert fresh(row).open_key().reveal() == API_KEY


def test_the_shown_hint_keeps_the_key_and_a_mask_of_none_is_refused(user: User) -> None:
    row, bare = make_account(user), make_account(user, api_key="")

    save_account(user, row.slug, api_key=Secret(row.key_hint))

    assert fresh(row).open_key().reveal() == API_KEY
    assert refused(lambda: save_account(user, bare.slug, api_key=Secret("********"))) == {"api_key"}


def test_a_new_key_replaces_the_stored_one(user: User) -> None:
    row = make_account(user, label="Old")

    with written() as trail:
        save_account(user, row.slug, label="Old", api_key=Secret(OTHER_KEY))

    assert fresh(row).open_key().reveal() == OTHER_KEY
    assert (trail.only.event, changes(trail.only)) == ("connection_updated", {"api_key": "changed"})


def test_the_hint_of_a_key_has_no_piece_of_it(user: User) -> None:
    short = save_account(user, None, provider="google", label="A", api_key=Secret("AIzaSy12"))

    assert short.key_hint.startswith("key")
    assert not any(part in short.key_hint for part in ("AIza", "Sy12"))
    assert make_account(user, api_key="").key_hint == ""


def test_another_address_drops_the_key(user: User) -> None:
    row = make_host(user)

    save_host(user, row.slug, api_url="http://elsewhere.example")

    assert not fresh(row).has_key
    assert fresh(row).state == ConnectionState.NEEDS_KEY


def test_a_private_address_is_stored_but_blocked(user: User) -> None:
    row = save_host(user, None, label="Home", api_url="http://192.168.7.9:11434")

    assert fresh(row).state == ConnectionState.ADDRESS_BLOCKED


@pytest.mark.parametrize(
    "address", ["", "ftp://x.example", "http://169.254.169.254", "http://u:p@x.example", "x"]
)
def test_no_address_and_a_wrong_one_are_refused(user: User, address: str) -> None:
    assert refused(lambda: save_host(user, None, label="H", api_url=address)) == {"api_url"}
    assert not Connection.objects.exists()


def test_the_key_is_bound_to_the_owner(user: User) -> None:
    row = make_host(user)

    assert row.binding.owner == str(user.pk)


def test_an_account_is_at_any_provider_by_slug_or_word(user: User) -> None:
    google = save_account(user, None, provider="google", label="G", api_key=Secret(API_KEY))
    openai = save_account(user, None, provider="openai", label="O", api_key=Secret(API_KEY))

    assert google.provider.slug == "gemini"
    assert (openai.provider.slug, openai.state) == ("openai", ConnectionState.READY)


def test_an_account_may_wait_for_its_key(user: User) -> None:
    row = save_account(user, None, provider="google", label="G")

    assert (row.has_key, row.state) == (False, ConnectionState.NEEDS_KEY)


def test_an_account_of_a_provider_without_an_address_brings_one(user: User) -> None:
    def save(**values: Any) -> Connection:
        return save_account(user, None, provider="azure", label="A", **values)

    assert refused(save) == {"api_url"}
    assert save(api_url="https://r.example").state == ConnectionState.NEEDS_KEY


def test_the_provider_of_an_account_does_not_change(user: User) -> None:
    row = make_account(user)

    assert refused(lambda: save_account(user, row.slug, provider="openai")) == {"provider"}


def test_a_login_has_neither_address_nor_key(user: User) -> None:
    row = save_cli(user, None, label="Claude")

    stored = fresh(row)
    assert (stored.kind, stored.provider.slug) == (ConnectionKind.CLI, "anthropic")
    assert (stored.api_url, stored.origin, stored.has_key) == ("", "", False)
    assert stored.state == ConnectionState.KEYLESS
    with pytest.raises(ValidationError) as caught:
        make_login(user, api_url="https://x.example")
    assert set(caught.value.message_dict) == {"api_url"}


def test_a_login_is_renamed_whatever_its_provider(user: User) -> None:
    row = save_cli(user, None, provider="google", label="Gemini")

    save_cli(user, row.slug, label="Gemini CLI")

    assert fresh(row).label == "Gemini CLI"


@pytest.mark.parametrize("provider", ["", "nobody", "\0", "a b"])
def test_an_unknown_provider_is_refused(user: User, provider: str) -> None:
    def save() -> Connection:
        return save_account(user, None, provider=provider, label="A")

    assert refused(save) == {"provider"}


def test_every_record_needs_a_label(user: User) -> None:
    row = make_host(user)

    for save in (
        lambda: save_host(user, None, label="  ", api_url="http://x.example"),
        lambda: save_host(user, row.slug, label=""),
        lambda: save_account(user, None, provider="google"),
        lambda: save_cli(user, None),
    ):
        assert refused(save) == {"label"}


@pytest.mark.parametrize(
    "name", ["zz", "\0", "x" * 10_000, "ü", "6f1c6a48-0c0e-4b8c-9c2b-0f4a7c1d2e3f"]
)
def test_saving_under_an_unknown_name_is_refused(user: User, name: str) -> None:
    for save in (save_host, save_account, save_cli):
        assert refused(lambda save=save: save(user, name, label="L")) == {"connection"}  # type: ignore[misc]
    assert not Connection.objects.exists()


def test_kinds_are_not_crossed(user: User) -> None:
    host, account, login = make_host(user), make_account(user), make_login(user)

    assert refused(lambda: save_account(user, host.slug, label="L")) == {"connection"}
    assert refused(lambda: save_host(user, account.slug, label="L")) == {"connection"}
    assert refused(lambda: save_cli(user, account.slug, label="L")) == {"connection"}
    assert refused(lambda: save_account(user, login.slug, label="L")) == {"connection"}


def test_equal_labels_get_names_of_their_own_and_two_users_the_same(user: User) -> None:
    def save(owner: User) -> str:
        return str(save_host(owner, None, label="My Host!", api_url="http://x.example").slug)

    assert [save(user), save(user), save(user)] == ["my-host", "my-host-2", "my-host-3"]
    assert save(make_person()) == "my-host"


def test_a_made_name_is_no_word_of_addresses_and_no_built_in(user: User) -> None:
    slugs = {
        save_cli(user, None, label=label).slug
        for label in ("available", "claude_cli", "汉字", "6f1c6a48-0c0e-4b8c-9c2b-0f4a7c1d2e3f")
    }

    assert len(slugs) == 4
    assert not slugs & {"available", "claude_cli", "6f1c6a48-0c0e-4b8c-9c2b-0f4a7c1d2e3f"}


def test_a_write_that_has_not_seen_the_last_one_is_refused(user: User) -> None:
    row = make_host(user)
    save_host(user, row.slug, label="Now")

    with pytest.raises(StaleRevisionError):
        save_host(user, row.slug, label="Then", change=Change(frozenset(), row.revision))


def test_saving_the_same_again_writes_nothing(user: User) -> None:
    row = save_host(user, None, label="H", api_url="http://x.example")

    with written() as trail:
        save_host(user, row.slug, label="H", api_url="http://x.example/", host_type="vllm")

    assert trail == []
