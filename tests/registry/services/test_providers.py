from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from registry.choices import Dialect
from registry.errors import GoneError, InUseError, StaleRevisionError
from registry.models import Connection, Platform, Provider, ProviderAlias
from registry.services.platforms import save_platform
from registry.services.providers import delete_provider, save_provider, users_of
from registry.types import Change, LLMChange
from tests.factories import (
    API_KEY,
    make_connection,
    make_llm,
    make_platform,
    make_provider,
    make_route,
)
from tests.trail import changes, payload, written

pytestmark = pytest.mark.django_db


def move(provider: Provider, url: str) -> None:
    provider.direct_api_url = url
    save_provider(provider, Change(frozenset({"direct_api_url"})))


def fresh(connection: Connection) -> Connection:
    return Connection.objects.get(pk=connection.pk)


def test_a_provider_is_created_with_its_aliases_on_the_trail() -> None:
    with written() as found:
        provider = make_provider("maker", aliases=["Make", " mk "])

    assert {alias.name for alias in provider.aliases.all()} == {"make", "mk"}
    assert found.only.event == "provider_created"
    assert provider.revision == 1


@pytest.mark.parametrize("name", ["gemini", "google", "GOOGLE", " Gemini "])
def test_a_provider_is_found_by_slug_and_alias(name: str) -> None:
    provider = make_provider("gemini", aliases=["google"])
    make_provider("openai")

    assert Provider.objects.named(name).get() == provider


@pytest.mark.parametrize("name", ["", "goo", "a\x00", "\ud800", "%"])
def test_what_is_no_providers_name_finds_none(name: str) -> None:
    make_provider("gemini", aliases=["google"])

    assert not Provider.objects.named(name).exists()


def test_aliases_are_replaced_as_a_list() -> None:
    provider = make_provider("maker", aliases=["one", "two"])

    with written() as found:
        save_provider(provider, Change(frozenset()), aliases=["two", "three"])

    assert set(ProviderAlias.objects.values_list("name", flat=True)) == {"two", "three"}
    assert found.names == ["provider_updated"]
    assert provider.revision == 2


@pytest.mark.parametrize("aliases", [["one", "two"], ["TWO", "one "]])
def test_the_same_aliases_are_no_change(aliases: list[str]) -> None:
    provider = make_provider("maker", aliases=["one", "two"])

    with written() as found:
        save_provider(provider, Change(frozenset()), aliases=aliases)

    provider.refresh_from_db()
    assert found == []
    assert provider.revision == 1


@pytest.mark.parametrize("alias", ["taken", "other-alias", "No Slug", "", "a\x00b", "available"])
def test_an_alias_that_leads_elsewhere_or_nowhere_is_refused(alias: str) -> None:
    make_provider("taken", aliases=["other-alias"])

    with pytest.raises(ValidationError) as refused:
        make_provider("maker", aliases=["fine", alias])

    assert set(refused.value.message_dict) == {"aliases"}
    assert not Provider.objects.filter(slug="maker").exists()


def test_a_slug_that_is_anothers_alias_is_refused() -> None:
    make_provider("gemini", aliases=["google"])

    with pytest.raises(ValidationError) as refused:
        make_provider("google")

    assert set(refused.value.message_dict) == {"slug"}


def test_all_wrong_fields_are_named_at_once() -> None:
    with pytest.raises(ValidationError) as refused:
        save_provider(
            Provider(slug="No", name=" ", kind="x", dialect="y", direct_api_url="z", features=[1])
        )

    assert set(refused.value.message_dict) == {
        "dialect",
        "direct_api_url",
        "features",
        "kind",
        "name",
        "slug",
    }


def test_an_address_is_stored_in_its_one_spelling() -> None:
    provider = make_provider(direct_api_url=" HTTPS://API.Maker.example:443/v1/ ")

    assert provider.direct_api_url == "https://api.maker.example/v1"


@pytest.mark.parametrize("url", ["http://vllm:8000/v1", "http://localhost:8000"])
def test_a_host_of_one_word_is_an_address(url: str) -> None:
    assert make_provider(direct_api_url=url).direct_api_url == url


