from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from registry.choices import HostType, LLMStatus, LLMType, Transport
from registry.models import LLMModel
from registry.types import UNSET
from roles.services.own_llms import (
    save_cloud_model,
    save_local_model,
)
from roles.services.slots import slots_of
from tests.roles.factories import (
    fill,
    make_account,
    make_claude,
    make_host,
    make_local,
    make_login,
    make_person,
    provider_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def providers() -> None:
    for slug in ("openai-compatible", "gemini", "anthropic", "openai", "azure", "ollama"):
        provider_of(slug)


@pytest.fixture
def user() -> User:
    return make_person()


def refused(call: Callable[..., object], *args: Any, **values: Any) -> set[str]:
    with pytest.raises(ValidationError) as caught:
        call(*args, **values)
    return set(caught.value.message_dict)


def fresh(llm: LLMModel) -> LLMModel:
    found: LLMModel = LLMModel.objects.with_links().get(pk=llm.pk)
    return found


def tags_of(llm: LLMModel) -> list[str]:
    return [tag.name for tag in fresh(llm).tags.all()]


def test_a_model_of_a_host_is_named_after_its_model_if_nothing_else_is_said(user: User) -> None:
    host = make_host(user)

    llm = save_local_model(
        user, None, host=host.slug, label="  ", model_name=" qwen3:8b ", context_k=32, tags=["code"]
    )

    stored = fresh(llm)
    assert (stored.name, stored.model_id, stored.slug) == ("qwen3:8b", "qwen3:8b", "qwen3-8b")
    assert (stored.owner, stored.connection, stored.context_window) == (user, host, 32_000)
    assert (stored.transport, stored.provider.slug) == ("local_openai", "openai-compatible")
    assert (stored.type, stored.status) == (LLMType.GENERATION, LLMStatus.ACTIVE)
    assert tags_of(llm) == ["code"]


def test_saving_as_a_whole_clears_what_is_not_said_but_keeps_name_and_slots(user: User) -> None:
    llm = make_local(user, context_window=8000, tags=["x"])
    fill(user, llm)
    second = make_host(user)

    save_local_model(user, llm.slug, host=second.slug, label="L", model_name="n")

    stored = fresh(llm)
    assert (stored.slug, stored.connection, stored.name, stored.model_id) == (
        llm.slug, second, "L", "n",
    )  # fmt: skip
    assert (stored.context_window, tags_of(llm)) == (None, [])
    assert slots_of(user)["chat"]["primary"].llm == llm


def test_what_is_unset_stays(user: User) -> None:
    host = make_host(user)
    llm = make_local(user, host, name="Old", model_id="m", context_window=8000, tags=["x"])
    kept = {"model_name": UNSET, "context_k": UNSET, "tags": UNSET}

    save_local_model(user, llm.slug, host=UNSET, label="New", **kept)  # type: ignore[arg-type]

    stored = fresh(llm)
    assert (stored.name, stored.model_id, stored.context_window) == ("New", "m", 8000)
    assert (stored.connection, tags_of(llm)) == (host, ["x"])


@pytest.mark.parametrize("host", [None, "", "zz", "\0", UNSET])
def test_a_model_of_a_host_needs_a_host_that_is_there(user: User, host: Any) -> None:
    assert refused(save_local_model, user, None, host=host, model_name="n") == {"host"}
    assert not LLMModel.objects.exists()


def test_neither_accounts_nor_logins_are_hosts(user: User) -> None:
    for row in (make_account(user), make_login(user), make_host(make_person())):
        for name in (row.slug, str(row.pk)):
            assert refused(save_local_model, user, None, host=name, model_name="n") == {"host"}


def test_a_shared_host_of_the_organisation_serves_by_its_id(user: User) -> None:
    shared = make_host(None, provider=provider_of("ollama"), host_type=HostType.OLLAMA)

    llm = save_local_model(user, None, host=str(shared.pk), model_name="llama3")

    assert (fresh(llm).connection, fresh(llm).provider.slug) == (shared, "ollama")
    assert fresh(llm).transport == Transport.LOCAL_OPENAI


def test_every_model_needs_a_name(user: User) -> None:
    host, llm = make_host(user), make_claude(user)
    save_local = (save_local_model, user, None)

    assert refused(*save_local, host=host.slug, label="L", model_name="  ") == {"model_name"}
    assert refused(*save_local, host="zz", label="L", model_name="") == {"model_name", "host"}
    assert refused(
        save_cloud_model, user, llm.slug, provider="anthropic", model_name=" ", label="L"
    ) == {"model_name"}  # fmt: skip


@pytest.mark.parametrize("context_k", [-1, 1, 10**12])
def test_a_window_out_of_bounds_is_named_as_it_was_said(user: User, context_k: int) -> None:
    host = make_host(user)

    assert refused(
        save_local_model, user, None, host=host.slug, model_name="n", context_k=context_k
    ) == {"context_k"}  # fmt: skip


def test_wrong_texts_are_named_as_they_were_said(user: User) -> None:
    save = (save_cloud_model, user, None)

    assert refused(*save, provider="google", model_name="a b", label="L") == {"model_name"}
    assert refused(*save, provider="google", model_name="m", label="x" * 201) == {"label"}
    assert refused(*save, provider="google", model_name="m", tags=["x" * 65]) == {"tags"}


def test_blank_tags_are_none(user: User) -> None:
    llm = save_cloud_model(user, None, provider="google", model_name="m", tags=[" ", " a ", ""])

    assert tags_of(llm) == ["a"]


@pytest.mark.parametrize("name", ["zz", "claude_cli", "\0", "x" * 10_000])
def test_saving_under_an_unknown_name_is_refused(user: User, name: str) -> None:
    host = make_host(user)

    assert refused(save_local_model, user, name, host=host.slug, model_name="n") == {"model"}
    assert refused(save_cloud_model, user, name, provider="google", model_name="n") == {"model"}
    assert not LLMModel.objects.exists()


def test_kinds_are_not_crossed(user: User) -> None:
    host = make_host(user)
    cloud, local = make_claude(user, model_id="claude-opus-4-7"), make_local(user, host)

    assert refused(save_local_model, user, cloud.slug, host=host.slug, model_name="n") == {"model"}
    assert refused(save_cloud_model, user, local.slug, provider="google", model_name="n") == {
        "model"
    }
    assert (fresh(cloud).model_id, fresh(cloud).transport) == ("claude-opus-4-7", "claude_cli")
