"""Through no function does a user reach, move or learn of what another user has registered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from pytest_django import Settings

from registry.errors import NotFoundError
from registry.models import Connection, LLMModel
from registry.types import Secret
from roles.models import CatalogEntry, RoleSlot
from roles.services.catalogs import catalog, remove_entry, save_entry
from roles.services.google_key import google_key
from roles.services.host_models import models_of_host
from roles.services.own_connections import (
    own_connection,
    own_connections,
    remove_connection,
    save_account,
    save_cli,
    save_host,
    usable_connection,
)
from roles.services.own_llms import (
    own_model,
    own_models,
    remove_model,
    save_cloud_model,
    save_local_model,
)
from tests.factories import API_KEY
from tests.roles.factories import (
    fill,
    make_account,
    make_claude,
    make_gemini,
    make_host,
    make_local,
    make_login,
    make_person,
)
from tests.trail import written

pytestmark = pytest.mark.django_db


@dataclass
class Ada:
    """One user with one record of each kind."""

    user: User
    host: Connection
    account: Connection
    login: Connection
    local: LLMModel
    gemini: LLMModel
    claude: LLMModel

    @property
    def connections(self) -> list[Connection]:
        return [self.host, self.account, self.login]

    @property
    def llms(self) -> list[LLMModel]:
        return [self.local, self.gemini, self.claude]


@pytest.fixture
def ada() -> Ada:
    user = make_person("ada")
    host, account, login = make_host(user), make_account(user), make_login(user)
    found = Ada(
        user,
        host,
        account,
        login,
        make_local(user, host),
        make_gemini(user, account),
        make_claude(user, login),
    )
    for slot, llm in zip(("primary", "backup_1", "backup_2"), found.llms, strict=True):
        fill(user, llm, slot=slot)
    save_entry(user, "anthropic", model_id="hers")
    return found


@pytest.fixture
def bob(ada: Ada) -> User:
    return make_person("bob")


def everything() -> list[dict[str, Any]]:
    tables = (Connection, LLMModel, RoleSlot, CatalogEntry)
    return [row for table in tables for row in table.objects.order_by("pk").values()]


def names_of(row: Connection | LLMModel) -> list[str]:
    return [str(row.slug), row.slug.upper(), str(row.pk), row.pk.hex]


def told(call: Callable[[], object]) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as caught:
        call()
    return dict(caught.value.message_dict)


def test_lists_and_look_ups_show_none_of_it(ada: Ada, bob: User) -> None:
    assert list(own_connections(bob)) == []
    assert list(own_models(bob)) == []
    assert [entry["id"] for entry in catalog("anthropic", bob)] == [
        entry["id"] for entry in catalog("anthropic")
    ]
    for row in ada.connections:
        for name in names_of(row):
            assert own_connection(bob, name) is None
            assert own_connection(bob, name, row.kind) is None
            assert usable_connection(bob, name) is None
    for llm in ada.llms:
        for name in names_of(llm):
            assert own_model(bob, name) is None


def test_removing_says_that_nothing_is_there_and_moves_nothing(ada: Ada, bob: User) -> None:
    before = everything()

    with written() as trail:
        for row in ada.connections:
            for name in names_of(row):
                assert remove_connection(bob, name) is False
                assert remove_connection(bob, name, row.kind) is False
        for llm in ada.llms:
            for name in names_of(llm):
                assert remove_model(bob, name) is False
        assert remove_entry(bob, "anthropic", "hers") is False

    assert everything() == before
    assert trail == []


def test_saving_says_of_hers_what_it_says_of_nothing(ada: Ada, bob: User) -> None:
    before = everything()
    nothing = "6f1c6a48-0c0e-4b8c-9c2b-0f4a7c1d2e3f"
    saves: list[Callable[[str], object]] = [
        lambda name: save_host(bob, name, label="B", api_key=Secret("sk-bob-0123456789")),
        lambda name: save_account(bob, name, label="B", api_key=Secret("sk-bob-0123456789")),
        lambda name: save_cli(bob, name, label="B"),
        lambda name: save_local_model(bob, name, host=name, model_name="n"),
        lambda name: save_cloud_model(bob, name, provider="google", model_name="n"),
    ]

    for save in saves:
        of_nothing = told(lambda save=save: save(nothing))  # type: ignore[misc]
        rows: list[Connection | LLMModel] = [*ada.connections, *ada.llms]
        for name in (name for row in rows for name in names_of(row)):
            assert told(lambda save=save, name=name: save(name)) == of_nothing  # type: ignore[misc]
    assert everything() == before


def test_no_model_of_his_is_called_over_what_is_hers(ada: Ada, bob: User) -> None:
    before = everything()
    nothing = "6f1c6a48-0c0e-4b8c-9c2b-0f4a7c1d2e3f"

    def local(name: str) -> object:
        return save_local_model(bob, None, host=name, model_name="n")

    def google(name: str) -> object:
        return save_cloud_model(bob, None, provider="google", model_name="n", account=name)

    def claude(name: str) -> object:
        return save_cloud_model(bob, None, provider="anthropic", model_name="n", credential=name)

    for row in ada.connections:
        for name in names_of(row):
            for save in (local, google, claude):
                assert told(lambda save=save, name=name: save(name)) == told(  # type: ignore[misc]
                    lambda save=save: save(nothing)  # type: ignore[misc]
                )
    assert everything() == before


def test_her_keys_and_hosts_answer_for_her_only(ada: Ada, bob: User, settings: Settings) -> None:
    settings.GEMINI_API_KEY = Secret("")

    assert google_key(ada.user) == Secret(API_KEY)
    assert google_key(bob) is None
    for row in ada.connections:
        for name in names_of(row):
            assert google_key(bob, name) is None
            with pytest.raises(NotFoundError):
                models_of_host(bob, name)


def test_the_same_names_are_free_for_him_and_stay_hers(ada: Ada, bob: User) -> None:
    hers = [row for row in everything() if row["owner_id"] == ada.user.pk]
    host = make_host(bob, slug=ada.host.slug, api_key="sk-bob-0123456789")
    llm = make_local(bob, host, slug=ada.local.slug)
    fill(bob, llm)
    save_entry(bob, "anthropic", model_id="hers", label="His")

    save_host(bob, host.slug, label="Renamed")
    save_local_model(bob, llm.slug, host=host.slug, model_name="renamed")
    assert remove_entry(bob, "anthropic", "hers")
    assert remove_connection(bob, host.slug)

    assert everything() == hers
    assert not LLMModel.objects.filter(owner=bob).exists()
