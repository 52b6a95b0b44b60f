from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from registry.choices import LLMType
from registry.errors import StaleRevisionError
from registry.models import Connection, LLMModel
from registry.services.llms import save_llm
from registry.types import UNSET, Change, LLMChange, Secret
from roles.services.own_llms import (
    own_model,
    own_models,
    save_cloud_model,
    save_local_model,
    save_own,
)
from tests.factories import API_KEY, make_llm
from tests.roles.factories import (
    make_account,
    make_claude,
    make_host,
    make_local,
    make_own,
    make_person,
    provider_of,
)
from tests.trail import written

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


def test_a_model_of_any_type_and_dialect_has_a_key_of_its_own(user: User) -> None:
    llm = LLMModel(owner=user, type=LLMType.EMBEDDING, provider=provider_of("openai"))
    llm.name, llm.model_id, llm.dimensions = "E", "text-embedding-3-small", 1536

    save_own(llm, LLMChange(api_key=Secret(API_KEY)))

    stored = fresh(llm)
    assert stored.connection is not None
    assert (stored.connection.owner, stored.connection.private_to) == (user, llm)
    assert stored.connection.open_key().reveal() == API_KEY
    assert stored.transport == ""


def test_a_provider_without_an_address_needs_a_connection(user: User) -> None:
    for slug in ("azure", "openai-compatible"):
        llm = LLMModel(owner=user, type=LLMType.GENERATION, provider=provider_of(slug))
        llm.name = llm.model_id = "m"
        assert refused(save_own, llm) == {"connection"}

    llm.provider = provider_of("openai-compatible")
    save_own(llm, LLMChange(api_endpoint="http://x.example"))
    assert fresh(llm).transport == "local_openai"
    assert refused(save_own, fresh(llm), LLMChange(frozenset(), connection=None)) == {"connection"}


def test_a_model_whose_host_is_gone_can_still_be_renamed_and_given_another(user: User) -> None:
    llm = make_local(user, connection_ref="nohost")
    host = make_host(user)

    save_local_model(user, llm.slug, host=UNSET, label="L", model_name=UNSET)
    assert (fresh(llm).name, fresh(llm).connection_ref) == ("L", "nohost")

    save_local_model(user, llm.slug, host=host.slug, model_name="n")
    assert (fresh(llm).connection, fresh(llm).connection_ref) == (host, "")


def test_a_model_of_a_host_moves_to_a_provider_and_back(user: User) -> None:
    llm, host = make_local(user), make_host(user)
    llm.provider = provider_of("gemini")

    save_own(llm, LLMChange(frozenset({"provider"})))
    assert (fresh(llm).connection, fresh(llm).transport) == (None, "gemini_api")

    llm = fresh(llm)
    llm.provider = host.provider
    assert refused(save_own, llm, LLMChange(frozenset({"provider"}))) == {"connection"}
    save_own(llm, LLMChange(frozenset({"provider"}), connection=host))
    assert (fresh(llm).connection, fresh(llm).transport) == (host, "local_openai")


def test_another_provider_ends_a_key_of_the_models_own(user: User) -> None:
    llm = LLMModel(owner=user, type=LLMType.GENERATION, provider=provider_of("openai"))
    llm.name = llm.model_id = "m"
    save_own(llm, LLMChange(api_key=Secret(API_KEY)))
    llm.provider = provider_of("gemini")

    save_own(llm, LLMChange(frozenset({"provider"})))

    assert fresh(llm).connection is None
    assert not Connection.objects.exists()


def test_the_provider_of_a_shared_model_does_not_change() -> None:
    llm = make_llm(provider=provider_of("openai"))
    llm.provider = provider_of("gemini")

    assert refused(save_llm, llm) == {"provider"}
    with pytest.raises(ValueError, match="shared"):
        save_own(llm)


def test_somebody_elses_connection_is_refused_to_every_model(user: User) -> None:
    foreign = make_account(make_person())
    llm = LLMModel(owner=user, type=LLMType.GENERATION, provider=foreign.provider)
    llm.name = llm.model_id = "m"
    shared = make_llm(provider=foreign.provider)

    assert refused(save_own, llm, LLMChange(connection=foreign)) == {"connection"}
    assert refused(make_own, None, foreign, provider=foreign.provider) == {"connection"}
    private = fresh(shared).connection
    assert private is not None
    assert refused(save_own, llm, LLMChange(connection=private)) == {"connection"}


def test_equal_models_get_names_of_their_own_and_none_that_a_built_in_has(user: User) -> None:
    def save(model_name: str) -> str:
        found = save_cloud_model(user, None, provider="google", model_name=model_name)
        return str(found.slug)

    assert [save("Fast"), save("fast"), save("fast")] == ["fast", "gemini-fast", "gemini-fast-2"]
    assert save("claude_cli") == "gemini-claude_cli"


def test_a_model_is_found_by_name_in_any_case_and_by_id(user: User) -> None:
    llm = make_claude(user, slug="mine")

    for name in ("mine", " MINE ", str(llm.pk)):
        assert own_model(user, name) == llm
    assert own_model(user, None) is None
    assert list(own_models(user)) == [llm]


def test_a_write_that_has_not_seen_the_last_one_is_refused(user: User) -> None:
    llm = make_claude(user)
    save_cloud_model(user, llm.slug, provider="anthropic", model_name="n")

    with pytest.raises(StaleRevisionError):
        save_cloud_model(
            user, llm.slug, provider="anthropic", model_name="o",
            change=Change(frozenset(), llm.revision),
        )  # fmt: skip


def test_saving_the_same_again_writes_nothing(user: User) -> None:
    values: dict[str, Any] = {"provider": "google", "model_name": "m", "tags": ["a"], "label": "M"}
    llm = save_cloud_model(user, None, **values)

    with written() as trail:
        save_cloud_model(user, llm.slug, **values)

    assert trail == []
