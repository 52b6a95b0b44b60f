"""Versions 1 and 2 of `model_registry.json`: what is in them, and what is made of it."""

from __future__ import annotations

from typing import Any

import pytest

from registry.types import Secret
from roles.choices import Slot
from roles.legacy.document import Account, Code, Credential, Host, Kind, Model
from tests.roles.legacy.documents import (
    ACCOUNT,
    GEMINI_KEY,
    HOST,
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


def test_a_document_is_read_as_it_is() -> None:
    found = document_of(registry())

    assert found.hosts == (Host("h1", "H", "http://x.example", Secret("k"), "openwebui"),)
    assert found.accounts == (Account("a1", "google", "Acct", Secret(GEMINI_KEY)),)
    assert found.credentials == (Credential("cli", "anthropic", "Claude CLI (OAuth)"),)
    llama, gemini = found.models
    assert (llama.id, llama.type, llama.provider) == ("m1", "local_openai", "local")
    assert (llama.kind, llama.connection, llama.lost) == (Kind.HOST, "h1", False)
    assert (llama.context_k, llama.tags) == (8, ("chat",))
    assert (gemini.kind, gemini.connection) == (Kind.ACCOUNT, "a1")
    empty = dict.fromkeys(Slot.values, "")
    assert found.roles == {"chat": empty | {"primary": "m1", "backup_1": "claude_cli"}}


@pytest.mark.parametrize("version", [1, "1", " 1 ", 1.0])
def test_version_1_takes_the_gemini_key_of_the_auth_file(version: Any) -> None:
    found = document_of(
        registry(version, providers=None, models=[MODEL]),
        auth={"gemini_api_key": GEMINI_KEY, "password": "x"},
    )

    (account,) = found.accounts
    assert (account.label, account.api_key) == ("Gemini API Key", Secret(GEMINI_KEY))
    assert [login.id for login in found.credentials] == ["cli"]


def test_an_account_of_version_1_is_not_doubled_by_the_auth_file() -> None:
    found = document_of(
        registry(1, providers={"google": {"accounts": [ACCOUNT]}}, models=[]),
        auth={"gemini_api_key": "AIzaOther"},
    )

    assert [account.id for account in found.accounts] == ["a1"]
    assert [login.id for login in found.credentials] == ["cli"]


def test_version_2_has_its_own_accounts_and_the_auth_file_is_not_looked_at() -> None:
    found = document_of(registry(providers=None, models=[]), auth={"gemini_api_key": GEMINI_KEY})

    assert found.accounts == ()


def test_the_made_account_takes_no_name_that_stands_in_the_document() -> None:
    taken = MODEL | {"host_id": "gemini-api-key"}
    reading = read(registry(1, providers=None, models=[taken]), auth={"gemini_api_key": GEMINI_KEY})

    assert reading.document is not None
    (account,) = reading.document.accounts
    assert account.id == "gemini-api-key-2"


@pytest.mark.parametrize("auth", [["x"], "text", 7, None, b"{", b"\xff\xfe", b"[" * 100_000])
def test_an_auth_file_of_another_shape_stops_nothing(auth: Any) -> None:
    content = b"null" if auth is None else auth
    reading = read(registry(1, providers=None, models=[MODEL]), auth=content)

    assert reading.document is not None
    assert reading.document.accounts == ()
    assert [host.id for host in reading.document.hosts] == ["h1"]
    (problem,) = reading.problems
    assert problem.where.startswith("auth.json")


@pytest.mark.parametrize("key", ["", "  ", None])
def test_a_blank_key_in_the_auth_file_is_none(key: str | None) -> None:
    found = document_of(registry(1, providers=None, models=[]), auth={"gemini_api_key": key})

    assert found.accounts == ()


@pytest.mark.parametrize("version", [3, "3", 3.0, 2_000_000_000])
def test_a_newer_document_is_not_read_at_all(version: Any) -> None:
    reading = read(registry(version))

    assert reading.document is None
    (problem,) = reading.problems
    assert problem.code is Code.UNSUPPORTED_VERSION
    assert problem.where == "model_registry.json: version"


@pytest.mark.parametrize("version", [0, -1, 1.5, True, False, [], {}, "", "two", "1.0", "²"])
def test_what_is_no_version_is_unreadable(version: Any) -> None:
    reading = read(registry(version))

    assert reading.document is None
    assert [problem.code for problem in reading.problems] == [Code.UNREADABLE]


def test_a_document_without_a_version_is_unreadable_and_not_empty() -> None:
    reading = read({"hosts": [HOST]})

    assert reading.document is None
    assert places(reading) == ["version"]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b'{"version": 2, "hosts": [', b"\xff\xfe{}", b"[]", b"null", b'"x"', b"nul"],
)
def test_an_unreadable_document_says_so_and_gives_none(content: bytes) -> None:
    reading = read(content, local_llm={"api_url": "http://old.example", "model": "m"})

    assert (reading.source, reading.document) == ("model_registry.json", None)
    assert [problem.code for problem in reading.problems] == [Code.UNREADABLE]


