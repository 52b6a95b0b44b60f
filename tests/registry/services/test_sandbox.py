"""The sandbox comes once, to a database that nobody has used."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pytest_django import Settings

from registry.choices import ConnectionState, LLMType
from registry.models import Connection, LLMModel, Provider
from registry.services import overview, sandbox
from registry.services.accounts import require_password_change
from registry.services.connections import effective_address
from registry.services.defaults import set_default
from registry.services.overview import FirstSteps
from registry.types import Secret
from tests.factories import make_connection, make_llm, make_provider, make_token, make_user
from tests.registry.sandbox.client import ask
from tests.registry.sandbox.speech import PING, bearer
from tests.sandbox import running_sandbox
from tests.threads import together
from tests.trail import changes, written

pytestmark = pytest.mark.django_db
PORT = 8123
ORIGIN = f"http://127.0.0.1:{PORT}"


@pytest.fixture(autouse=True)
def allowed_port(settings: Settings) -> None:
    settings.REGISTRY_SANDBOX_PORT = PORT
    settings.REGISTRY_PRIVATE_HOSTS = [f"127.0.0.1:{PORT}"]


def the(name: str) -> LLMModel:
    llm: LLMModel = LLMModel.objects.get(name=name)
    return llm


def test_it_brings_a_provider_with_its_key_and_four_models() -> None:
    assert sandbox.install()

    provider = Provider.objects.get()
    assert (provider.slug, provider.kind) == ("sandbox", "service")
    assert (provider.dialect, provider.auth_required) == ("openai_compatible", True)
    assert provider.direct_api_url == f"{ORIGIN}/v1"
    connection = Connection.objects.shared().get()
    assert connection.open_key() == Secret("open-sesame-77")
    assert connection.state == ConnectionState.READY
    rows = LLMModel.objects.values_list("name", "slug", "type", "model_id", "status")
    assert set(rows) == {
        ("Sandbox Chat", "sandbox-chat", "generation", "sandbox-chat", "active"),
        ("Sandbox Embedding", "sandbox-embed", "embedding", "sandbox-embed", "active"),
        ("Sandbox Reasoner", "sandbox-reasoner", "generation", "sandbox-reasoner", "beta"),
        ("Sandbox Broken", "sandbox-broken", "generation", "sandbox-chat", "beta"),
    }
    assert the("Sandbox Embedding").dimensions == 768
    assert not LLMModel.objects.filter(is_default=True).exists()


def test_every_model_says_what_it_is() -> None:
    sandbox.install()

    assert all(len(llm.description) > 40 for llm in LLMModel.objects.all())


def test_one_model_fails_over_an_address_of_its_own() -> None:
    sandbox.install()

    broken = the("Sandbox Broken")
    assert broken.has_private_connection
    assert broken.connection is not None
    assert broken.connection.api_url == f"{ORIGIN}/faults/no_credit/v1"
    assert broken.connection.open_key() == Secret("open-sesame-77")
    others = LLMModel.objects.exclude(pk=broken.pk)
    assert {llm.connection for llm in others} == {Connection.objects.shared().get()}


def test_a_port_that_is_not_allowed_leaves_the_connections_blocked(settings: Settings) -> None:
    settings.REGISTRY_PRIVATE_HOSTS = []

    sandbox.install()

    assert set(Connection.objects.values_list("state", flat=True)) == {"address_blocked"}


def test_coming_is_one_operation_on_the_trail() -> None:
    with written() as found:
        sandbox.install()

    assert sorted(found.names) == [
        "connection_created",
        *["model_created"] * 4,
        "sandbox_created",
    ]
    assert found.named("sandbox_created").object_repr == "sandbox"
    assert len({entry.cid for entry in found}) == 1
    assert "open-sesame-77" not in str([changes(entry) for entry in found])


def test_a_second_time_changes_nothing() -> None:
    sandbox.install()

    with written() as found:
        assert not sandbox.install()

    assert found == []
    assert LLMModel.objects.count() == 4


@pytest.mark.parametrize(
    "make", [make_llm, make_connection, lambda: make_connection(owner=make_user())]
)
def test_it_never_comes_to_a_database_in_use(make: Callable[[], object]) -> None:
    make()

    with written() as found:
        assert not sandbox.install()

    assert found == []
    assert not sandbox.is_installed()


def test_it_never_takes_the_name_of_somebodys_provider() -> None:
    make_provider("other", aliases=["sandbox"])

    assert not sandbox.install()


def test_providers_of_the_reference_data_are_no_use_yet() -> None:
    make_provider("openai")

    assert sandbox.install()


@pytest.mark.django_db(transaction=True)
def test_two_starts_at_once_bring_it_once() -> None:
    results = together([sandbox.install, sandbox.install])

    assert sorted(map(str, results)) == ["False", "True"]
    assert LLMModel.objects.count() == 4


def test_its_rows_are_no_first_step() -> None:
    user = make_user()
    require_password_change(user)
    sandbox.install()
    set_default(the("Sandbox Chat"))
    set_default(the("Sandbox Embedding"))

    assert overview.first_steps(user) == FirstSteps(False, False, False, False, False, False)


def test_rows_beside_it_are_first_steps() -> None:
    user = make_user()
    make_token(user)
    sandbox.install()
    set_default(make_llm(LLMType.EMBEDDING))
    set_default(make_llm(LLMType.GENERATION))

    assert overview.first_steps(user) == FirstSteps(True, True, True, True, True, True)


def test_the_server_answers_for_its_models(settings: Settings) -> None:
    with running_sandbox() as server:
        settings.REGISTRY_SANDBOX_PORT = server.port
        sandbox.install()

        for llm in LLMModel.objects.exclude(type=LLMType.EMBEDDING):
            assert llm.connection is not None
            base = effective_address(llm.connection).removeprefix(server.url)
            key = bearer(llm.connection.open_key().reveal())
            body = {"model": llm.model_id, "messages": PING}
            status = ask(server, f"{base}/chat/completions", body, headers=key).status

            assert ask(server, f"{base}/models/{llm.model_id}", headers=key).status == 200
            assert status == (429 if llm.name == "Sandbox Broken" else 200)
