from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from registry.admin.overview_findings import NAMED
from registry.choices import LLMType
from registry.services import clients, workers
from registry.services.defaults import set_default
from registry.types import LLMChange
from tests.cases.pages import Node
from tests.factories import (
    make_client,
    make_connection,
    make_llm,
    make_provider,
    make_token,
    make_user,
)
from tests.registry.admin.visitor import Visitor

pytestmark = pytest.mark.django_db
UNCONNECTED = LLMChange(needs_connection=False)


def ticks(visitor: Visitor) -> dict[str, bool]:
    return {step.title: step.is_done for step in visitor.get("index").context["steps"]}


def links(page: Node) -> list[str]:
    return [node.get("href") for node in page.find("a")]


def findings(visitor: Visitor) -> dict[str, Any]:
    return {found.title: found for found in visitor.get("index").context["findings"]}


def test_the_first_visit_is_a_checklist() -> None:
    visitor = Visitor()

    page = visitor.node("index")

    assert ticks(visitor) == {
        "Change your password": True,
        "Add a provider's key": False,
        "Add models": False,
        "Choose the default embedding model": False,
        "Choose the default generation model": False,
        "Create an application token": False,
        "A worker answers": False,
    }
    assert "1 of 7 done" in page.text()
    assert "To do" in page.text()
    for link in visitor.get("index").context["steps"]:
        assert link.link in links(page)
        assert visitor.client.get(link.link).status_code == 200


def test_ticks_follow_what_is_done() -> None:
    visitor = Visitor()
    make_connection()
    assert ticks(visitor)["Add a provider's key"]
    assert not ticks(visitor)["Add models"]

    embedding = make_llm(LLMType.EMBEDDING)
    assert ticks(visitor)["Add models"]
    assert not ticks(visitor)["Choose the default embedding model"]

    set_default(embedding)
    assert ticks(visitor)["Choose the default embedding model"]
    assert not ticks(visitor)["Choose the default generation model"]

    make_token(visitor.user)
    assert ticks(visitor)["Create an application token"]
    assert not ticks(visitor)["A worker answers"]

    workers.sweep()
    assert ticks(visitor)["A worker answers"]


def test_once_all_is_done_the_checklist_goes() -> None:
    visitor = Visitor()
    set_default(make_llm(LLMType.EMBEDDING))
    set_default(make_llm(LLMType.GENERATION))
    make_token(visitor.user)

    assert visitor.get("index").context["steps"] == []
    assert "First steps" not in visitor.text("index")


def test_a_worker_that_is_lost_after_the_start_is_a_finding() -> None:
    visitor = Visitor()
    set_default(make_llm(LLMType.EMBEDDING))
    set_default(make_llm(LLMType.GENERATION))
    make_token(visitor.user)

    assert "manage.py worker --beat" in findings(visitor)["No worker answers"].advice

    workers.sweep()
    assert findings(visitor) == {}


def test_what_needs_a_person_is_a_link_to_where_he_acts() -> None:
    visitor = Visitor()
    shared = make_connection(label="Main account", api_key="")
    private = make_llm(name="Own key", api_key="sk-x")
    assert private.connection is not None
    lonely = make_llm(name="Lonely", change=UNCONNECTED)
    leaving = make_llm(name="Leaving", deprecation_date=timezone.localdate() + timedelta(days=30))

    page = visitor.node("index")

    assert set(findings(visitor)) == {
        "Needs key",
        "Active without a connection",
        "Retiring soon",
    }
    expected = [
        reverse("admin:lifecycle"),
        reverse("admin:registry_connection_change", args=(shared.pk,)),
        reverse("admin:registry_llmmodel_change", args=(lonely.pk,)),
        reverse("admin:registry_llmmodel_change", args=(leaving.pk,)),
    ]
    for link in expected:
        assert link in links(page)
        assert visitor.client.get(link).status_code == 200
    assert str(leaving.deprecation_date) in page.text()


def test_a_private_connection_leads_to_its_model() -> None:
    visitor = Visitor()
    llm = make_llm()
    assert llm.connection is not None
    llm.connection.api_key, llm.connection.state = None, "needs_key"
    llm.connection.save()

    rows = findings(visitor)["Needs key"].rows

    assert rows[0].link == reverse("admin:registry_llmmodel_change", args=(llm.pk,))


def test_long_findings_name_some_and_count_the_rest() -> None:
    visitor = Visitor()
    for _ in range(NAMED + 3):
        make_llm(change=UNCONNECTED)

    found = findings(visitor)["Active without a connection"]

    assert (len(found.rows), found.more) == (NAMED, 3)
    assert "and 3 more" in visitor.text("index")


