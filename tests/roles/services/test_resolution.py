from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from registry.choices import Dialect, LLMStatus
from roles.choices import Builtin, Skipped, Slot, Source
from roles.services.resolution import Resolution, resolve
from tests.factories import API_KEY, make_llm, make_provider
from tests.roles.factories import (
    fill,
    make_account,
    make_claude,
    make_local,
    make_own,
    make_person,
    make_role,
)

pytestmark = pytest.mark.django_db


def key_of(found: Resolution) -> str:
    assert found.chosen is not None
    return found.chosen.key


def reasons(found: Resolution) -> list[str | None]:
    return [candidate.skipped and candidate.skipped.value for candidate in found.trace]


# The order
# ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("role", "key"),
    [
        ("chat", "claude_cli"),
        ("distill", "claude_cli"),
        ("coder", "claude_cli"),
        ("orchestrator", "gemini_api"),
        ("research", "gemini_api"),
        ("poet", "claude_cli"),
        ("embedding", "claude_cli"),
    ],
)
def test_with_nothing_chosen_the_roles_last_resort_answers(role: str, key: str) -> None:
    found = resolve(make_person(), role)

    assert key_of(found) == key
    assert (found.source, found.slot) == (Source.LAST_RESORT, "")
    assert len(found.trace) == 1


def test_slots_are_tried_in_their_order() -> None:
    user = make_person()
    first, second = make_claude(user), make_claude(user)
    fill(user, first, slot="backup_4")
    fill(user, second, slot="backup_2")

    found = resolve(user, "chat")

    assert key_of(found) == second.slug
    assert (found.source, found.slot) == (Source.USER, "backup_2")


def test_own_slots_come_before_the_organisations() -> None:
    user = make_person()
    own, shared = make_claude(user), make_llm()
    fill(None, shared, slot="primary")
    fill(user, own, slot="backup_4")

    assert key_of(resolve(user, "chat")) == own.slug
    other = resolve(make_person(), "chat")
    assert key_of(other) == shared.slug
    assert (other.source, other.slot) == (Source.ORGANISATION, "primary")


def test_the_organisations_slots_come_before_the_environment(settings: Settings) -> None:
    settings.ROLE_DEFAULTS = {"chat": "gemini_cli"}
    user = make_person()
    fill(None, make_llm(), slot="backup_1")

    assert resolve(user, "chat").source is Source.ORGANISATION


def test_the_environment_comes_before_the_last_resort(settings: Settings) -> None:
    settings.ROLE_DEFAULTS = {"orchestrator": "claude_cli", "poet": " Gemini_API "}
    user = make_person()

    found = resolve(user, "orchestrator")
    assert (key_of(found), found.source) == ("claude_cli", Source.ENVIRONMENT)
    assert key_of(resolve(user, "poet")) == "gemini_api"
    assert key_of(resolve(user, "chat")) == "claude_cli"


def test_a_hyphen_of_a_role_is_an_underscore_in_the_environment(settings: Settings) -> None:
    settings.ROLE_DEFAULTS = {"code_review_2": "gemini_cli"}

    assert key_of(resolve(make_person(), "code-review.2")) == "gemini_cli"


def test_an_environment_that_names_no_built_in_is_unknown_and_not_shown(
    settings: Settings,
) -> None:
    settings.ROLE_DEFAULTS = {"chat": "arn:aws:iam::1234:role/secret"}

    found = resolve(make_person(), "chat")

    assert reasons(found) == ["unknown", None]
    assert found.trace[0].name == "ROLE_CHAT"
    assert "arn" not in json.dumps(found.facts())


def test_an_added_role_ends_with_its_own_last_resort() -> None:
    make_role("poet", last_resort=Builtin.GEMINI_CLI)

    assert key_of(resolve(make_person(), "poet")) == "gemini_cli"


