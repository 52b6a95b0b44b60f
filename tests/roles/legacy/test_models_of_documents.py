"""Models, references between records, and roles of a document."""

from __future__ import annotations

from typing import Any

import pytest

from registry.types import Secret
from roles.legacy.document import Account, Code, Kind, Model
from tests.roles.legacy.documents import (
    ACCOUNT,
    GEMINI,
    HOST,
    LOGIN,
    MODEL,
    document_of,
    places,
    read,
    registry,
)


def only_model(reading: Any) -> Model:
    assert reading.document is not None
    (model,) = reading.document.models
    found: Model = model
    return found


@pytest.mark.parametrize(
    ("entry", "provider", "kind"),
    [
        ({"type": "local_openai", "provider": None, "host_id": "h1"}, "local", Kind.HOST),
        ({"type": "gemini_api", "provider": None, "account_id": "a1"}, "google", Kind.ACCOUNT),
        ({"type": "claude_cli", "credential_id": "cli"}, "anthropic", Kind.CREDENTIAL),
        ({"type": "gemini_cli"}, "google", None),
        ({"provider": "google", "account_id": "a1"}, "google", Kind.ACCOUNT),
        ({"provider": "gemini", "account_id": "a1"}, "google", Kind.ACCOUNT),
        ({"type": "new_way", "account_id": "a1"}, "google", Kind.ACCOUNT),
        ({"type": "new_way", "credential_id": "cli"}, "anthropic", Kind.CREDENTIAL),
        ({"type": "new_way", "host_id": "h1"}, "local", Kind.HOST),
        ({"type": "new_way", "provider": "openai"}, "openai", None),
    ],
)
def test_provider_and_way_of_calling_follow_from_what_is_told(
    entry: dict[str, Any], provider: str, kind: Kind | None
) -> None:
    found = document_of(registry(models=[{"id": "m", "model_name": "n"} | entry], roles={}))

    (model,) = found.models
    assert (model.provider, model.kind, model.lost) == (provider, kind, False)


def test_a_way_of_calling_knows_whose_it_is_better_than_the_entry() -> None:
    reading = read(registry(models=[MODEL | {"provider": "google"}]))

    assert only_model(reading).provider == "local"
    assert places(reading) == ["models[0].provider"]


def test_ids_that_a_change_of_provider_left_behind_mean_nothing() -> None:
    stale = MODEL | {"type": "claude_cli", "provider": "anthropic", "credential_id": "cli"}
    reading = read(registry(models=[stale | {"account_id": "a1"}], roles={}))

    model = only_model(reading)
    assert (model.kind, model.connection) == (Kind.CREDENTIAL, "cli")
    assert sorted(places(reading)) == ["models[0].account_id", "models[0].host_id"]


def test_a_lost_connection_is_kept_by_its_name() -> None:
    reading = read(registry(models=[GEMINI | {"account_id": "nobody"}], roles={}))

    model = only_model(reading)
    assert (model.kind, model.connection, model.lost) == (Kind.ACCOUNT, "nobody", True)
    assert [problem.code for problem in reading.problems] == [Code.DANGLING]


def test_a_label_falls_back_to_the_name_of_the_model() -> None:
    found = document_of(registry(models=[MODEL | {"label": " "}]))

    assert found.models[0].label == "llama3.1:8b"


@pytest.mark.parametrize("command", ["gemini_cli", "claude_cli"])
@pytest.mark.parametrize("told", ["", None])
def test_a_command_that_chooses_its_model_itself_is_kept(command: str, told: str | None) -> None:
    entry = {"id": "m", "type": command, "label": "Mine", "model_name": told}
    found = document_of(registry(models=[entry], roles={}))

    (model,) = found.models
    assert (model.id, model.type, model.model_name, model.label) == ("m", command, command, "Mine")


def test_a_model_without_a_name_is_left_out_and_told() -> None:
    reading = read(registry(models=[MODEL | {"model_name": ""}, GEMINI], roles={}))

    assert only_model(reading).id == "g1"
    assert places(reading) == ["models[0].model_name"]


@pytest.mark.parametrize(
    ("told", "context_k", "is_noted"),
    [
        (8, 8, False),
        (0, 0, False),
        (None, 0, False),
        ("200", 200, True),
        (8.9, 8, True),
        (1, 1, False),
        (-4, 0, True),
        (10**12, 0, True),
        (True, 0, True),
        ([8], 0, True),
        (float("nan"), 0, True),
        (float("inf"), 0, True),
    ],
)
def test_context_is_in_thousands_and_0_where_it_is_not_known(
    told: Any, context_k: int, is_noted: bool
) -> None:
    reading = read(registry(models=[MODEL | {"context_k": told}]))

    assert only_model(reading).context_k == context_k
    assert places(reading) == ["models[0].context_k"] * is_noted


