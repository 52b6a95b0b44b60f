"""Who may do what, and that nobody may what is not declared."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.models import LogEntry
from registry.models import Provider
from tests.factories import make_llm, make_user
from tests.registry.api.client import MODELS, Api, body_of_generation, code_of, with_token

TABLES = {
    "models": "llmmodel",
    "providers": "provider",
    "platforms": "platform",
    "connections": "connection",
    "knowledge-bases": "knowledgebase",
    "capabilities": "capability",
    "audit": "logentry",
}
VERBS = [("POST", "add"), ("PUT", "change"), ("PATCH", "change"), ("DELETE", "delete")]


class Forgotten(APIView):
    """A view whose author forgot to say who may call it."""

    def get(self, request: Any) -> Response:
        return Response({"secret": True})


@pytest.mark.django_db
def test_a_view_that_declares_nothing_is_closed_to_everyone() -> None:
    for user in (None, make_user(superuser=True)):
        request = RequestFactory().get("/")
        request.user = user or AnonymousUser()
        answer = Forgotten.as_view()(request)
        assert answer.status_code in (401, 403)


@pytest.mark.usefixtures("catalogue")
@pytest.mark.parametrize(("name", "table"), TABLES.items())
def test_a_list_needs_the_right_to_view_its_table(name: str, table: str) -> None:
    path = f"/api/v1/admin/{name}"
    others = [f"{other}.view" for other in TABLES.values() if other != table]

    statuses = {
        "user": with_token(make_user()).get(path).status_code,
        "staff": with_token(make_user(staff=True)).get(path).status_code,
        "other rights": with_token(make_user(staff=True, permissions=others)).get(path).status_code,
        "the right": with_token(make_user(staff=True, permissions=[f"{table}.view"]))
        .get(path)
        .status_code,
    }

    assert statuses == {"user": 403, "staff": 403, "other rights": 403, "the right": 200}


@pytest.mark.parametrize(("method", "right"), VERBS)
def test_each_verb_needs_its_own_right(openai: Provider, method: str, right: str) -> None:
    llm = make_llm(provider=openai)
    path = MODELS if method == "POST" else f"{MODELS}/{llm.pk}"
    body = body_of_generation() if method == "POST" else {"name": "x"}
    every = {"llmmodel.view", "llmmodel.add", "llmmodel.change", "llmmodel.delete"}
    without = make_user(staff=True, permissions=sorted(every - {f"llmmodel.{right}"}))
    only = make_user(staff=True, permissions=[f"llmmodel.{right}"])

    refused = with_token(without).call(method, path, body)
    allowed = with_token(only).call(method, path, body)

    assert (refused.status_code, code_of(refused)) == (403, "permission_denied")
    assert allowed.status_code in (200, 201, 204), allowed.content


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", "default"),
        ("POST", "default"),
        ("POST", "set-default"),
        ("PATCH", "status"),
        ("PATCH", "capabilities"),
    ],
)
def test_an_action_on_a_model_is_a_change_of_it(openai: Provider, method: str, path: str) -> None:
    bodies = {
        "status": {"status": "active"},
        "capabilities": {"operation": "remove", "capability": "vision"},
    }
    address = f"{MODELS}/{make_llm(provider=openai).pk}/{path}"
    adder = make_user(staff=True, permissions=["llmmodel.view", "llmmodel.add", "llmmodel.delete"])
    changer = make_user(staff=True, permissions=["llmmodel.change"])

    assert with_token(adder).call(method, address, bodies.get(path)).status_code == 403
    assert with_token(changer).call(method, address, bodies.get(path)).status_code == 200


@pytest.mark.usefixtures("catalogue")
def test_a_token_reaches_no_further_than_its_scopes(openai: Provider) -> None:
    admin = make_user(superuser=True)
    path = f"{MODELS}/{make_llm(provider=openai).pk}"

    statuses = {
        scope: (
            with_token(admin, scope).get(path).status_code,
            with_token(admin, scope).patch(path, {"name": "x"}).status_code,
        )
        for scope in ("catalogue:read", "admin:read", "admin:write")
    }
    refused = with_token(admin, "admin:read").patch(path, {"name": "x"})

    assert statuses == {
        "catalogue:read": (403, 403),
        "admin:read": (200, 403),
        "admin:write": (403, 200),
    }
    assert refused.json()["error"]["message"] == "This token lacks the scope admin:write."


@pytest.mark.usefixtures("catalogue")
def test_a_superuser_who_is_no_staff_member_has_no_access() -> None:
    user = make_user(superuser=True)
    caller = with_token(user)
    user.is_staff = False
    user.save()

    assert caller.get(MODELS).status_code == 403


def test_a_refusal_is_a_line_of_the_log_and_no_event(
    openai: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    user = make_user()
    path = f"{MODELS}/{make_llm(provider=openai).pk}"
    caller = with_token(user)
    events = LogEntry.objects.count()

    with caplog.at_level(logging.WARNING, "registry.access"):
        caller.delete(path)

    assert LogEntry.objects.count() == events
    lines = [record.getMessage() for record in caplog.records if record.name == "registry.access"]
    assert lines == [f"refused DELETE api/v1/admin/models/<str:model> to user {user.pk}"]


@pytest.mark.parametrize(
    ("group", "statuses"),
    [
        ("readers", {"read": 200, "write": 403, "trail": 403}),
        ("operators", {"read": 200, "write": 200, "trail": 200}),
        ("administrators", {"read": 200, "write": 200, "trail": 200}),
    ],
)
def test_the_groups_rights_hold_here(
    openai: Provider, group: str, statuses: dict[str, int]
) -> None:
    caller: Api = with_token(make_user(staff=True, groups=[group]))
    path = f"{MODELS}/{make_llm(provider=openai).pk}"

    found = {
        "read": caller.get(path).status_code,
        "write": caller.patch(path, {"name": "x"}).status_code,
        "trail": caller.get("/api/v1/admin/audit").status_code,
    }

    assert found == statuses
