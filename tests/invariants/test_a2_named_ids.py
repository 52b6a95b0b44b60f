"""A2: an id of somebody else's inside a body, a query or a form is as good as nobody's."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from registry.choices import Scope
from registry.models import LLMModel
from tests.factories import make_client, make_knowledge_base, make_llm, make_token, make_user
from tests.invariants.isolation import (
    NO_ID,
    NO_NAME,
    Answer,
    Owner,
    ask,
    checksum,
    make_owner,
    with_session,
    with_token,
    without,
)
from tests.registry.api.access import undone

pytestmark = [pytest.mark.django_db, pytest.mark.invariant("A2")]

MY = "/api/v1/my"
ADMIN = "/api/v1/admin"


@pytest.fixture
def first(settings: Settings) -> Owner:
    settings.REGISTRY_READS_PER_MINUTE = 0
    make_client("agent", "held")
    make_llm(name="Shared", model_id="shared", slug="shared")
    make_knowledge_base("Docs")
    return make_owner("zanna")


@pytest.fixture
def second(first: Owner) -> Owner:
    return make_owner("bruno")


def llm_requests(llm: str, second: Owner) -> list[tuple[str, str, Any]]:
    """Return the requests that name a model otherwise than by its address."""
    mine = second.llms[0]
    return [
        ("PUT", "/api/v1/roles/chat/primary", {"model": llm}),
        ("PUT", "/api/v1/roles/chat/backup_4?scope=organisation", {"model": llm}),
        ("POST", "/api/v1/cost", {"model": llm, "prompt_tokens": 1, "output_tokens": 1}),
        ("POST", "/api/show", {"model": llm}),
        ("POST", "/api/v1/recommend", {"model": llm}),
        ("GET", f"/api/v1/pricing?models={llm}", None),
        ("GET", f"/api/v1/search?q={llm}", None),
        ("GET", f"/api/v1/models?q={llm}", None),
        ("GET", f"/api/v1/models?replacement={llm}", None),
        ("GET", f"{ADMIN}/prices?model={llm}", None),
        ("GET", f"{ADMIN}/tests?model={llm}", None),
        ("GET", f"{ADMIN}/models?replacement={llm}", None),
        ("GET", f"{ADMIN}/knowledge-bases?model={llm}", None),
        ("POST", f"{ADMIN}/prices", {"model": llm, "unit": "input", "usd": "1"}),
        ("POST", f"{ADMIN}/routes", {"model": llm, "platform": "hub"}),
        ("PATCH", f"{ADMIN}/models/shared", {"replacement": llm}),
        ("PATCH", f"{ADMIN}/knowledge-bases/docs", {"generation_model": llm}),
        ("DELETE", f"{ADMIN}/models/shared?reassign_to={llm}", None),
        ("PATCH", f"{MY}/models/{mine.pk}", {"replacement": llm}),
        ("DELETE", f"{MY}/models/{mine.pk}?reassign_to={llm}", None),
        ("PUT", f"/api/v1/clients/agent/models/{llm}/quota", {}),
    ]


def connection_requests(connection: str, second: Owner) -> list[tuple[str, str, Any]]:
    """Return the requests that name a connection otherwise than by its address."""
    mine = second.llms[0]
    new = {"type": "generation", "provider": "openai", "name": "N", "model_id": "n"}
    return [
        ("POST", f"{MY}/models", {"provider": "local", "model_id": "n", "connection": connection}),
        ("PATCH", f"{MY}/models/{mine.pk}", {"connection": connection}),
        ("PUT", f"{MY}/models/{second.llms[1].slug}", {"connection": connection}),
        ("POST", f"{ADMIN}/models", new | {"connection": connection}),
        ("PATCH", f"{ADMIN}/models/shared", {"connection": connection}),
        ("POST", f"{ADMIN}/models/test", new | {"connection": connection}),
        ("GET", f"{ADMIN}/models?connection={connection}", None),
        ("GET", f"{ADMIN}/tests?connection={connection}", None),
        ("GET", f"{MY}/models?connection={connection}", None),
        ("GET", f"{MY}/connections?q={connection}", None),
    ]


def staff() -> Client:
    _token, text = make_token(make_user("carla", superuser=True), scopes=tuple(Scope.values))
    return with_token(text)


@pytest.mark.parametrize("actor", ["second", "staff"])
def test_an_id_in_a_body_or_a_query_is_nobodys(
    actor: str, first: Owner, second: Owner, figure: Callable[..., None]
) -> None:
    client = with_token(second.token_text) if actor == "second" else staff()
    before, asked, telling = checksum(first), 0, []
    llm, host = first.llms[0], first.connections[0]
    triples = [
        *((llm_requests, text) for text in (str(llm.pk), str(llm.slug), str(llm.model_id))),
        *((connection_requests, text) for text in (str(host.pk), str(host.slug), host.label)),
    ]

    for requests, name in triples:
        missing = str(NO_ID) if "-" in name and len(name) == 36 else name.replace("zanna", NO_NAME)
        pairs = zip(requests(name, second), requests(missing, second), strict=True)
        for (verb, path, body), (_verb, other_path, other_body) in pairs:
            found = without(once(client, verb, path, body), name)
            nobody = without(once(client, verb, other_path, other_body), missing)
            asked += 1
            if found != nobody or first.seen_in(found.content):
                telling.append((verb, path, found, nobody))

    assert telling == []
    assert checksum(first) == before
    figure(actor=actor, requests=asked, told=len(telling))


def once(client: Client, verb: str, path: str, body: Any) -> Answer:
    with undone(client):
        return ask(client, verb, path, b"" if body is None else json.dumps(body).encode())


def test_anothers_catalogue_addition_is_not_there_to_be_removed(
    first: Owner, second: Owner
) -> None:
    before = checksum(first)

    for client in (with_token(second.token_text), staff()):
        path = f"{MY}/catalog/google?model={first.entry.model_id}"
        assert ask(client, "DELETE", path).status == 404

    assert checksum(first) == before


def test_actions_of_the_models_list_do_not_reach_it(
    first: Owner, figure: Callable[..., None]
) -> None:
    """A superuser forges the list's forms with the ids of somebody's own models."""
    client, before = with_session(make_user("carla", superuser=True)), checksum(first)
    page = reverse("admin:registry_llmmodel_changelist")
    ids = [str(llm.pk) for llm in first.llms]
    actions = ("delete_selected", "activate", "deactivate", "test_connections", "export_csv")
    asked = 0

    for action in actions:
        for more in ({}, {"post": "yes"}, {"select_across": "1"}):
            if more.get("select_across") and action == "delete_selected":
                continue
            sent = {"action": action, "_selected_action": ids, **more}
            with undone(client):
                answer = client.post(page, sent)
                assert checksum(first) == before, action
            # The page that asks again repeats the ids that were sent, and knows no name of them.
            assert first.name.encode() not in answer.content, action
            asked += 1

    assert LLMModel.objects.filter(owner=first.user).count() == len(ids)
    figure(actor="superuser", actions=asked, changed=0)


def test_a_form_takes_no_connection_of_somebody_elses(first: Owner, second: Owner) -> None:
    client, before = with_session(second.user), checksum(first)
    page = reverse("my:model", args=[second.llms[0].pk])
    host = first.connections[0]

    for name in ("host", "connection", "account"):
        sent = {"model_name": "n", "label": "l", name: str(host.pk)}
        answer = client.post(page, sent)
        assert first.name.encode() not in answer.content

    assert LLMModel.objects.get(pk=second.llms[0].pk).connection == second.connections[0]
    assert checksum(first) == before
