from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from pytest_django import DjangoAssertNumQueries

from registry.errors import StaleRevisionError
from registry.models import LLMModel
from registry.services.providers import delete_provider
from registry.types import Change
from roles.models import CatalogEntry
from roles.services.catalogs import catalog, remove_entry, save_entry
from tests.factories import make_provider
from tests.roles.factories import make_person, provider_of
from tests.trail import changes, written

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def providers() -> None:
    for slug in ("gemini", "anthropic"):
        provider_of(slug)


def shown(provider: str, user: object = None) -> list[tuple[str, str, int]]:
    entries = catalog(provider, user)  # type: ignore[arg-type]
    return [(entry["id"], entry["label"], entry["context_k"]) for entry in entries]


def test_the_server_offers_three_models_of_anthropic() -> None:
    assert shown("anthropic") == [
        ("claude-opus-4-7", "Claude Opus 4.7", 200),
        ("claude-sonnet-4-6", "Claude Sonnet 4.6", 200),
        ("claude-haiku-4-5-20251001", "Claude Haiku 4.5", 200),
    ]


@pytest.mark.parametrize("word", ["google", "gemini", " Google "])
def test_the_server_offers_three_stable_and_three_preview_models_of_google(word: str) -> None:
    assert shown(word) == [
        ("gemini-2.5-pro", "Gemini 2.5 Pro", 1000),
        ("gemini-2.5-flash", "Gemini 2.5 Flash", 1000),
        ("gemini-2.5-flash-lite", "Gemini 2.5 Flash-Lite", 1000),
        ("gemini-3.1-pro-preview", "Gemini 3.1 Pro (preview)", 1000),
        ("gemini-3-flash-preview", "Gemini 3 Flash (preview)", 1000),
        ("gemini-3.1-flash-lite-preview", "Gemini 3.1 Flash-Lite (preview)", 1000),
    ]


def test_an_entry_says_when_its_model_retires() -> None:
    entries = {entry["id"]: entry for entry in catalog("google")}

    assert entries["gemini-2.5-pro"]["retires_on"] == "2026-12-01"
    assert entries["gemini-3-flash-preview"]["retires_on"] is None


@pytest.mark.parametrize("word", ["", "nobody", "local", "\0", "x" * 10_000, "Ünïcode"])
def test_an_unknown_provider_has_an_empty_catalogue(word: str) -> None:
    assert catalog(word, make_person()) == []


def test_the_server_offers_its_lists_before_there_are_providers() -> None:
    for slug in ("gemini", "anthropic"):
        delete_provider(provider_of(slug))

    assert (len(catalog("google")), len(catalog("anthropic"))) == (6, 3)


def test_each_caller_gets_a_list_of_his_own() -> None:
    first = catalog("anthropic")
    first[0]["label"] = "Broken"
    first.clear()

    assert shown("anthropic")[0][1] == "Claude Opus 4.7"


def test_a_users_additions_follow_for_himself_only() -> None:
    user = make_person()

    with written() as trail:
        save_entry(user, "anthropic", model_id=" claude-new ", label=" New ", context_k=500)
    save_entry(user, "anthropic", model_id="claude-plain")

    assert shown("anthropic", user)[3:] == [
        ("claude-new", "New", 500),
        ("claude-plain", "claude-plain", 0),
    ]
    assert [entry["is_own"] for entry in catalog("anthropic", user)] == [False] * 3 + [True] * 2
    assert trail.names == ["catalog_entry_created"]
    assert shown("anthropic", make_person()) == shown("anthropic")
    assert shown("google", user) == shown("google")
    assert not LLMModel.objects.exists()


def test_an_entry_of_the_users_stands_where_the_servers_does() -> None:
    user = make_person()

    save_entry(user, "google", model_id="gemini-2.5-flash", label="Flash", context_k=1048)

    assert shown("google", user)[1] == ("gemini-2.5-flash", "Flash", 1048)
    assert len(shown("google", user)) == 6


def test_adding_the_same_again_changes_the_entry() -> None:
    user = make_person()
    first = save_entry(user, "anthropic", model_id="m", label="A", context_k=8)

    with written() as trail:
        save_entry(user, "anthropic", model_id="m", label="B", context_k=8)
        save_entry(user, "anthropic", model_id="m", label="B", context_k=8)

    assert (trail.only.event, changes(trail.only)) == (
        "catalog_entry_updated",
        {"label": ["A", "B"]},
    )
    assert CatalogEntry.objects.get() == first
    with pytest.raises(StaleRevisionError):
        save_entry(user, "anthropic", model_id="m", change=Change(frozenset(), first.revision))


def test_any_provider_can_be_added_to() -> None:
    user, provider = make_person(), make_provider("acme")

    save_entry(user, "acme", model_id="m")

    assert shown("acme", user) == [("m", "m", 0)]
    delete_provider(provider)  # somebody's wishes hold no provider
    assert catalog("acme", user) == []


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"model_id": "  "}, "model_id"),
        ({"model_id": "a b"}, "model_id"),
        ({"model_id": "m\0", "label": "M"}, "model_id"),
        ({"model_id": "x" * 201, "label": "long"}, "model_id"),
        ({"model_id": "m", "label": "two\nlines"}, "label"),
        ({"model_id": "m", "context_k": -1}, "context_k"),
        ({"model_id": "m", "context_k": 1}, "context_k"),
        ({"model_id": "m", "context_k": 10**12}, "context_k"),
    ],
)
def test_what_is_wrong_is_named(values: dict[str, object], field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        save_entry(make_person(), "anthropic", **values)  # type: ignore[arg-type]

    assert set(caught.value.message_dict) == {field}


def test_an_unknown_provider_cannot_be_added_to() -> None:
    with pytest.raises(ValidationError) as caught:
        save_entry(make_person(), "nobody", model_id="m")

    assert set(caught.value.message_dict) == {"provider"}


def test_removing_takes_only_an_entry_of_ones_own() -> None:
    user, other = make_person(), make_person()
    save_entry(user, "anthropic", model_id="m")

    assert not remove_entry(other, "anthropic", "m")
    assert not remove_entry(user, "google", "m")
    assert not remove_entry(user, "nobody", "m")
    assert not remove_entry(user, "anthropic", "claude-opus-4-7")
    assert not remove_entry(user, "anthropic", "\0")

    with written() as trail:
        assert remove_entry(user, "anthropic", "m")

    assert trail.names == ["catalog_entry_deleted"]
    assert shown("anthropic", user) == shown("anthropic")


def test_it_is_two_queries_however_many_entries(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    user = make_person()
    for number in range(10):
        save_entry(user, "anthropic", model_id=f"m{number}")

    with django_assert_num_queries(2):
        assert len(catalog("anthropic", user)) == 13
