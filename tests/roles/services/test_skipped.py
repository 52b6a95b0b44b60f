"""Why a candidate is not the answer."""

from __future__ import annotations

import json

import pytest

from registry.choices import LLMStatus
from registry.services.connections import remove_key
from roles.choices import Builtin
from roles.services.resolution import Resolution, resolve
from tests.factories import make_llm, make_provider
from tests.roles.factories import (
    fill,
    make_account,
    make_claude,
    make_gemini,
    make_host,
    make_local,
    make_login,
    make_own,
    make_person,
    moved,
)

pytestmark = pytest.mark.django_db


def key_of(found: Resolution) -> str:
    assert found.chosen is not None
    return found.chosen.key


def reasons(found: Resolution) -> list[str | None]:
    return [candidate.skipped and candidate.skipped.value for candidate in found.trace]


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (LLMStatus.ACTIVE, None),
        (LLMStatus.BETA, None),
        (LLMStatus.INACTIVE, "inactive"),
        (LLMStatus.DEPRECATED, "deprecated"),
    ],
)
def test_active_and_beta_models_answer(status: str, reason: str | None) -> None:
    user = make_person()
    fill(user, make_claude(user, status=status))

    assert reasons(resolve(user, "chat"))[0] == reason


def test_a_model_whose_host_is_gone_is_skipped() -> None:
    user = make_person()
    backup = make_claude(user)
    fill(user, make_local(user, connection_ref="nohost"))
    fill(user, backup, slot="backup_1")

    found = resolve(user, "chat")

    assert reasons(found) == ["connection_gone", None]
    assert key_of(found) == backup.slug


def test_a_model_whose_account_is_gone_is_skipped_and_one_that_never_had_one_is_not() -> None:
    user = make_person()
    fill(user, make_gemini(user, connection_ref="a9"))
    fill(user, make_gemini(user), slot="backup_1")

    assert reasons(resolve(user, "chat")) == ["connection_gone", None]


def test_a_local_model_that_never_had_a_host_is_skipped() -> None:
    user = make_person()
    llm = make_local(user, connection_ref="x")
    moved(llm, connection_ref="")
    fill(user, llm)

    assert reasons(resolve(user, "chat")) == ["connection_gone", None]


def test_a_model_of_an_unknown_kind_resolves_as_it_is() -> None:
    user = make_person()
    llm = make_own(user, provider=make_provider(direct_api_url=""), transport="other")
    fill(user, llm)

    found = resolve(user, "chat")

    assert found.chosen is not None
    assert found.chosen.transport == "other"


def test_an_account_without_its_key_is_skipped() -> None:
    user = make_person()
    account = make_account(user)
    fill(user, make_gemini(user, account))
    assert reasons(resolve(user, "chat")) == [None]

    remove_key(account)

    assert reasons(resolve(user, "chat")) == ["needs_key", None]


def test_a_host_needs_no_key_and_a_login_neither() -> None:
    user = make_person()
    fill(user, make_local(user, make_host(user, api_key="")))
    assert reasons(resolve(user, "chat")) == [None]

    fill(user, make_claude(user, make_login(user)))
    assert reasons(resolve(user, "chat")) == [None]


def test_an_address_that_only_the_application_can_reach_resolves() -> None:
    """Ours is not the network that calls it: a private address is only never dialled from here."""
    user = make_person()
    fill(user, make_local(user, make_host(user, api_url="http://10.0.0.5:3000")))

    assert reasons(resolve(user, "chat")) == [None]


def test_the_built_in_gemini_api_is_there_without_a_key() -> None:
    user = make_person()
    fill(user, Builtin.GEMINI_API)

    assert key_of(resolve(user, "chat", healthy_only=True)) == "gemini_api"


def test_a_model_that_became_somebody_elses_is_skipped_and_not_told() -> None:
    user, other = make_person(), make_person()
    llm = make_local(user, name="Private Llama", slug="private-llama")
    fill(user, llm)
    moved(llm, owner=other)

    found = resolve(user, "chat")

    assert reasons(found) == ["not_visible", None]
    assert "rivate" not in json.dumps(found.facts())
    assert found.trace[0].configuration is None


def test_a_shared_model_that_became_a_users_own_is_in_no_slot_of_the_organisation() -> None:
    user = make_person()
    llm = make_llm()
    fill(None, llm)
    moved(llm, owner=user)

    assert reasons(resolve(user, "chat")) == ["not_visible", None]


def test_a_connection_that_became_somebody_elses_is_gone_and_its_address_not_told() -> None:
    user, other = make_person(), make_person()
    host = make_host(user, api_url="http://private.example:3000")
    fill(user, make_local(user, host))
    moved(host, owner=other)

    found = resolve(user, "chat", whole=True)

    assert reasons(found)[0] == "connection_gone"
    told = found.trace[0].configuration
    assert told is not None
    assert (told.api_url, told.connection, told.has_key) == ("", None, False)
