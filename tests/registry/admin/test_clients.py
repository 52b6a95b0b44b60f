"""The clients' pages: the list, and one client."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registry.models import Client
from registry.services import clients
from registry.services.clock import database_now
from tests.cases.pages import Node
from tests.factories import make_client, make_llm, make_user
from tests.registry.admin.visitor import Visitor

pytestmark = pytest.mark.django_db

LIST = "registry_client_changelist"
CHANGE = "registry_client_change"


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


@pytest.fixture
def client() -> Client:
    return make_client("c1", "m", "n", provider="openai")


def listed(visitor: Visitor, **query: str) -> list[str]:
    answer = visitor.get(LIST, **query)
    assert answer.status_code == 200, answer.status_code
    return [row.client_id for row in answer.context["cl"].result_list]


def line(page: Node, model_id: str) -> str:
    """Return what the page says of one model of the client."""
    (found,) = (row for row in page.find("tr") if row.get("data-model") == model_id)
    return found.text()


# List
# ----------------------------------------------------------------------------
def test_the_list_says_how_the_models_of_a_client_stand(visitor: Visitor, client: Client) -> None:
    make_client("c2", "m", "o", "p", now=database_now() - timedelta(hours=3))
    clients.mark_quota("c2", "o")
    clients.suspend("c2", "p", "manual")

    page = visitor.node(LIST)
    text = page.text()

    for part in ("c1", "openai", "2 Ready", "c2", "not said", "1 Cooling down", "1 Suspended"):
        assert part in text, part
    assert "3 hours ago" in text
    assert any(time.get("title") for time in page.find("time"))


def test_the_list_is_searched_and_filtered(visitor: Visitor, client: Client) -> None:
    make_client("far/away", "x", provider="azure")
    make_client("quiet", "m")
    clients.suspend("far/away", "x")
    clients.mark_quota("quiet", "m")

    for query, wanted in (
        ({}, ["c1", "far/away", "quiet"]),
        ({"q": "far"}, ["far/away"]),
        ({"q": "OpenAI"}, ["c1"]),
        ({"provider": "azure"}, ["far/away"]),
        ({"provider": "-"}, ["quiet"]),
        ({"state": "ready"}, ["c1"]),
        ({"state": "cooling"}, ["quiet"]),
        ({"state": "off"}, ["far/away"]),
        ({"state": "nonsense"}, ["c1", "far/away", "quiet"]),
        ({"model": "m"}, ["c1", "quiet"]),
        ({"model": "M"}, []),
        ({"model": "m", "state": "cooling"}, ["quiet"]),
    ):
        assert listed(visitor, **query) == wanted, query


def test_an_empty_list_says_how_a_client_comes_in(visitor: Visitor) -> None:
    page = visitor.node(LIST)

    assert "No clients yet" in page.text()
    (snippet,) = page.find("pre")
    assert "curl -X PUT http://testserver/api/v1/clients/my-client" in snippet.text()


def test_nobody_adds_a_client_by_hand(visitor: Visitor, client: Client) -> None:
    assert visitor.get("registry_client_add").status_code == 403
    assert "registers itself over the API" in visitor.text(LIST)


@pytest.mark.invariant("X4")
def test_the_list_costs_the_same_whatever_it_shows(visitor: Visitor) -> None:
    assert list_queries(visitor, 2) == list_queries(visitor, 20)


def list_queries(visitor: Visitor, number: int) -> int:
    while Client.objects.count() < number:
        make_client("", "m", *(f"m{place}" for place in range(Client.objects.count())))
    listed(visitor)
    with CaptureQueriesContext(database) as captured:
        listed(visitor)
    return len(captured)


# One client
# ----------------------------------------------------------------------------
def test_a_clients_page_says_what_it_holds_and_why_something_is_blocked(visitor: Visitor) -> None:
    client = make_client("c1", {"id": "m", "context_length": 128_000}, {"id": "m"}, "n", "o")
    clients.mark_quota("c1", "n", retry_after=3600)
    clients.suspend("c1", "o", "credential <revoked>")

    page = visitor.node(CHANGE, client.pk)

    assert "Ready" in line(page, "m")
    assert "2" in line(page, "m")
    assert "context, tokens" in line(page, "m")
    assert "128,000" in line(page, "m")
    assert "Cooling down" in line(page, "n")
    assert "over quota" in line(page, "n")
    assert "in 59 minutes" in line(page, "n") or "in 1 hour" in line(page, "n")
    assert "Suspended" in line(page, "o")
    assert "credential <revoked>" in line(page, "o")
    assert "until resumed" in line(page, "o")


def test_a_model_of_the_catalogue_is_one_click_away(visitor: Visitor, client: Client) -> None:
    llm = make_llm(model_id="m")

    page = visitor.node(CHANGE, client.pk)

    targets = [link.get("href") for link in page.find("a")]
    assert reverse("admin:registry_llmmodel_change", args=[llm.pk]) in targets


def test_a_quota_window_that_has_ended_blocks_nothing(visitor: Visitor, client: Client) -> None:
    clients.mark_quota("c1", "m", retry_after=60, now=database_now() - timedelta(minutes=5))

    page = visitor.node(CHANGE, client.pk)

    assert "Ready" in line(page, "m")
    assert "over quota" not in line(page, "m")
    assert "Clear quota mark" not in line(page, "m")


def test_a_client_with_many_models_has_several_pages(visitor: Visitor) -> None:
    client = make_client("c1", *(f"m{place}" for place in range(60)))

    first, second = (visitor.node(CHANGE, client.pk, p=page) for page in ("1", "2"))

    assert [row.get("data-model") for row in second.find("tr")][1:] == [
        f"m{place}" for place in range(50, 60)
    ]
    assert "1 to 50 of 60" in first.text()


def test_one_of_very_many_models_is_found_by_a_part_of_its_id(visitor: Visitor) -> None:
    client = make_client("c1", *(f"maker/m{place}" for place in range(60)), "Odd_one")

    for sought, shown in (
        ("odd_", ["Odd_one"]),
        (" maker/M59 ", ["maker/m59"]),
        ("m_59", []),
        ("%", []),
    ):
        page = visitor.node(CHANGE, client.pk, q=sought)
        assert [row.get("data-model") for row in page.find("tr")][1:] == shown, sought
        assert "Show all" in page.text()
        assert ("no model with that" in page.text()) == (not shown)
    following = visitor.get(CHANGE, client.pk, q="maker").context["rows"].following
    assert following == "?q=maker&p=2"


def test_a_short_list_of_models_needs_no_search(visitor: Visitor, client: Client) -> None:
    assert not [
        f for f in visitor.node(CHANGE, client.pk).find("form") if f.get("role") == "search"
    ]


@pytest.mark.invariant("X4")
def test_a_clients_page_costs_the_same_whatever_it_holds(visitor: Visitor) -> None:
    few, many = make_client("few", "m0"), make_client("many", *(f"m{n}" for n in range(40)))
    visitor.get(CHANGE, few.pk)

    counts = []
    for client in (few, many):
        with CaptureQueriesContext(database) as captured:
            visitor.get(CHANGE, client.pk)
        counts.append(len(captured))

    assert counts[0] == counts[1]


# Rights
# ----------------------------------------------------------------------------
def staff(*permissions: str) -> User:
    return make_user(staff=True, permissions=permissions)


def test_somebody_without_rights_sees_no_client(client: Client) -> None:
    visitor = Visitor(staff())

    assert visitor.get(LIST).status_code == 403
    assert visitor.get(CHANGE, client.pk).status_code == 403


def test_the_palette_finds_clients(visitor: Visitor, client: Client) -> None:
    found = visitor.client.get(reverse("admin:search"), {"s": "c1"}).content.decode()

    assert reverse(f"admin:{CHANGE}", args=[client.pk]) in found
    blind = Visitor(staff("llmmodel.view"))
    assert "c1" not in blind.client.get(reverse("admin:search"), {"s": "c1"}).content.decode()