def test_of_two_equal_ids_the_first_is_meant_and_the_second_is_kept() -> None:
    twice = [MODEL, MODEL | {"model_name": "other"}]
    reading = read(registry(models=twice))

    assert reading.document is not None
    assert [model.id for model in reading.document.models] == ["m1", "m1-2"]
    assert reading.document.roles["chat"]["primary"] == "m1"
    assert [problem.code for problem in reading.problems] == [Code.RENAMED]


def test_ids_that_are_no_names_become_names_and_references_follow() -> None:
    document = registry(
        hosts=[HOST | {"id": "My Host"}],
        models=[MODEL | {"id": "Llama #1", "host_id": "My Host"}],
        roles={"chat": {"primary": "Llama #1"}},
    )

    reading = read(document)

    model = only_model(reading)
    assert (model.id, model.connection, model.lost) == ("llama-1", "my-host", False)
    assert reading.document is not None
    assert reading.document.roles["chat"]["primary"] == "llama-1"


def test_host_and_account_of_one_id_are_two_connections() -> None:
    document = registry(
        hosts=[HOST | {"id": "same"}],
        providers={"google": {"accounts": [ACCOUNT | {"id": "same"}]}},
        models=[MODEL | {"host_id": "same"}, GEMINI | {"account_id": "same"}],
    )

    reading = read(document)

    assert reading.document is not None
    assert [model.connection for model in reading.document.models] == ["same", "same-2"]


def test_entries_without_ids_get_names_that_are_the_same_every_time() -> None:
    document = registry(
        hosts=[{"label": "My host", "api_url": "http://x.example"}],
        models=[{"model_name": "llama3.1:8b", "type": "local_openai"}],
        roles={},
    )

    first, second = read(document), read(document)

    assert first == second
    assert first.document is not None
    assert first.document.hosts[0].id == "my-host"
    assert only_model(first).id == "llama3.1-8b"


def test_sections_of_other_providers_are_read_too() -> None:
    entry = {"id": "o1", "label": "Mine", "api_key": "sk-1", "api_url": "https://o.example/v1"}
    found = document_of(
        registry(providers={"openai": {"accounts": [entry]}, "anthropic": {"accounts": [ACCOUNT]}})
        | {"models": [], "roles": {}}
    )

    openai, anthropic = found.accounts
    assert openai == Account("o1", "openai", "Mine", Secret("sk-1"), "https://o.example/v1")
    assert (anthropic.provider, anthropic.api_url) == ("anthropic", "")
    assert [login.id for login in found.credentials] == ["cli"]


def test_a_login_of_an_unknown_kind_is_noted() -> None:
    login = LOGIN | {"type": "oauth2"}
    reading = read(registry(providers={"anthropic": {"credentials": [login]}}, models=[]))

    assert reading.document is not None
    assert [row.id for row in reading.document.credentials] == ["cli"]
    assert places(reading) == ["providers.anthropic.credentials[0].type"]


@pytest.mark.parametrize(
    "role", ["", " ", "Chat", "two words", "ünï", "x" * 65, "x" * 10_000, "../x", "\x00", "\ud800"]
)
def test_a_role_whose_name_is_no_name_is_told_and_the_others_stay(role: str) -> None:
    reading = read(registry(roles={role: {"primary": "m1"}, "chat": {"primary": "m1"}}))

    assert reading.document is not None
    assert list(reading.document.roles) == ["chat"]
    (problem,) = reading.problems
    assert len(str(problem)) < 200
    str(problem).encode()


def test_what_a_slot_names_beyond_the_document_is_kept_as_it_stands() -> None:
    found = document_of(registry(roles={"chat": {"primary": "shared-model", "backup_4": None}}))

    assert found.roles["chat"]["primary"] == "shared-model"
    assert found.roles["chat"]["backup_4"] == ""


def test_no_made_name_is_one_that_a_slot_or_a_reference_has() -> None:
    document = registry(
        hosts=[HOST | {"id": "My Host"}],
        models=[MODEL | {"id": "A B", "host_id": "my-host"}],
        roles={"chat": {"primary": "a-b"}},
    )

    reading = read(document)

    model = only_model(reading)
    assert (model.id, model.connection, model.lost) == ("a-b-2", "my-host", True)
    assert reading.document is not None
    assert reading.document.hosts[0].id == "my-host-2"


def test_a_section_of_aliases_is_told_and_not_followed_round_in_circles() -> None:
    reading = read(registry() | {"aliases": {"a": "b", "b": "a"}})

    assert reading.document is not None
    assert [model.id for model in reading.document.models] == ["m1", "g1"]
    assert [problem.code for problem in reading.problems] == [Code.UNKNOWN]


def test_models_that_name_each_other_are_lost_references_and_nothing_more() -> None:
    circle = [
        MODEL | {"id": "x", "host_id": "y"},
        MODEL | {"id": "y", "host_id": "x"},
    ]
    reading = read(registry(models=circle, roles={"chat": {"primary": "x"}}))

    assert reading.document is not None
    assert [model.lost for model in reading.document.models] == [True, True]
