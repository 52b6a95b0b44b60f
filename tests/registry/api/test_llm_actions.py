"""Models: what has an address of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from audit.models import LogEntry
from registry.models import LLMModel, Provider
from registry.services import llm_uses
from tests.factories import make_knowledge_base, make_llm, make_user
from tests.registry.api.client import MODELS, Api, code_of, fields_of, with_token

DEFAULTS = [("PATCH", "default"), ("POST", "default"), ("POST", "set-default")]


@pytest.mark.parametrize(("method", "name"), DEFAULTS)
def test_a_model_becomes_the_default_and_the_old_one_steps_down(
    api: Api, openai: Provider, method: str, name: str
) -> None:
    old = make_llm(provider=openai, is_default=True)
    new = make_llm(provider=openai)

    answer = api.call(method, f"{MODELS}/{new.pk}/{name}")

    old.refresh_from_db()
    assert answer.status_code == 200
    assert answer.json()["is_default"] is True
    assert not old.is_default


@pytest.mark.parametrize(("method", "name"), DEFAULTS)
def test_making_the_default_the_default_again_changes_nothing(
    api: Api, openai: Provider, method: str, name: str
) -> None:
    llm = make_llm(provider=openai, is_default=True)

    answer = api.call(method, f"{MODELS}/{llm.pk}/{name}")

    assert answer.status_code == 200
    assert answer.json()["revision"] == llm.revision


def test_only_an_active_model_becomes_the_default(api: Api, openai: Provider) -> None:
    llm = make_llm(provider=openai, status="inactive")

    answer = api.patch(f"{MODELS}/{llm.pk}/default")

    assert answer.status_code == 409
    assert code_of(answer) == "not_active"


def test_making_a_default_takes_no_fields(api: Api, openai: Provider) -> None:
    llm = make_llm(provider=openai)

    answer = api.patch(f"{MODELS}/{llm.pk}/default", {"name": "x"})

    assert answer.status_code == 400
    assert fields_of(answer) == {"name"}


def test_a_status_comes_with_what_callers_should_know(api: Api, openai: Provider) -> None:
    llm = make_llm(provider=openai)
    other = make_llm(provider=openai)

    answer = api.patch(
        f"{MODELS}/{llm.pk}/status",
        {
            "status": "deprecated",
            "deprecation_date": "2024-12-31",
            "migration_guide": "Use the other one.",
            "replacement": other.slug,
        },
    )

    shown = answer.json()
    assert answer.status_code == 200
    assert shown["status"] == "deprecated"
    assert shown["deprecation_date"] == "2024-12-31"
    assert shown["migration_guide"] == "Use the other one."
    assert shown["replacement"] == str(other.pk)


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "status"), ({"status": "gone"}, "status"), ({"status": "beta", "name": "x"}, "name")],
)
def test_a_status_is_one_of_four(
    api: Api, openai: Provider, body: dict[str, Any], field: str
) -> None:
    answer = api.patch(f"{MODELS}/{make_llm(provider=openai).pk}/status", body)

    assert answer.status_code == 400
    assert fields_of(answer) == {field}


def test_a_default_leaves_active_only_when_it_gives_that_up(api: Api, openai: Provider) -> None:
    path = f"{MODELS}/{make_llm(provider=openai, is_default=True).pk}/status"

    refused = api.patch(path, {"status": "inactive"})
    done = api.patch(path, {"status": "inactive", "is_default": False})

    assert (refused.status_code, code_of(refused)) == (409, "is_default")
    assert done.status_code == 200
    assert done.json()["is_default"] is False


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ({"operation": "add", "capability": "vision"}, {"tools": True, "vision": True}),
        ({"operation": "remove", "capability": "tools"}, {}),
        (
            {"operation": "set", "capability": "tools", "value": False},
            {"tools": False},
        ),
        ({"operation": "set", "capability": "tools", "value": None}, {}),
    ],
)
def test_one_capability_changes_and_the_others_stay(
    api: Api, openai: Provider, operation: dict[str, Any], expected: dict[str, bool]
) -> None:
    llm = make_llm(provider=openai)
    api.patch(f"{MODELS}/{llm.pk}", {"capabilities": {"tools": True}})

    answer = api.patch(f"{MODELS}/{llm.pk}/capabilities", operation)

    assert answer.status_code == 200
    assert answer.json()["capabilities"] == expected


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"operation": "explode", "capability": "vision"}, {"operation"}),
        ({"operation": "add", "capability": "flight"}, {"capabilities"}),
        ({"operation": "set", "capability": "vision"}, {"value"}),
        ({"operation": "set", "capability": "vision", "value": 1}, {"value"}),
        ({}, {"operation", "capability"}),
    ],
)
def test_an_operation_that_means_nothing_is_refused(
    api: Api, openai: Provider, body: dict[str, Any], fields: set[str]
) -> None:
    answer = api.patch(f"{MODELS}/{make_llm(provider=openai).pk}/capabilities", body)

    assert answer.status_code == 400
    assert fields_of(answer) == fields


def test_dependents_are_named(api: Api, openai: Provider) -> None:
    llm = make_llm("embedding", provider=openai)
    make_knowledge_base("Docs", embedding_model=llm)
    make_knowledge_base("Old", embedding_model=llm, status="archived")

    answer = api.get(f"{MODELS}/{llm.pk}/dependents")

    assert answer.json() == {
        "knowledge_bases": ["Docs", "Old"],
        "is_default": False,
        "routes": [],
        "roles": [],
        "role_count": 0,
        "applications": [],
        "blocks": True,
    }


def test_applications_are_named_with_their_last_use(api: Api, openai: Provider) -> None:
    llm = make_llm(provider=openai)
    moment = datetime(2026, 11, 26, 12, tzinfo=UTC)
    llm_uses.note(llm, "crawler", "chat", make_user("anna"), now=moment)

    (use,) = api.get(f"{MODELS}/{llm.pk}/dependents").json()["applications"]

    assert use == {
        "application": "crawler",
        "role": "chat",
        "user": "anna",
        "last_used_at": "2026-11-26T12:00:00Z",
    }


def test_the_history_is_the_models_own_newest_first(api: Api, openai: Provider) -> None:
    llm = make_llm(provider=openai, name="One")
    make_llm(provider=openai)
    api.patch(f"{MODELS}/{llm.pk}", {"name": "Two"})

    answer = api.get(f"{MODELS}/{llm.pk}/history?page_size=1")

    newest = answer.json()["results"][0]
    assert answer.json()["count"] == 2
    assert newest["event"] == "model_updated"
    assert newest["changes"] == {"name": ["One", "Two"]}
    assert newest["actor"] == "ada"
    assert newest["source"] == "api"
    assert newest["object"] == {"type": "model", "id": str(llm.pk), "name": "Two"}


@pytest.mark.parametrize("target", ["nobody", "{self}", "{inactive}"])
def test_only_a_fitting_model_takes_over(api: Api, openai: Provider, target: str) -> None:
    llm = make_llm(provider=openai, is_default=True)
    inactive = make_llm(provider=openai, status="inactive")
    named = target.format(self=llm.pk, inactive=inactive.pk) if "{" in target else target

    answer = api.delete(f"{MODELS}/{llm.pk}?reassign_to={named}")

    assert answer.status_code == 400
    assert fields_of(answer) == {"reassign_to"}
    assert LLMModel.objects.filter(pk=llm.pk).exists()


def test_vectors_of_other_lengths_do_not_take_over(api: Api, openai: Provider) -> None:
    llm = make_llm("embedding", provider=openai, dimensions=1536)
    other = make_llm("embedding", provider=openai, dimensions=768)
    make_knowledge_base(embedding_model=llm)

    answer = api.delete(f"{MODELS}/{llm.pk}?reassign_to={other.pk}")

    assert (answer.status_code, code_of(answer)) == (409, "does_not_fit")


def test_dimensions_under_a_knowledge_base_change_only_when_confirmed(
    api: Api, openai: Provider
) -> None:
    llm = make_llm("embedding", provider=openai, dimensions=1536)
    make_knowledge_base("Docs", embedding_model=llm)
    path, body = f"{MODELS}/{llm.pk}", {"config": {"dimensions": 768}}

    refused = api.patch(path, body)
    mistyped = api.patch(f"{path}?confirm=yes", body)
    done = api.patch(f"{path}?confirm=dimensions", body)

    assert (refused.status_code, code_of(refused)) == (409, "in_use")
    assert refused.json()["error"]["knowledge_bases"] == ["Docs"]
    assert fields_of(mistyped) == {"confirm"}
    assert done.json()["config"]["dimensions"] == 768


def test_moving_needs_the_right_to_what_moves(catalogue: None, openai: Provider) -> None:
    deleter = make_user(staff=True, permissions=("llmmodel.view", "llmmodel.delete"))
    api = with_token(deleter)
    llm, other = make_llm(provider=openai), make_llm(provider=openai)

    refused = api.delete(f"{MODELS}/{llm.pk}?reassign_to={other.pk}")
    plain = api.delete(f"{MODELS}/{llm.pk}")

    assert (refused.status_code, code_of(refused)) == (403, "permission_denied")
    assert plain.status_code == 204


def test_the_trail_says_who_made_the_default_and_which_stepped_down(
    api: Api, openai: Provider
) -> None:
    make_llm(provider=openai, name="Old", is_default=True)
    new = make_llm(provider=openai)

    api.patch(f"{MODELS}/{new.pk}/default")

    entry = LogEntry.objects.get(event="model_set_default")
    assert entry.additional_data["previous_default"] == "Old"
    assert (entry.actor_name, entry.application) == ("ada", "tests")
