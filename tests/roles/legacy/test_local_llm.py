"""The oldest file, `local_llm.json`: one address, or hosts with models."""

from __future__ import annotations

from typing import Any

import pytest

from registry.types import Secret
from roles.legacy.document import Code, Kind
from roles.legacy.local_llm import Server
from tests.roles.legacy.documents import (
    GEMINI_KEY,
    HOST,
    document_of,
    places,
    read,
)

SERVER = Server("http://srv.example", Secret("srvk"), "srvm")
DISTILLING = Server("", Secret(""), "", distills_locally=True)
MANY = {
    "hosts": [HOST],
    "models": [
        {"id": "m1", "host_id": "h1", "label": "", "model_name": "one"},
        {"id": "m2", "host_id": "h1", "label": "Two", "model_name": "two"},
    ],
    "active_model_id": "m2",
}


def filled(roles: Any) -> dict[str, dict[str, str]]:
    return {
        role: {slot: target for slot, target in slots.items() if target}
        for role, slots in roles.items()
    }


def test_the_flat_form_is_one_host_one_model_and_the_role_chat() -> None:
    found = document_of(
        local_llm={"api_url": "http://old.example", "api_key": "ok", "model": "mistral"}
    )

    (host,), (model,) = found.hosts, found.models
    assert (host.label, host.api_url, host.host_type) == (
        "Local Model Server",
        "http://old.example",
        "openwebui",
    )
    assert host.api_key == Secret("ok")
    assert (model.type, model.provider, model.label) == ("local_openai", "local", "mistral")
    assert (model.kind, model.connection) == (Kind.HOST, host.id)
    assert (model.context_k, model.tags) == (0, ())
    assert filled(found.roles) == {"chat": {"primary": model.id}}


def test_what_the_flat_form_leaves_out_the_server_says() -> None:
    found = document_of(local_llm={}, server=SERVER)

    assert found.hosts[0].api_url == "http://srv.example"
    assert found.hosts[0].api_key == Secret("srvk")
    assert found.models[0].model_name == "srvm"


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("http://srv.example/", "srvk"),
        ("http://srv.example/v1", "srvk"),
        ("http://evil.example", ""),
    ],
)
def test_the_servers_key_goes_to_the_servers_address_only(address: str, key: str) -> None:
    found = document_of(local_llm={"api_url": address}, server=SERVER)

    assert found.hosts[0].api_key == Secret(key)


def test_an_address_that_is_wrong_is_not_replaced_by_the_servers() -> None:
    reading = read(local_llm={"api_url": "ftp://x.example", "api_key": "mine"}, server=SERVER)

    assert reading.document is not None
    assert reading.document.hosts == ()
    assert "api_url" in places(reading)


def test_a_setting_that_is_no_address_brings_no_key() -> None:
    broken = Server("nonsense", Secret("srvk"), "")
    found = document_of(local_llm={"api_url": "http://old.example"}, server=broken)

    assert found.hosts[0].api_key == Secret("")


def test_without_a_model_there_is_a_host_and_no_role() -> None:
    found = document_of(local_llm={"api_url": "http://old.example"})

    assert len(found.hosts) == 1
    assert (found.models, found.roles) == ((), {})


def test_without_any_address_the_gemini_key_comes_along_all_the_same() -> None:
    reading = read(local_llm={"model": "m"}, auth={"gemini_api_key": GEMINI_KEY})

    assert reading.document is not None
    assert reading.document.hosts == ()
    assert [account.api_key for account in reading.document.accounts] == [Secret(GEMINI_KEY)]
    assert places(reading) == ["api_url"]


def test_the_gemini_key_comes_along() -> None:
    found = document_of(
        local_llm={"api_url": "http://old.example", "model": "m"},
        auth={"gemini_api_key": GEMINI_KEY},
    )

    assert [account.label for account in found.accounts] == ["Gemini API Key"]


def test_models_of_hosts_become_local_models_and_the_active_one_fills_chat() -> None:
    found = document_of(local_llm=MANY)

    assert [model.id for model in found.models] == ["m1", "m2"]
    assert [model.label for model in found.models] == ["one", "Two"]
    assert {(model.type, model.provider, model.context_k) for model in found.models} == {
        ("local_openai", "local", 0)
    }
    assert filled(found.roles) == {"chat": {"primary": "m2"}}


def test_the_active_model_fills_distill_where_the_server_distills_locally() -> None:
    found = document_of(local_llm=MANY, server=DISTILLING)

    assert filled(found.roles) == {"chat": {"primary": "m2"}, "distill": {"primary": "m2"}}


@pytest.mark.parametrize("active", ["zz", 7, [], {"id": "m1"}, True])
def test_an_active_model_that_does_not_exist_fills_nothing(active: Any) -> None:
    reading = read(local_llm=MANY | {"active_model_id": active})

    assert reading.document is not None
    assert reading.document.roles == {}
    assert set(places(reading)) == {"active_model_id"}


@pytest.mark.parametrize("active", [None, ""])
def test_no_active_model_fills_nothing_and_is_no_fault(active: Any) -> None:
    assert document_of(local_llm=MANY | {"active_model_id": active}).roles == {}


def test_a_model_without_an_id_gets_one_and_the_others_are_read() -> None:
    models = [{"host_id": "h1", "model_name": "one"}, *MANY["models"][1:]]
    reading = read(local_llm=MANY | {"models": models})

    assert reading.document is not None
    assert [model.id for model in reading.document.models] == ["one", "m2"]
    assert places(reading) == ["models[0].id"]


@pytest.mark.parametrize("content", [["x"], "x", 1, b"{", b"null"])
def test_an_unreadable_file_gives_no_document_and_no_empty_one(content: Any) -> None:
    reading = read(local_llm=content, auth={"gemini_api_key": GEMINI_KEY})

    assert (reading.source, reading.document) == ("local_llm.json", None)
    assert [problem.code for problem in reading.problems] == [Code.UNREADABLE]


def test_a_newer_file_of_this_name_is_not_read() -> None:
    reading = read(local_llm=MANY | {"version": 2})

    assert reading.document is None
    assert [problem.code for problem in reading.problems] == [Code.UNSUPPORTED_VERSION]


@pytest.mark.parametrize("hosts", [None, {}, "x", 3, [None], [[]], ["h1"]])
def test_hosts_of_another_shape_leave_the_models_there(hosts: Any) -> None:
    reading = read(local_llm=MANY | {"hosts": hosts})

    assert reading.document is not None
    assert [model.id for model in reading.document.models] == ["m1", "m2"]
    assert [model.lost for model in reading.document.models] == [True, True]
