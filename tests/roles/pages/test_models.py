"""One's own models: of hosts and of providers, by name and from a host's list."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from registry.choices import LLMStatus, Transport
from registry.models import LLMModel
from registry.sandbox.catalogue import KEY
from registry.types import LLMChange, Secret
from roles.models import RoleSlot
from roles.pages import host_models
from roles.services.own_llms import save_own
from tests.factories import API_KEY
from tests.roles.factories import (
    fill,
    make_account,
    make_gemini,
    make_host,
    make_local,
    make_login,
    make_person,
    provider_of,
)
from tests.roles.pages.visiting import Visit
from tests.sandbox import running_sandbox
from tests.trail import written

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit() -> Visit:
    for slug in ("openai-compatible", "gemini", "anthropic"):
        provider_of(slug)
    return Visit()


def test_a_model_of_a_host_is_added(visit: Visit) -> None:
    host = make_host(visit.user)
    with written() as events:
        visit.fill(
            "add-local", host=str(host.pk), model_name="llama3.2", context_k="128", tags="a, b c"
        )

    llm = LLMModel.objects.get()
    assert (llm.owner, llm.connection, llm.name) == (visit.user, host, "llama3.2")
    assert (llm.transport, llm.context_window) == (Transport.LOCAL_OPENAI, 128_000)
    assert sorted(tag.name for tag in llm.tags.all()) == ["a", "b c"]
    assert "model_created" in events.names
    assert "Put it into a role's slot" in visit.text


def test_a_model_of_a_provider_is_added_over_an_account_a_login_or_neither(visit: Visit) -> None:
    account, login = make_account(visit.user), make_login(visit.user)
    visit.fill("add-cloud", provider="gemini", account=str(account.pk), model_name="gemini-a")
    visit.fill("add-cloud", provider="anthropic", account=str(login.pk), model_name="claude-b")
    visit.fill("add-cloud", provider="gemini", model_name="gemini-c", transport="gemini_cli")

    found = {llm.model_id: (llm.connection, llm.transport) for llm in LLMModel.objects.all()}
    assert found == {
        "gemini-a": (account, Transport.GEMINI_API),
        "claude-b": (login, Transport.CLAUDE_CLI),
        "gemini-c": (None, Transport.GEMINI_CLI),
    }


def test_what_is_missing_or_does_not_fit_stands_at_its_field(visit: Visit) -> None:
    account = make_account(visit.user)
    assert set(visit.fill("add-local", model_name="x").errors()) == {"host"}
    assert set(visit.fill("add-cloud", provider="gemini").errors()) == {"model_name"}
    assert set(visit.fill("add-cloud", model_name="x").errors()) == {"provider"}
    visit.fill("add-cloud", provider="anthropic", account=str(account.pk), model_name="x")
    assert set(visit.errors()) == {"account"}
    visit.fill("add-cloud", provider="anthropic", model_name="x", transport="gemini_cli")
    assert set(visit.errors()) == {"transport"}
    assert not LLMModel.objects.exists()


def test_another_s_host_cannot_be_named(visit: Visit) -> None:
    foreign = make_host(make_person(), label="Foreign box")

    visit.fill("add-local", host=str(foreign.pk), model_name="x")

    assert set(visit.errors()) == {"host"}
    assert "Foreign box" not in visit.answer.content.decode()


def test_a_model_is_changed_as_a_whole(visit: Visit) -> None:
    first, second = make_host(visit.user), make_host(visit.user)
    llm = make_local(visit.user, first, tags=["old"])

    visit.fill("model", llm.pk, host=str(second.pk), label="Renamed", context_k="", tags="new")

    llm.refresh_from_db()
    assert (llm.connection, llm.name, llm.context_window) == (second, "Renamed", None)
    assert [tag.name for tag in llm.tags.all()] == ["new"]


def test_saving_a_model_unchanged_writes_nothing(visit: Visit) -> None:
    llms = [make_local(visit.user), make_gemini(visit.user, make_account(visit.user), tags=["x"])]
    for llm in llms:
        with written() as events:
            visit.fill("model", llm.pk)
        assert "is saved" in visit.text
        assert events.names == []


@pytest.mark.parametrize("tokens", [131_072, 1_024, 1_999])
def test_another_name_does_not_round_the_window(visit: Visit, tokens: int) -> None:
    llm = make_local(visit.user, context_window=tokens)

    visit.fill("model", llm.pk, label="Renamed")

    llm.refresh_from_db()
    assert (llm.name, llm.context_window) == ("Renamed", tokens)


@pytest.mark.parametrize(
    ("slug", "change"),
    [
        ("gemini", LLMChange(api_key=Secret(API_KEY))),
        ("openai-compatible", LLMChange(api_endpoint="http://llm.example/v1")),
    ],
)
def test_a_model_with_a_key_or_an_address_of_its_own_keeps_it(
    visit: Visit, slug: str, change: LLMChange
) -> None:
    llm = LLMModel(owner=visit.user, type="generation", name="Old", model_id="m")
    llm.provider = provider_of(slug)
    save_own(llm, change)
    private = llm.connection

    assert "Key and address of its own" in visit.open("model", llm.pk).text
    visit.fill("model", llm.pk, label="Renamed")
    assert "is saved" in visit.text

    llm.refresh_from_db()
    assert (llm.name, llm.connection) == ("Renamed", private)


def test_a_model_whose_host_is_gone_says_so_and_gets_another(visit: Visit) -> None:
    llm = make_local(visit.user, connection_ref="old-box")
    host = make_host(visit.user)

    assert "old-box, which is gone" in visit.open("model", llm.pk).text
    visit.fill("model", llm.pk, host=str(host.pk))

    llm.refresh_from_db()
    assert (llm.connection, llm.connection_ref) == (host, "")


def test_a_model_leaves_use_and_comes_back(visit: Visit) -> None:
    llm = make_local(visit.user)
    fill(visit.user, llm)

    visit.post("model-status", llm.pk, to="inactive")
    assert LLMModel.objects.get().status == LLMStatus.INACTIVE
    assert "Inactive" in visit.open("overview").text
    visit.open("model", llm.pk)
    visit.post("model-status", llm.pk, to="active")

    assert LLMModel.objects.get().status == LLMStatus.ACTIVE
    assert RoleSlot.objects.count() == 1


def test_removing_a_model_names_and_empties_its_slots(visit: Visit) -> None:
    llm = make_local(visit.user, name="Llama")
    fill(visit.user, llm, slot="backup_2")

    assert "chat, Backup 2" in visit.open("remove-model", llm.pk).text
    visit.post("remove-model", llm.pk)

    assert not (LLMModel.objects.exists())
    assert not (RoleSlot.objects.exists())
    assert "Llama is removed." in visit.text


def test_the_list_tells_where_a_model_stands_and_how_it_is(visit: Visit) -> None:
    llm = make_local(visit.user, name="Llama")
    fill(visit.user, llm)
    fill(visit.user, llm, role="coder", slot="backup_1")
    make_local(make_person(), name="Foreign")

    text = visit.open("models").text

    assert "chat, Primary; coder, Backup 1" in text
    assert "not tested yet" in text
    assert "Foreign" not in text


def test_a_list_of_many_comes_in_pages_and_few_queries(
    visit: Visit, django_assert_max_num_queries: object
) -> None:
    host = make_host(visit.user)
    for _number in range(51):
        make_local(visit.user, host)
    with django_assert_max_num_queries(14):  # type: ignore[operator]
        visit.open("models")
    assert len(list(visit.page.having("data-row"))) == 50
    assert len(list(visit.open("models", p="2").page.having("data-row"))) == 1


@pytest.fixture
def sandbox(settings: Settings) -> Iterator[str]:
    with running_sandbox() as server:
        place = server.address("").partition("://")[2]
        settings.REGISTRY_PRIVATE_HOSTS = [*settings.REGISTRY_PRIVATE_HOSTS, place]
        yield server.address("/v1")


def test_models_of_a_host_are_asked_for_picked_and_added(visit: Visit, sandbox: str) -> None:
    host = make_host(visit.user, api_url=sandbox, host_type="openai", api_key=KEY)

    visit.open("host-models", "hosts", host.pk)
    assert "Ask the host" in visit.text
    visit.post("host-models", "hosts", host.pk)
    assert "sandbox-chat" in visit.text
    visit.post("host-models", "hosts", host.pk, add="1", model=["sandbox-chat"])

    assert LLMModel.objects.get().connection == host
    assert "1 model is added." in visit.text
    visit.post("host-models", "hosts", host.pk)
    assert "is yours already" in visit.text


def test_a_host_that_does_not_answer_says_why(visit: Visit, settings: Settings) -> None:
    settings.REGISTRY_PRIVATE_HOSTS = ["127.0.0.1:9"]
    host = make_host(visit.user, api_url="http://127.0.0.1:9", api_key=API_KEY)

    visit.post("host-models", "hosts", host.pk)

    assert visit.status == 200
    assert "Nothing answers" in visit.text
    assert API_KEY not in visit.text


def test_nothing_ticked_adds_nothing(visit: Visit) -> None:
    host = make_host(visit.user)
    visit.post("host-models", "hosts", host.pk, add="1")
    assert "Tick the models to add first." in visit.text
    assert not LLMModel.objects.exists()


def test_more_than_can_be_added_at_once_are_not_left_out_in_silence(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host_models, "MOST_AT_ONCE", 2)
    host = make_host(visit.user)

    visit.post("host-models", "hosts", host.pk, add="1", model=["a", "b", "b", "c"])

    assert "Only the first 2 were looked at" in visit.text
    assert sorted(LLMModel.objects.values_list("model_id", flat=True)) == ["a", "b"]