def test_counts_lead_to_their_models() -> None:
    visitor = Visitor()
    make_llm(LLMType.EMBEDDING)
    make_llm(LLMType.GENERATION, status="beta")

    page = visitor.node("index")

    models = reverse("admin:registry_llmmodel_changelist")
    assert "2 models" in page.text()
    assert f"{models}?type=embedding&status=active" in links(page)
    assert f"{models}?type=generation&status=beta" in links(page)
    for link in links(page):
        if link.startswith(f"{models}?"):
            assert visitor.client.get(link).status_code == 200


def test_the_chart_says_what_the_table_says() -> None:
    visitor = Visitor()
    make_llm(LLMType.EMBEDDING)

    chart = json.loads(visitor.get("index").context["chart"])

    assert chart["labels"] == ["Embedding", "Generation", "Entity recognition"]
    active = next(part for part in chart["datasets"] if part["label"] == "Active")
    assert active["data"] == [1, 0, 0]


@pytest.mark.invariant("A8")
def test_a_reader_is_told_nothing_that_he_cannot_do() -> None:
    make_connection(label="Main account", api_key="")
    make_llm(change=UNCONNECTED)
    reader = Visitor(make_user(staff=True, groups=["readers"]))

    page = reader.get("index").context

    assert page["steps"] == []
    assert page["findings"] == []
    assert page["total_text"] == "1 model"


@pytest.mark.invariant("A8")
def test_staff_without_rights_is_told_whom_to_ask() -> None:
    make_connection(label="Main account", api_key="")
    stranger = Visitor(make_user(staff=True))

    text = stranger.text("index")

    assert "Main account" not in text
    assert "An administrator can put it in a group" in text


@pytest.mark.invariant("A8")
def test_findings_follow_the_rights() -> None:
    make_connection(label="Main account", api_key="")
    make_llm(change=UNCONNECTED)

    def titles(*permissions: str) -> set[str]:
        user: User = make_user(staff=True, permissions=permissions)
        return set(findings(Visitor(user)))

    assert titles("connection.view", "connection.change") == {"Needs key"}
    assert titles("llmmodel.view", "llmmodel.change") == {"Active without a connection"}


@pytest.mark.invariant("X1")
def test_names_on_the_first_page_never_become_markup() -> None:
    visitor = Visitor()
    make_llm(name="<script>alert(1)</script>", change=UNCONNECTED)

    assert "<script>alert" not in visitor.get("index").content.decode()


@pytest.mark.invariant("X4")
def test_the_first_page_asks_no_row_anything() -> None:
    visitor = Visitor()

    def queries() -> int:
        with CaptureQueriesContext(database) as captured:
            visitor.get("index")
        return len(captured)

    make_llm(change=UNCONNECTED)
    visitor.get("index")
    few = queries()
    for _ in range(15):
        make_llm(change=UNCONNECTED)
        make_llm()
        make_connection(api_key="")

    assert queries() == few
    assert few <= 14  # one of them for clients, and on PostgreSQL one for its clock


# Clients
# ----------------------------------------------------------------------------
def test_a_model_that_no_client_can_serve_until_one_is_resumed_is_a_finding() -> None:
    for client_id in ("c1", "c2"):
        make_client(client_id, "off", "cooling", "served")
        clients.suspend(client_id, "off", "manual")
        clients.mark_quota(client_id, "cooling")
    clients.suspend("c1", "served", "manual")
    visitor = Visitor()

    found = findings(visitor)["No client can serve"]

    assert [row.name for row in found.rows] == ["off"]
    answer = visitor.client.get(found.rows[0].link)
    assert [row.client_id for row in answer.context["cl"].result_list] == ["c1", "c2"]
    assert visitor.client.get(found.page).status_code == 200


def test_what_is_only_over_quota_needs_nobody() -> None:
    make_client("c1", "m", "n")
    clients.mark_quota("c1", "m")
    clients.suspend("c1", "n", "quota")

    assert "No client can serve" not in findings(Visitor())


def test_a_model_out_of_use_needs_no_client() -> None:
    make_client("c1", "old", "kept")
    make_llm(model_id="old", status="inactive")
    make_llm(model_id="kept", status="inactive")
    make_llm(model_id="kept", provider=make_provider())
    for model_id in ("old", "kept"):
        clients.suspend("c1", model_id, "manual")

    found = findings(Visitor())["No client can serve"]

    assert [row.name for row in found.rows] == ["kept"]


def test_suspensions_are_told_to_whom_may_resume() -> None:
    make_client("c1", "m")
    clients.suspend("c1", "m", "manual")

    assert not findings(Visitor(make_user(staff=True, permissions=["client.view"])))
    resumer = Visitor(make_user(staff=True, permissions=["client.view", "client.change"]))
    assert set(findings(resumer)) == {"No client can serve"}
