"""Tests and health: the list of all tests, one test's page, and the tests of a connection."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from registry.choices import ProbeCode, Stage
from registry.models import Connection, ConnectionTest, LLMModel
from registry.services import connection_tests
from registry.types import LLMChange, Secret
from tests.factories import (
    API_KEY,
    end_test,
    make_connection,
    make_llm,
    make_provider,
    make_test,
    make_user,
)
from tests.invariants.isolation import make_owner
from tests.registry.admin.tested import ASKED, live_url, marked, stages
from tests.registry.admin.visits import Visitor

pytestmark = pytest.mark.django_db

LIST = "/admin/registry/connectiontest/"
SEE = ("connectiontest.view", "llmmodel.view", "connection.view")


@pytest.fixture
def visitor() -> Visitor:
    return Visitor(make_user(staff=True, permissions=(*SEE, "connectiontest.add")))


def unsaved(**columns: Any) -> ConnectionTest:
    llm = LLMModel(provider=make_provider(), type="generation", model_id="draft-1", **columns)
    change = LLMChange(api_key=Secret(API_KEY), api_endpoint="https://typed.example/v1")
    return connection_tests.request_unsaved(llm, change, inference=False).test


def page_of(test: ConnectionTest) -> str:
    return reverse("admin:registry_connectiontest_change", args=[test.pk])


def rows(visitor: Visitor, **query: str) -> list[str]:
    """Return the words of each row of the list."""
    table = visitor.open(LIST, **query).page
    return [
        node.text()
        for body in table.find("tbody")
        for node in body.find("tr")
        if list(node.find("td"))
    ]


# The list
# ----------------------------------------------------------------------------
def test_an_empty_list_says_where_to_begin(visitor: Visitor) -> None:
    visitor.open(LIST)

    assert "No tests yet" in visitor.text
    assert 'href="/admin/registry/llmmodel/"' in visitor.html


def test_a_row_says_what_was_tested_and_how_it_ended(visitor: Visitor) -> None:
    llm = make_llm(name="Heron")
    make_test(llm, code=ProbeCode.BAD_KEY, stage=Stage.AUTH, latency_ms=1412)
    make_test(make_llm(name="Waits"), inference=True)
    connection = make_connection(label="Account")
    connection_tests.request_connection_test(connection)
    unsaved(name="Draft")

    draft, account, waits, heron = rows(visitor)

    for words in ("Heron", "(model)", "Key refused", "1,412 ms", "No", "System", "Done"):
        assert words in heron
    assert "Waits" in waits
    assert "Yes" in waits
    assert "Waiting" in waits
    assert "Account" in account
    assert "(connection)" in account
    assert "Draft" in draft
    assert "(unsaved settings)" in draft
    assert f"/admin/registry/llmmodel/{llm.pk}/change/#tests" in visitor.html
    assert f"/admin/registry/connection/{connection.pk}/change/" in visitor.html


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"code": "ok"}, {"Good"}),
        ({"code": "bad_key"}, {"Bad"}),
        ({"state": "queued"}, {"Waits"}),
        ({"state": "done"}, {"Good", "Bad"}),
        ({"inference": "yes"}, {"Bad"}),
        ({"inference": "no"}, {"Good", "Waits"}),
        ({"inference": "perhaps"}, {"Good", "Bad", "Waits"}),
        ({"created_at_from": "TODAY"}, {"Good", "Waits"}),
        ({"created_at_to": "YESTERDAY"}, {"Bad"}),
        ({"created_at_to": "no day", "created_at_from": "2026-99-99"}, {"Good", "Bad", "Waits"}),
        ({"q": "good"}, {"Good"}),
        ({"q": "nothing"}, set()),
    ],
)
def test_filters_and_search_find_what_they_name(
    query: dict[str, str], names: set[str], visitor: Visitor
) -> None:
    today = timezone.localdate()
    days = {"TODAY": today.isoformat(), "YESTERDAY": (today - timedelta(days=1)).isoformat()}
    make_test(make_llm(name="Good"), code=ProbeCode.OK)
    bad = make_test(make_llm(name="Bad"), code=ProbeCode.BAD_KEY, stage=Stage.AUTH, inference=True)
    make_test(make_llm(name="Waits"))
    yesterday = timezone.now() - timedelta(days=1)
    ConnectionTest.objects.filter(pk=bad.pk).update(created_at=yesterday)

    found = rows(visitor, **{name: days.get(value, value) for name, value in query.items()})

    assert {name for name in ("Good", "Bad", "Waits") if any(name in row for row in found)} == names
    assert len(found) == len(names)


@pytest.mark.invariant("X4")
def test_a_page_costs_the_same_however_many_tests_there_are(visitor: Visitor) -> None:
    counts = []
    for number in (3, 20):
        for _ in range(number):
            make_test(code=ProbeCode.OK)
        visitor.open(LIST)
        with CaptureQueriesContext(database) as queries:
            visitor.open(LIST)
        counts.append(len(queries))

    assert counts[0] == counts[1]
    assert counts[1] <= 12


@pytest.mark.parametrize("name", ["add", "change", "delete"])
def test_nobody_writes_a_test_by_hand(name: str) -> None:
    test = make_test(code=ProbeCode.OK)
    root = Visitor()

    url = f"{LIST}add/" if name == "add" else f"{LIST}{test.pk}/{name}/"
    assert root.client.post(url, {"post": "yes"}).status_code == 403
    assert ConnectionTest.objects.filter(pk=test.pk, code="ok").exists()


@pytest.mark.invariant("A8")
def test_the_pages_need_the_right_to_see_tests() -> None:
    test = make_test(code=ProbeCode.OK)
    stranger = Visitor(make_user(staff=True, permissions=["llmmodel.view"]))

    for url in (LIST, page_of(test)):
        assert stranger.client.get(url).status_code == 403


# One test
# ----------------------------------------------------------------------------
def test_a_tests_page_has_its_stages_and_the_way_to_its_model(visitor: Visitor) -> None:
    test = make_test(make_llm(name="Heron"), code=ProbeCode.BAD_KEY, stage=Stage.AUTH)

    visitor.open(page_of(test))

    assert set(stages(visitor.page)) == set(Stage.values)
    assert "The provider refuses the key." in visitor.text
    assert f"/admin/registry/llmmodel/{test.llm_id}/change/#tests" in visitor.html
    assert "api_key" not in visitor.html


@pytest.mark.invariant("S1")
def test_an_unsaved_tests_page_has_its_address_and_no_key(visitor: Visitor) -> None:
    test = unsaved()

    visitor.open(page_of(test))

    assert "draft-1" in visitor.text
    assert "https://typed.example/v1" in visitor.text
    assert API_KEY not in visitor.html


# Connections
# ----------------------------------------------------------------------------
@pytest.fixture
def connection() -> Connection:
    return make_connection(label="Account")


def of(connection: Connection, page: str = "change") -> str:
    return reverse(f"admin:registry_connection_{page}", args=[connection.pk])


def test_a_connection_is_tested_from_its_page(visitor: Visitor, connection: Connection) -> None:
    visitor.open(of(connection, "run_test"))
    assert "Nothing of this is billed" in visitor.text
    assert not ConnectionTest.objects.exists()

    answer = visitor.client.post(of(connection, "run_test"), ASKED)

    test = ConnectionTest.objects.get()
    assert (test.connection, test.inference) == (connection, False)
    assert test.job.requested_by == visitor.user
    assert answer["Location"] == f"{of(connection)}?test={test.pk}#tests"


def test_a_connections_page_shows_its_tests(visitor: Visitor, connection: Connection) -> None:
    assert "has not been tested on its own yet" in visitor.open(of(connection)).text
    first = connection_tests.request_connection_test(connection).test
    end_test(first, ProbeCode.BAD_KEY, stage=Stage.AUTH)
    connection_tests.request_connection_test(connection)

    visitor.open(of(connection))

    shown = stages(visitor.page)
    assert "Waiting" in shown["reach"]
    assert "Not asked for" in shown["model"]
    assert "Not asked for" in shown["inference"]
    assert "The provider refuses the key." in marked(visitor.page, "history").text()


def test_the_list_says_when_a_connection_last_worked(
    visitor: Visitor, connection: Connection
) -> None:
    def cell() -> str:
        page = visitor.open("/admin/registry/connection/").page
        (found,) = [node for node in page.find("td") if "field-last_success" in node.get("class")]
        return found.text()

    assert cell() == "never"

    end_test(connection_tests.request_connection_test(connection).test, ProbeCode.OK)

    assert cell() == "just now"


@pytest.mark.invariant("A8")
def test_a_connections_tests_follow_the_rights(connection: Connection) -> None:
    end_test(connection_tests.request_connection_test(connection).test, ProbeCode.OK)
    reader = Visitor(make_user(staff=True, permissions=SEE))
    stranger = Visitor(make_user(staff=True, permissions=["connection.view"]))

    assert "Newest test" in reader.open(of(connection)).text
    assert of(connection, "run_test") not in reader.html
    assert reader.client.post(of(connection, "run_test"), ASKED).status_code == 403
    assert "Newest test" not in stranger.open(of(connection)).text


def test_a_connection_that_is_gone_cannot_be_tested(
    visitor: Visitor, connection: Connection
) -> None:
    url = of(connection, "run_test")
    Connection.objects.get(pk=connection.pk).delete()

    assert visitor.client.post(url, ASKED).status_code == 404


# Whose they are
# ----------------------------------------------------------------------------
@pytest.mark.invariant("A2")
@pytest.mark.parametrize(
    ("rights", "told"),
    [
        (("connectiontest.view",), set()),
        # The page of connections shows everybody's; a person's own models are nobody else's.
        (("connectiontest.view", "connection.view"), {"connection"}),
    ],
)
def test_tests_of_a_persons_own_records_are_his(rights: tuple[str, ...], told: set[str]) -> None:
    owner = make_owner("zanna")
    visitor = Visitor(make_user(staff=True, permissions=rights))
    listed = visitor.open(LIST).html
    of_llm, of_connection = owner.tests

    for kind, test in (("model", of_llm), ("connection", of_connection)):
        is_told = kind in told
        assert (str(test.pk) in listed) is is_told, kind
        assert (visitor.open(page_of(test)).status == 200) is is_told, kind
        assert (visitor.open(live_url(test)).status == 200) is is_told, kind
    assert owner.llms[0].name not in listed