def test_a_mark_of_the_byte_order_is_no_fault() -> None:
    assert document_of(b'\xef\xbb\xbf{"version": 2}').hosts == ()


@pytest.mark.parametrize("section", ["providers", "hosts", "models", "roles"])
@pytest.mark.parametrize("value", ["left out", "null"])
def test_a_missing_section_is_an_empty_one(section: str, value: str) -> None:
    document = registry()
    if value == "null":
        document[section] = None
    else:
        del document[section]

    reading = read(document)

    assert reading.document is not None
    sections = {"hosts": reading.document.hosts, "models": reading.document.models}
    assert not sections.get(section)
    assert [login.id for login in reading.document.credentials] == ["cli"]


def test_a_version_2_document_of_nothing_else_has_the_login_of_everybody() -> None:
    found = document_of({"version": 2})

    assert found.credentials == (Credential("cli", "anthropic", "Claude CLI (OAuth)"),)
    assert (found.hosts, found.accounts, found.models, found.roles) == ((), (), (), {})


def test_with_a_registry_the_older_file_is_not_looked_at() -> None:
    reading = read(registry(), local_llm=b"{")

    assert reading.source == "model_registry.json"
    assert reading.problems == ()


def test_without_any_file_there_is_nothing() -> None:
    reading = read(auth={"gemini_api_key": GEMINI_KEY})

    assert (reading.source, reading.document, reading.problems) == ("", None, ())


@pytest.mark.parametrize(
    ("told", "kind"),
    [("openwebui", "openwebui"), ("openai", "openai"), ("ollama", "ollama"), (None, "openwebui")],
)
def test_the_kind_of_a_host_is_open_webui_where_nothing_is_told(
    told: str | None, kind: str
) -> None:
    found = document_of(registry(hosts=[HOST | {"host_type": told}]))

    assert found.hosts[0].host_type == kind


def test_an_unknown_kind_of_host_is_open_webui_and_noted() -> None:
    reading = read(registry(hosts=[HOST | {"host_type": "vllm"}]))

    assert reading.document is not None
    assert reading.document.hosts[0].host_type == "openwebui"
    assert places(reading) == ["hosts[0].host_type"]


def test_a_host_without_an_address_is_left_out_and_its_models_stay() -> None:
    reading = read(registry(hosts=[HOST | {"api_url": ""}], models=[MODEL]))

    assert reading.document is not None
    assert reading.document.hosts == ()
    model = only_model(reading)
    assert (model.connection, model.lost) == ("h1", True)
    assert places(reading) == ["hosts[0].api_url", "models[0].host_id"]


@pytest.mark.parametrize(
    "address", ["ftp://x.example", "x.example", "http://u:p@x.example", "http://169.254.169.254"]
)
def test_an_address_that_is_never_called_is_none(address: str) -> None:
    reading = read(registry(hosts=[HOST | {"api_url": address}], models=[]))

    assert reading.document is not None
    assert reading.document.hosts == ()
    assert set(places(reading)) == {"hosts[0].api_url"}
    assert address not in "".join(map(str, reading.problems))


def test_a_masked_key_is_noted_without_being_quoted() -> None:
    reading = read(registry(hosts=[HOST | {"api_key": "AIzaSyA1…"}], models=[]))

    assert reading.document is not None
    assert reading.document.hosts[0].api_key == Secret("")
    (problem,) = reading.problems
    assert problem.where == "model_registry.json: hosts[0].api_key"
    assert "AIza" not in str(problem)


def test_a_key_that_is_not_told_is_another_thing_than_none() -> None:
    silent = {name: value for name, value in HOST.items() if name != "api_key"}
    found = document_of(registry(hosts=[silent, HOST | {"id": "h2", "api_key": ""}], models=[]))

    assert [host.api_key for host in found.hosts] == [None, Secret("")]
