"""POST /roles/{role}/resolve with `reveal`: the key, and what has to be written first."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction

from audit.models import LogEntry
from audit.sentences import sentence
from registry.choices import Scope
from registry.services.llms import save_llm
from registry.types import LLMChange, Secret
from roles.choices import Builtin
from tests.factories import API_KEY, make_user
from tests.registry.api.client import Api, code_of, with_session, with_token
from tests.roles.api.callers import allow, own_api, resolve_path, resolved
from tests.roles.factories import (
    fill,
    make_account,
    make_gemini,
    make_local,
    make_own,
    moved,
    provider_of,
)
from tests.trail import payload, written

pytestmark = pytest.mark.django_db
CHAT = resolve_path("chat")
REVEAL = {"reveal": True}
SECRETS = Scope.SECRETS_RESOLVE.value
SERVERS_KEY = "AIza-of-the-server-0123456789"


@pytest.fixture
def person(db: None) -> User:
    return allow(make_user("bo"), "registry.reveal_key")


@pytest.fixture
def api(person: User) -> Api:
    return own_api(person, SECRETS)


def test_the_key_comes_with_a_trail_entry_and_is_not_to_be_kept(person: User, api: Api) -> None:
    llm = make_local(person)
    fill(person, llm)

    with written() as events:
        answer = api.post(CHAT, REVEAL)

    assert answer.json()["api_key"] == API_KEY
    assert answer.headers["Cache-Control"] == "no-store"
    entry = events.only
    assert (entry.event, entry.actor_name, entry.application) == ("key_revealed", "bo", "tests")
    assert entry.object_pk == str(llm.connection_id)
    told = payload(entry)
    assert (told["role"], told["for_user"], told["model"]) == ("chat", "bo", llm.name)
    assert told["connection"] == str(llm.connection)


def test_no_piece_of_the_key_is_on_the_trail_or_in_the_log(
    person: User, api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    fill(person, make_local(person))
    caplog.set_level(logging.DEBUG)

    resolved(api, reveal=True)

    entry = LogEntry.objects.get(event="key_revealed")
    kept = json.dumps([entry.changes, entry.additional_data, entry.object_repr, sentence(entry)])
    for piece in (API_KEY[:8], API_KEY[-8:], API_KEY[4:12]):
        assert piece not in kept
        assert piece not in caplog.text
    assert sentence(entry).startswith("was given the key of the connection")


def test_without_reveal_no_key_and_no_entry(person: User, api: Api) -> None:
    fill(person, make_local(person))

    with written() as events:
        found = resolved(api, reveal=False)

    assert events == []
    assert API_KEY not in json.dumps(found)


def test_right_and_scope_are_both_needed(person: User) -> None:
    fill(person, make_local(person))
    scope_alone = own_api(person, SECRETS)
    person.user_permissions.clear()
    right_alone = own_api(allow(make_user("cy"), "registry.reveal_key"))

    with written() as events:
        for api in (scope_alone, right_alone):
            answer = api.post(CHAT, REVEAL)
            assert (answer.status_code, code_of(answer)) == (403, "permission_denied")
            assert API_KEY.encode() not in answer.content
    assert events == []


def test_a_session_of_right_may(person: User) -> None:
    fill(person, make_local(person))

    assert with_session(person).post(CHAT, REVEAL).json()["api_key"] == API_KEY


def test_for_another_user_both_are_on_the_trail(person: User) -> None:
    other = make_user("cy")
    fill(other, make_local(other))
    person = allow(person, "roles.resolve_for_user")
    api = with_token(person, SECRETS, Scope.ROLES_FOR_USER.value)

    with written() as events:
        found = resolved(api, reveal=True, user="cy")

    assert found["api_key"] == API_KEY
    assert (events.only.actor_name, payload(events.only)["for_user"]) == ("bo", "cy")


def _refusing(table: str) -> Any:
    def execute(run: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("INSERT") and table in sql:
            raise DatabaseError("disk full")
        return run(sql, params, many, context)

    return execute


def test_a_trail_that_cannot_be_written_is_503(person: User, api: Api) -> None:
    fill(person, make_local(person))

    with connection.execute_wrapper(_refusing(LogEntry._meta.db_table)):
        answer = api.post(CHAT, REVEAL)

    assert (answer.status_code, code_of(answer)) == (503, "trail_unavailable")
    assert API_KEY.encode() not in answer.content


@pytest.mark.django_db(transaction=True)
def test_inside_a_transaction_there_is_no_key(person: User, api: Api) -> None:
    fill(person, make_local(person))

    with transaction.atomic():
        answer = api.post(CHAT, REVEAL)

    assert (answer.status_code, code_of(answer)) == (503, "trail_unavailable")
    assert resolved(api, reveal=True)["api_key"] == API_KEY


def test_a_key_that_cannot_be_read_is_409(person: User, api: Api) -> None:
    llm = make_local(person)
    fill(person, llm)
    assert llm.connection is not None
    moved(llm.connection, origin="http://elsewhere.example:1")

    answer = api.post(CHAT, REVEAL)

    assert (answer.status_code, code_of(answer)) == (409, "credential_unreadable")
    assert not LogEntry.objects.filter(event="key_revealed").exists()


def test_where_there_is_no_key_it_is_null_and_nothing_is_written(person: User, api: Api) -> None:
    with written() as events:
        assert resolved(api, reveal=True)["api_key"] is None  # a command has none
        assert resolved(api, reveal=True, local_only=True)["api_key"] is None
    assert events == []


def test_the_61st_key_in_a_minute_is_refused(person: User, api: Api) -> None:
    for _number in range(60):
        assert api.post(CHAT, REVEAL).status_code == 200
    answer = api.post(CHAT, REVEAL)

    assert (answer.status_code, code_of(answer)) == (429, "throttled")
    assert int(answer.headers["Retry-After"]) <= 60
    assert api.post(CHAT, {}).status_code == 200, "only keys are counted"
    assert own_api(person, SECRETS).post(CHAT, REVEAL).status_code == 200, "by token"


def test_the_servers_key_comes_with_the_built_in(api: Api, settings: Any) -> None:
    settings.GEMINI_API_KEY = Secret(SERVERS_KEY)

    with written() as events:
        found = resolved(api, "research", reveal=True)

    assert (found["model"]["id"], found["api_key"]) == ("gemini_api", SERVERS_KEY)
    assert (events.only.event, events.only.object_pk) == ("key_revealed", "")
    assert payload(events.only)["connection"] is None


def test_the_users_own_google_account_comes_before_the_servers_key(
    person: User, api: Api, settings: Any
) -> None:
    settings.GEMINI_API_KEY = Secret(SERVERS_KEY)
    make_account(person, api_key="")
    account = make_account(person)
    fill(person, Builtin.GEMINI_API)

    found = resolved(api, reveal=True)

    assert (found["api_key"], found["model"]["connection"]) == (API_KEY, account.slug)
    assert found["model"]["has_key"] is True


def test_an_account_of_another_origin_lends_no_key_to_google(person: User, api: Api) -> None:
    make_account(person, api_url="https://gateway.example/v1")
    fill(person, Builtin.GEMINI_API)

    assert resolved(api, reveal=True)["api_key"] is None


def test_a_named_account_answers_for_itself_only(person: User, api: Api) -> None:
    make_account(person)
    named = make_account(person, api_key="AIza-second-0123456789abcdef")
    fill(person, make_gemini(person, named))

    assert resolved(api, reveal=True)["api_key"] == "AIza-second-0123456789abcdef"


def test_a_models_own_key_is_told_of_the_model(person: User, api: Api) -> None:
    llm = make_own(person, provider=provider_of("openai"))
    save_llm(llm, LLMChange(fields=frozenset(), api_key=Secret(API_KEY)))
    fill(person, llm)

    with written() as events:
        assert resolved(api, reveal=True)["api_key"] == API_KEY
    assert events.only.object_pk == str(llm.pk)


def test_repeats_under_one_idempotency_key_keep_no_key(person: User, api: Api) -> None:
    fill(person, make_local(person))

    for _time in range(2):
        api.post(CHAT, REVEAL, Idempotency_Key="same")

    assert LogEntry.objects.filter(event="key_revealed").count() == 2