def test_the_organisations_own_view_has_nobodys_slots() -> None:
    user = make_person()
    fill(user, Builtin.GEMINI_CLI)
    fill(None, Builtin.GEMINI_API)

    assert key_of(resolve(None, "chat")) == "gemini_api"


def test_a_built_in_in_a_slot_wins_over_a_stored_model_of_its_name() -> None:
    user = make_person()
    make_local(user, slug="gemini_cli")
    fill(user, Builtin.GEMINI_CLI)

    found = resolve(user, "chat")

    assert found.chosen is not None
    assert found.chosen.is_builtin


# The trace
# ----------------------------------------------------------------------------
def test_the_trace_ends_at_the_answer_and_the_whole_one_does_not() -> None:
    user = make_person()
    fill(user, make_claude(user))
    fill(user, make_local(user, connection_ref="gone"), slot="backup_1")
    fill(None, Builtin.GEMINI_CLI)

    short, whole = resolve(user, "chat"), resolve(user, "chat", whole=True)

    assert [candidate.source.value for candidate in short.trace] == ["user"]
    assert [(candidate.source.value, candidate.slot) for candidate in whole.trace] == [
        ("user", "primary"),
        ("user", "backup_1"),
        ("organisation", "primary"),
        ("last_resort", ""),
        ("absolute", ""),
    ]
    assert key_of(short) == key_of(whole)
    assert reasons(whole) == [None, "connection_gone", None, None, None]


def test_the_facts_are_plain_and_without_a_key() -> None:
    user = make_person()
    llm = make_local(user)
    fill(user, make_local(user, connection_ref="gone", name="Lost"))
    fill(user, llm, slot="backup_1")

    facts = resolve(user, "chat").facts()

    assert facts["role"] == "chat"
    assert (facts["source"], facts["slot"]) == ("user", "backup_1")
    assert facts["model"]["id"] == llm.slug
    assert facts["trace"][0] == {
        "source": "user",
        "slot": "primary",
        "model": facts["trace"][0]["model"],
        "name": "Lost",
        "skipped": "connection_gone",
        "until": None,
    }
    assert API_KEY not in json.dumps(facts)


@pytest.mark.parametrize("role", ["", "my role", "Chat", "ä", "x" * 10_000, "nul\0"])
def test_what_cannot_be_a_roles_name_is_refused(role: str) -> None:
    with pytest.raises(ValidationError) as caught:
        resolve(make_person(), role)

    assert list(caught.value.message_dict) == ["role"]


@pytest.mark.parametrize("healthy_only", [False, True])
def test_the_queries_do_not_grow_with_the_slots(healthy_only: bool) -> None:
    user = make_person()
    counts = []
    for filled in (1, 5):
        for slot in Slot.values[:filled]:
            fill(user, make_local(user, connection_ref="gone", tags=["a", "b"]), slot=slot)
            fill(None, make_llm(status=LLMStatus.INACTIVE), slot=slot)
        with CaptureQueriesContext(database) as queries:
            resolve(user, "chat", healthy_only=healthy_only, whole=True)
        counts.append(len(queries))

    assert counts[0] == counts[1]
    assert counts[0] <= 3


def test_a_resolution_by_its_first_slot_is_two_queries() -> None:
    user = make_person()
    fill(user, make_local(user, tags=["code"]))

    with CaptureQueriesContext(database) as queries:
        resolve(user, "chat").facts()

    assert len(queries) == 2


def test_models_of_every_dialect_resolve() -> None:
    user = make_person()
    for dialect in Dialect.values:
        provider = make_provider(dialect=dialect)
        account = make_account(user, provider=provider, api_url="https://x.example")
        llm = make_own(user, account, provider=provider)
        fill(user, llm)

        found = resolve(user, "chat", now=datetime(2026, 11, 26, tzinfo=UTC))

        assert key_of(found) == llm.slug
        assert found.chosen is not None
        assert found.chosen.transport == dialect
        assert Skipped.UNKNOWN not in [candidate.skipped for candidate in found.trace]
