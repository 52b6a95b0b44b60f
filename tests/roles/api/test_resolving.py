"""POST /roles/{role}/resolve without a key."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from registry.choices import LLMStatus, Scope
from registry.models import LLMUse
from roles.choices import Builtin
from tests.factories import make_user
from tests.registry.api.client import Api, code_of, fields_of, with_session, with_token
from tests.roles.api.callers import allow, own_api, resolve_path, resolved
from tests.roles.factories import fill, make_local, moved

pytestmark = pytest.mark.django_db
CHAT = resolve_path("chat")
FOR_OTHERS = Scope.ROLES_FOR_USER.value


@pytest.fixture
def person() -> User:
    return make_user("bo")


def test_without_slots_the_last_resort_answers_and_says_so(person: User) -> None:
    found = resolved(own_api(person))

    assert found["role"] == "chat"
    assert (found["source"], found["slot"]) == ("last_resort", None)
    assert found["model"]["id"] == Builtin.CLAUDE_CLI
    assert "api_key" not in found
    assert "api_key" not in found["model"]


def test_the_trace_names_what_was_passed_over_and_why(person: User) -> None:
    off = make_local(person, slug="off", status=LLMStatus.INACTIVE)
    on = make_local(person, slug="on")
    fill(person, off)
    fill(person, on, slot="backup_2")

    found = resolved(own_api(person))

    assert (found["source"], found["slot"]) == ("user", "backup_2")
    assert found["model"]["uuid"] == str(on.pk)
    told = [(one["slot"], one["model"], one["skipped"]) for one in found["trace"]]
    assert told == [("primary", "off", "inactive"), ("backup_2", "on", None)]
    assert found["model"]["has_key"] is True


def test_a_change_is_seen_by_the_next_request(person: User) -> None:
    api = own_api(person)
    before = resolved(api)
    fill(person, make_local(person, slug="mine"))

    assert before["model"]["id"] == "claude_cli"
    assert resolved(api)["model"]["id"] == "mine"


def test_a_prepared_answer_costs_two_queries_with_a_token(
    person: User, django_assert_num_queries: Any
) -> None:
    api = own_api(person)
    fill(person, make_local(person))
    resolved(api)

    with django_assert_num_queries(2):  # the token, the revision
        api.post(CHAT)


def test_local_only_never_goes_to_a_provider(person: User) -> None:
    fill(person, Builtin.GEMINI_API)
    api = own_api(person)

    assert resolved(api, local_only=True)["model"] is None
    llm = make_local(person)
    assert resolved(api, local_only=True)["model"]["uuid"] == str(llm.pk)


def test_healthy_only_passes_over_what_is_down(person: User) -> None:
    llm = make_local(person)
    fill(person, llm)
    moved(llm, health="down")

    found = resolved(own_api(person), healthy_only=True)

    assert found["trace"][0]["skipped"] == "down"
    assert found["model"]["id"] == "claude_cli"


def test_any_session_may_ask_if_the_page_is_ours(person: User) -> None:
    assert with_session(person).post(CHAT, {}).status_code == 200
    foreign = with_session(person, enforce_csrf_checks=True).post(CHAT, {})
    assert (foreign.status_code, code_of(foreign)) == (403, "permission_denied")


def test_without_a_login_there_is_no_answer() -> None:
    for api in (Api(), Api(Authorization="Bearer reg_wrong")):
        answer = api.post(CHAT, {})
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_needs_the_scope(person: User) -> None:
    answer = with_token(person, "catalogue:read").post(CHAT, {})

    assert (answer.status_code, code_of(answer)) == (403, "permission_denied")
    assert "roles:read" in answer.json()["error"]["message"]


def test_only_post_and_options(person: User) -> None:
    api = own_api(person)

    for verb in ("GET", "PUT", "PATCH", "DELETE"):
        answer = api.call(verb, CHAT)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST, OPTIONS")
    assert api.call("OPTIONS", CHAT).headers["Allow"] == "POST, OPTIONS"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"reveal": "yes"}, "reveal"),
        ({"healthy_only": 1}, "healthy_only"),
        ({"local_only": None}, "local_only"),
        ({"helthy_only": True}, "helthy_only"),
        ({"user": []}, "user"),
        ({"user": " "}, "user"),
        ({"user": True}, "user"),
    ],
)
def test_a_wrong_body_is_told_by_field(person: User, body: dict[str, Any], field: str) -> None:
    answer = own_api(person).post(CHAT, body)

    assert (answer.status_code, fields_of(answer)) == (400, {field})


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"[]", {}, 400),
        (b"{", {}, 400),
        (b'{"reveal": NaN}', {}, 400),
        (b"reveal=1", {"content_type": "application/x-www-form-urlencoded"}, 415),
        (b"{}", {"content_type": "text/plain"}, 415),
        (b"[" * 5000, {}, 400),
        (b" " * 20_000_000, {}, 413),
    ],
)
def test_what_is_no_json_object_is_refused(
    person: User, body: bytes, headers: dict[str, str], status: int
) -> None:
    answer = own_api(person).call("POST", CHAT, body, **headers)

    assert answer.status_code == status, answer.content
    assert "error" in answer.json()


def test_an_unknown_parameter_is_refused(person: User) -> None:
    answer = own_api(person).post(f"{CHAT}?explain=1", {})

    assert (answer.status_code, fields_of(answer)) == (400, {"explain"})


@pytest.mark.parametrize(
    "name", ["a%20b", "%C3%BCber", "%F0%9F%98%80", "Chat", "x" * 65, "x" * 10_000, "-x", "%00", "."]
)
def test_what_cannot_be_a_role_is_told_so(person: User, name: str) -> None:
    answer = own_api(person).post(resolve_path(name), {})

    assert (answer.status_code, fields_of(answer)) == (400, {"role"})


def test_a_name_that_nobody_defined_resolves_all_the_same(person: User) -> None:
    assert resolved(own_api(person), "some-new_role.2")["model"]["id"] == "claude_cli"


def test_an_application_of_right_asks_for_another_user(person: User) -> None:
    other = make_user("cy")
    llm = make_local(other)
    fill(other, llm)
    api = with_token(allow(person, "roles.resolve_for_user"), FOR_OTHERS)

    for name in ("cy", other.pk):
        assert resolved(api, user=name)["model"]["uuid"] == str(llm.pk)


def test_text_is_a_name_and_never_an_id(person: User) -> None:
    other = make_user("cy")
    api = with_token(allow(person, "roles.resolve_for_user"), FOR_OTHERS)

    assert api.post(CHAT, {"user": str(other.pk)}).status_code == 404


@pytest.mark.parametrize("name", ["nobody", "x" * 10_000, "CY", 0, -1, 10**9, 10**30, "off"])
def test_an_unknown_user_is_not_found(person: User, name: Any) -> None:
    make_user("cy")
    moved_user = make_user("off")
    moved_user.is_active = False
    moved_user.save()
    api = with_token(allow(person, "roles.resolve_for_user"), FOR_OTHERS)

    assert api.post(CHAT, {"user": name}).status_code == 404


@pytest.mark.parametrize("name", ["cy", "nobody"])
def test_without_right_or_scope_nobody_learns_who_there_is(person: User, name: str) -> None:
    make_user("cy")
    without_right = own_api(allow(person, "roles.resolve_for_user"), FOR_OTHERS)
    person.user_permissions.clear()
    without_scope = own_api(allow(make_user("di"), "roles.resolve_for_user"))

    for api in (without_right, without_scope):
        assert api.post(CHAT, {"user": name}).status_code == 403


def test_application_and_user_are_noted_for_the_model(person: User) -> None:
    other = make_user("cy")
    llm = make_local(other)
    fill(other, llm)
    api = with_token(allow(person, "roles.resolve_for_user"), FOR_OTHERS)

    resolved(api, user="cy")

    use = LLMUse.objects.get()
    assert (use.llm_id, use.user_id, use.role) == (llm.pk, other.pk, "chat")
    assert use.application