def test_a_move_drops_the_keys_that_relied_on_the_address() -> None:
    provider = make_provider("maker", direct_api_url="https://old.example")
    relying = make_connection(provider, label="relying")
    own = make_connection(provider, label="own", api_url="https://own.example")
    llm = make_llm(provider=provider, name="Fast")

    with written() as found:
        move(provider, "https://new.example")

    assert fresh(relying).state == "needs_key"
    assert not fresh(relying).has_key
    assert fresh(own).open_key().reveal() == API_KEY
    assert llm.connection is not None
    assert not fresh(llm.connection).has_key
    assert sorted(found.names) == ["connection_updated", "model_updated", "provider_updated"]
    assert changes(found.named("connection_updated"))["api_key"] == "changed"
    assert changes(found.named("model_updated")) == {"api_key": "changed"}


@pytest.mark.parametrize(
    "url", ["https://OLD.example:443/v2", "https://old.example./", "https://old.example/v1"]
)
def test_the_same_origin_keeps_the_keys(url: str) -> None:
    provider = make_provider(direct_api_url="https://old.example/v1")
    connection = make_connection(provider)

    move(provider, url)

    assert fresh(connection).open_key().reveal() == API_KEY


def test_an_update_that_changes_nothing_leaves_no_trace() -> None:
    provider = make_provider(name="Maker")
    connection = make_connection(provider)

    with written() as found:
        save_provider(provider, Change(frozenset({"name"})))

    assert found == []
    assert (Provider.objects.get().revision, fresh(connection).revision) == (1, 1)


def test_another_dialect_judges_the_connections_anew() -> None:
    provider = make_provider(dialect=Dialect.OPENAI)
    connection = make_connection(provider, api_url="https://own.example", api_key="")
    assert connection.state == "needs_key"

    provider.dialect = Dialect.OLLAMA
    save_provider(provider, Change(frozenset({"dialect"})))

    assert fresh(connection).state == "keyless"


def test_a_provider_that_nobody_uses_is_deleted_with_its_aliases() -> None:
    provider = make_provider("maker", aliases=["mk"])

    with written() as found:
        delete_provider(provider)

    assert found.names == ["provider_deleted"]
    assert not ProviderAlias.objects.exists()


def test_a_used_provider_names_its_users() -> None:
    provider = make_provider()
    make_connection(provider, label="Team")
    make_llm(provider=provider, name="Fast", change=LLMChange(needs_connection=False))
    save_platform(Platform(slug="hub", name="Hub"), providers=[provider])
    users = {"models": ["Fast"], "connections": ["Team"], "platforms": ["Hub"], "routes": []}

    with written() as found:
        with pytest.raises(InUseError) as refused:
            delete_provider(provider)

    assert refused.value.extra == users
    assert users_of(provider) == users
    assert (found.only.event, payload(found.only)) == ("provider_delete_blocked", users)


def test_routes_hold_a_provider_by_name() -> None:
    """Also where another provider makes the model."""
    provider = make_provider()
    make_route(make_llm(slug="fast"), make_platform("hub"), provider=provider)

    with written() as found:
        with pytest.raises(InUseError) as refused:
            delete_provider(provider)

    assert refused.value.extra["routes"] == ["fast@hub"]
    assert found.only.event == "provider_delete_blocked"
    assert payload(found.only)["routes"] == ["fast@hub"]
    assert Provider.objects.filter(pk=provider.pk).exists()


def test_a_lost_race_is_refused_and_a_gone_one_is_gone() -> None:
    provider = make_provider()
    stale = Change(frozenset({"name"}), expected_revision=9)

    with pytest.raises(StaleRevisionError):
        save_provider(provider, stale)
    with pytest.raises(StaleRevisionError):
        delete_provider(provider, stale)

    delete_provider(Provider.objects.get())
    with pytest.raises(GoneError):
        save_provider(provider, Change(frozenset({"name"})))
