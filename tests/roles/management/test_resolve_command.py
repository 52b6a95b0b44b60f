from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from registry.choices import Health
from registry.models import LLMModel
from roles.choices import Builtin
from roles.services.slots import set_slot
from tests.factories import API_KEY, make_user
from tests.roles.factories import make_host, make_local

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    """Somebody whose chat has a model whose host is gone, one that is there, and a built-in."""
    user = make_user("alice")
    gone = make_local(user, slug="gone", name="Gone", connection_ref="h9")
    host = make_host(user, slug="h1", api_url="http://x.example")
    there = make_local(user, host, slug="there", name="There", model_id="llama3.1:8b")
    set_slot(user, "chat", "primary", gone)
    set_slot(user, "chat", "backup_1", there)
    set_slot(user, "chat", "backup_2", Builtin.GEMINI_CLI)
    return user


def printed(*arguments: str) -> str:
    out = io.StringIO()
    call_command("resolve_role", *arguments, stdout=out)
    return out.getvalue()


def refused(*arguments: str) -> tuple[str, str]:
    out = io.StringIO()
    with pytest.raises(CommandError) as error:
        call_command("resolve_role", *arguments, stdout=out)
    return out.getvalue(), str(error.value)


@pytest.mark.usefixtures("alice")
def test_one_line_says_what_answers_and_where_it_stands() -> None:
    assert printed("alice", "chat") == (
        "chat: there = llama3.1:8b (local_openai) at http://x.example [Own slot, backup_1]\n"
    )


@pytest.mark.usefixtures("alice")
def test_an_explanation_has_every_candidate_and_why_not() -> None:
    lines = printed("alice", "chat", "--explain").splitlines()

    assert lines[1].split() == ["tried", "source", "slot", "model", "result"]
    assert "Gone" in lines[2]
    assert "skipped: Its connection is gone" in lines[2]
    assert lines[3].endswith("chosen")
    assert lines[4].endswith("usable")
    assert len([line for line in lines if line.endswith("chosen")]) == 1


@pytest.mark.usefixtures("alice")
def test_json_is_the_whole_resolution_without_a_key() -> None:
    text = printed("alice", "chat", "--json")

    found: dict[str, Any] = json.loads(text)
    assert (found["role"], found["source"], found["slot"]) == ("chat", "user", "backup_1")
    assert found["model"]["id"] == "there"
    assert found["model"]["has_key"] is True
    assert [step["skipped"] for step in found["trace"]] == ["connection_gone", None]
    assert API_KEY not in text


def test_a_role_without_slots_answers_all_the_same() -> None:
    make_user("bob")

    assert "claude_cli" in printed("bob", "chat")
    assert "gemini_api" in printed("bob", "research")
    assert "claude_cli" in printed("bob", "never-heard-of")


def test_only_healthy_models_are_taken_on_demand(alice: User) -> None:
    down = LLMModel.objects.get(owner=alice, slug="there")
    down.health = Health.DOWN
    down.save()

    assert "there =" in printed("alice", "chat")
    assert "gemini_cli" in printed("alice", "chat", "--healthy-only")
    assert "skipped: Down" in printed("alice", "chat", "--healthy-only", "--explain")


def test_only_local_models_are_taken_on_demand(alice: User) -> None:
    set_slot(alice, "coder", "primary", Builtin.CLAUDE_CLI)

    assert "there" in printed("alice", "chat", "--local-only")
    assert "local_openai" in printed("alice", "coder", "--local-only")


def test_without_a_local_model_the_exit_code_says_so() -> None:
    make_user("bob")

    out, error = refused("bob", "chat", "--local-only", "--explain")

    assert "no local model answers for chat" in error
    assert "chosen" not in out


@pytest.mark.usefixtures("alice")
@pytest.mark.parametrize("role", ["", "Two Words", "ünï", "x" * 10_000, "../chat"])
def test_a_role_that_is_no_name_is_one_clear_line(role: str) -> None:
    out, error = refused("alice", role)

    assert out == ""
    assert error.startswith("role: ")
    assert len(error) < 200


def test_nobody_is_refused() -> None:
    assert refused("nobody", "chat")[1] == "there is no user named 'nobody'"
