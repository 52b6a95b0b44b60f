"""The sandbox goes in one piece, and stays away."""

from __future__ import annotations

import pytest

from registry.choices import LLMType
from registry.errors import InUseError
from registry.models import Connection, KnowledgeBase, LLMModel, Platform, Provider
from registry.services import sandbox
from registry.services.defaults import default_of, set_default
from registry.services.llms import save_llm
from registry.services.platforms import save_platform
from registry.services.providers import save_provider
from registry.types import LLMChange, Secret
from tests.factories import (
    make_connection,
    make_knowledge_base,
    make_llm,
    make_provider,
    make_route,
    make_user,
)
from tests.threads import errors, together
from tests.trail import changes, payload, written

pytestmark = pytest.mark.django_db


def the(name: str) -> LLMModel:
    llm: LLMModel = LLMModel.objects.get(name=name)
    return llm


def nothing_is_left() -> bool:
    tables = (LLMModel, Connection, Provider)
    return not any(table.objects.exists() for table in tables)


def put_by_hand() -> Provider:
    """Create a sandbox beside other models, which install() refuses to do."""
    provider = save_provider(
        Provider(slug="sandbox", name="Sandbox", direct_api_url=sandbox.address("/v1"))
    )
    make_llm(provider=provider, name="Sandbox Chat", model_id="sandbox-chat")
    return provider


def test_it_is_installed_until_it_is_removed() -> None:
    before = sandbox.is_installed()
    sandbox.install()
    between = sandbox.is_installed()
    sandbox.remove()

    assert [before, between, sandbox.is_installed()] == [False, True, False]


def test_a_provider_of_this_name_elsewhere_is_not_the_sandbox() -> None:
    make_llm(provider=make_provider("sandbox", direct_api_url="https://sandbox.example/v1"))

    assert not sandbox.is_installed()
    assert not sandbox.remove()
    assert Provider.objects.filter(slug="sandbox").exists()


def test_it_goes_with_all_that_is_its_own() -> None:
    other = make_llm()
    kept = (other.connection, other.provider)
    put_by_hand()

    assert sandbox.remove()

    assert LLMModel.objects.get() == other
    assert (Connection.objects.get(), Provider.objects.get()) == kept


def test_what_people_added_to_it_goes_too() -> None:
    sandbox.install()
    provider = Provider.objects.get()
    user = make_user()
    make_connection(provider, owner=user)
    make_connection(provider, label="Second", api_url=sandbox.address("/faults/html/v1"))
    added = LLMModel(type=LLMType.EMBEDDING, provider=provider, name="Mine", model_id="m")
    added.dimensions, added.owner = 8, user
    save_llm(added, LLMChange(api_key=Secret("k")))

    sandbox.remove()

    assert nothing_is_left()


def test_going_is_one_operation_on_the_trail() -> None:
    sandbox.install()
    set_default(the("Sandbox Chat"))

    with written() as found:
        sandbox.remove()

    assert sorted(found.names) == [
        "connection_deleted",
        *["model_deleted"] * 4,
        "sandbox_deleted",
    ]
    assert len({entry.cid for entry in found}) == 1


def test_a_default_goes_with_its_model() -> None:
    sandbox.install()
    set_default(the("Sandbox Chat"))
    set_default(the("Sandbox Embedding"))

    sandbox.remove()

    assert nothing_is_left()
    assert default_of(LLMType.GENERATION) is None


def test_another_model_forgets_its_replacement_on_the_trail() -> None:
    sandbox.install()
    old = make_llm(replacement=the("Sandbox Chat"))

    with written() as found:
        sandbox.remove()

    old.refresh_from_db()
    assert old.replacement is None
    assert changes(found.named("model_updated")) == {"replacement": ["Sandbox Chat", None]}


@pytest.mark.parametrize("status", ["active", "archived"])
def test_a_knowledge_base_keeps_all_of_it(status: str) -> None:
    sandbox.install()
    set_default(the("Sandbox Chat"))
    make_knowledge_base("Manuals", embedding_model=the("Sandbox Embedding"), status=status)
    make_knowledge_base("Answers", generation_model=the("Sandbox Chat"), status=status)

    with written() as found, pytest.raises(InUseError) as refused:
        sandbox.remove()

    named = {"knowledge_bases": ["Answers", "Manuals"], "platforms": [], "routes": []}
    assert refused.value.extra == named
    assert found.only.event == "sandbox_delete_blocked"
    assert payload(found.only) == named
    assert (LLMModel.objects.count(), the("Sandbox Chat").is_default) == (4, True)


def test_a_platform_keeps_all_of_it() -> None:
    sandbox.install()
    provider = Provider.objects.get()
    save_platform(Platform(slug="one", name="One"), providers=[provider])
    save_platform(Platform(slug="two", name="Two", connection=Connection.objects.shared().get()))

    with pytest.raises(InUseError) as refused:
        sandbox.remove()

    assert refused.value.extra["platforms"] == ["One", "Two"]
    assert sandbox.is_installed()


def test_a_route_of_another_model_keeps_all_of_it() -> None:
    sandbox.install()
    connection = Connection.objects.shared().get()
    to_sandbox = {"provider": Provider.objects.get(), "connection": connection}
    make_route(connection.llms.all()[0], **to_sandbox)
    route = make_route(**to_sandbox)

    with written() as found, pytest.raises(InUseError) as refused:
        sandbox.remove()

    assert refused.value.extra["routes"] == [route.slug]
    assert found.only.event == "sandbox_delete_blocked"

    route.delete()
    assert sandbox.remove()


def test_once_free_of_knowledge_bases_it_goes() -> None:
    sandbox.install()
    base = make_knowledge_base(embedding_model=the("Sandbox Embedding"))
    base.delete()

    assert sandbox.remove()
    assert not KnowledgeBase.objects.exists()


def test_removing_what_is_not_there_is_no_error() -> None:
    with written() as found:
        assert not sandbox.remove()

    assert found == []


@pytest.mark.django_db(transaction=True)
def test_removing_it_twice_at_once_is_no_error() -> None:
    sandbox.install()

    results = together([sandbox.remove, sandbox.remove])

    assert errors(results) == []
    assert True in results
    assert nothing_is_left()


def test_once_removed_it_does_not_come_back() -> None:
    sandbox.install()
    sandbox.remove()

    assert not sandbox.install()
    assert nothing_is_left()
