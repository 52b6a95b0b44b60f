"""The models of a host are asked for and offered."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from registry.choices import ProbeCode
from registry.dialects.base import ListedModel
from registry.models import Connection, LLMModel
from registry.outbound.calls import CallError
from registry.types import LLMChange
from tests.cases.pages import Node
from tests.factories import make_connection, make_llm, make_user
from tests.providers import listed, provider
from tests.registry.admin.hosts import RIGHTS, ask, host, offers, page_of
from tests.registry.admin.tested import has, marked
from tests.registry.admin.visits import LIST, Visitor
from tests.stopwatch import stopwatch

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor() -> Visitor:
    return Visitor(make_user(staff=True, permissions=RIGHTS))


@pytest.fixture
def connection() -> Connection:
    return make_connection(label="Own host")


# Asking
# ----------------------------------------------------------------------------
def test_opening_the_page_asks_nobody(
    visitor: Visitor, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = provider(monkeypatch)

    page = visitor.open(page_of(connection)).page

    assert "Ask the host" in page.text()
    assert not offers(page)
    assert not far.calls


def test_the_host_is_asked_by_a_post_and_its_list_is_shown(
    visitor: Visitor, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider(monkeypatch, models=listed("b/model:7b", "a"))

    page = ask(visitor, connection)

    assert list(offers(page)) == ["a", "b/model:7b"]
    assert "of 2 picked" in page.text()
    assert not LLMModel.objects.exists()


def test_what_the_host_tells_of_a_model_is_shown_with_its_unit(
    visitor: Visitor, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    host(
        monkeypatch,
        ListedModel("v", "Vectors", {"type": "embedding", "dimensions": 768}),
        ListedModel("w", values={"context_window": 8192}),
    )

    shown = offers(ask(visitor, connection))

    assert "Vectors" in shown["v"].text()
    assert "Embedding · 768 dimensions" in shown["v"].text()
    assert "8,192 tokens of context" in shown["w"].text()


def test_what_is_in_the_list_already_cannot_be_picked(
    visitor: Visitor, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider(monkeypatch, models=listed("Here", "elsewhere", "new"))
    change = LLMChange(connection=connection)
    make_llm(model_id="here", provider=connection.provider, change=change)
    make_llm(model_id="elsewhere", provider=connection.provider)

    shown = offers(ask(visitor, connection))

    def box(name: str) -> Node:
        (found,) = shown[name].find("input")
        return found

    assert "In the list already" in shown["Here"].text()
    assert "disabled" in box("Here").attributes
    assert "over another connection" in shown["elsewhere"].text()
    assert "disabled" not in box("elsewhere").attributes
    assert "list" not in shown["new"].text()


def test_a_host_that_does_not_answer_is_said_in_words_with_advice(
    visitor: Visitor, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider(monkeypatch, models=CallError(ProbeCode.UNREACHABLE, "refused"))

    page = ask(visitor, connection)

    text = page.text()
    assert "Nothing answers at this address." in text
    assert "Check host and port." in text
    assert "The connection was refused." in text
    assert marked(page, "host-models").get("data-host-models") == "failed"


def test_a_host_without_models_says_what_to_do(
    visitor: Visitor, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    host(monkeypatch)

    assert "Load or deploy one there" in ask(visitor, connection).text()


def test_a_list_that_was_cut_says_so(
    visitor: Visitor, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    host(monkeypatch, ListedModel("a"), is_cut=True)

    assert "more models than are shown here" in ask(visitor, connection).text()


@pytest.mark.invariant("X1")
def test_ids_with_markup_are_only_text(
    visitor: Visitor, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "\"><script>alert(1)</script><img src=x onerror='alert(1)'>"
    host(monkeypatch, ListedModel(name, name))

    page = ask(visitor, connection)

    assert "<script>alert" not in visitor.html
    assert "<img src=x" not in visitor.html
    assert list(offers(page)) == [name]


@pytest.mark.timed
@pytest.mark.invariant("X4")
def test_five_thousand_are_shown_in_few_queries_and_little_time(
    visitor: Visitor,
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
    figure: Callable[..., None],
) -> None:
    host(monkeypatch, *(ListedModel(f"model-{number:04}") for number in range(5000)))
    visitor.open(page_of(connection))

    with CaptureQueriesContext(database) as queries, stopwatch() as watch:
        answer = visitor.client.post(page_of(connection))

    assert answer.content.decode().count("data-offer=") == 5000
    assert len(queries) <= 12
    assert watch.seconds < 5
    figure(offered=5000, queries=len(queries), seconds=f"{watch.seconds:.2f}")


# Rights
# ----------------------------------------------------------------------------
@pytest.mark.invariant("A8")
@pytest.mark.parametrize("missing", ["connection.view", "llmmodel.add", "connectiontest.add"])
def test_each_right_is_needed(missing: str, connection: Connection) -> None:
    rights = [right for right in RIGHTS if right != missing]
    visitor = Visitor(make_user(staff=True, permissions=rights))

    for data in ({}, {"add": "yes", "model": '{"id": "a"}', "type": "generation"}):
        assert visitor.client.post(page_of(connection), data).status_code == 403
    assert visitor.client.get(page_of(connection)).status_code == 403
    assert not LLMModel.objects.exists()


def test_a_private_connection_has_no_such_page(visitor: Visitor) -> None:
    llm = make_llm()
    assert llm.connection is not None

    assert visitor.client.get(page_of(llm.connection)).status_code == 404
    assert not has(visitor.open(LIST).page, "host-models")
