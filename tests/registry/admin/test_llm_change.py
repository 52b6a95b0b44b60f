"""The page of a stored model: what it shows, what saving changes, what happens to its key."""

from __future__ import annotations

import pytest
from django.db import connection as database

from registry.choices import ConnectionState, Dialect, LLMStatus, LLMType
from registry.models import Connection, LLMModel
from registry.services.defaults import set_default
from registry.types import LLMChange, Secret
from tests.cases import pages
from tests.factories import (
    API_KEY,
    make_connection,
    make_knowledge_base,
    make_llm,
    make_provider,
)
from tests.registry.admin.visits import LIST, Visitor, of, states
from tests.trail import changes, written

pytestmark = pytest.mark.django_db

NEW_KEY = "sk-Nn8wR2kT5vY7mQ4jX9cB1zL6pH3dG0fS"


def own_key(llm: LLMModel) -> str:
    connection = LLMModel.objects.get(pk=llm.pk).connection
    assert connection is not None
    return connection.open_key().reveal()


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


def test_the_head_of_the_page_says_what_it_is(visitor: Visitor) -> None:
    llm = make_llm(name="Talker", provider=make_provider("acme", name="Acme Works"))
    set_default(llm)

    (head,) = visitor.open(of(llm)).page.having("data-object-header")

    for word in ("Talker", "Acme Works", "Generation", "Active", "Ready", "Default"):
        assert word in head.text()


def test_what_a_person_should_know_stands_above_the_form(visitor: Visitor) -> None:
    llm = make_llm(change=LLMChange(needs_connection=False))

    assert "has no connection" in visitor.open(of(llm)).text


def test_type_provider_and_default_are_shown_and_not_edited(visitor: Visitor) -> None:
    found = pages.fields(visitor.open(of(make_llm())).page)

    assert not {"type", "provider", "is_default"} & set(found)


def test_only_the_parameters_of_the_type_are_shown(visitor: Visitor) -> None:
    found = states(visitor.open(of(make_llm(LLMType.EMBEDDING))).page)

    assert found["dimensions"] == (True, True)
    assert not found["context_window"][0]
    assert not found["confirm_dimensions"][0]


def test_saving_an_untouched_form_writes_nothing(visitor: Visitor) -> None:
    llm = make_llm(
        LLMType.EMBEDDING,
        normalize=True,
        distance_metric="cosine",
        change=LLMChange(api_key=Secret(API_KEY), tags=["a", "b"], aliases=["c"]),
    )
    before = LLMModel.objects.values().get()

    with written() as events:
        visitor.fill(of(llm))

    assert events == []
    assert LLMModel.objects.values().get() == before
    assert own_key(llm) == API_KEY


def test_only_what_was_changed_is_told(visitor: Visitor, capabilities: None) -> None:
    llm = make_llm(change=LLMChange(api_key=Secret(API_KEY), tags=["old"]))

    with written() as events:
        visitor.fill(
            of(llm), name="New name", tags="new", capability_vision="true", temperature="0.5"
        )

    assert events.names == ["model_updated"]
    assert changes(events.only) == {
        "name": [str(llm), "New name"],
        "tags": [["old"], ["new"]],
        "capabilities.vision": [None, True],
        "temperature": [None, 0.5],
    }


def test_a_capability_can_be_forgotten_again(visitor: Visitor, capabilities: None) -> None:
    llm = make_llm(change=LLMChange(api_key=Secret(API_KEY), capabilities={"vision": False}))

    visitor.fill(of(llm), capability_vision="")

    assert not llm.capabilities.exists()


def test_an_empty_key_keeps_the_stored_one_and_shows_its_hint(visitor: Visitor) -> None:
    llm = make_llm()
    hint = Connection.objects.get().key_hint

    visitor.open(of(llm))
    assert hint in visitor.text
    assert "Leave empty to keep it" in visitor.text
    visitor.send(name="Renamed")

    assert own_key(llm) == API_KEY


@pytest.mark.parametrize("typed", ["********", "\u2022\u2022\u2022\u2022\u2022\u2022\u2022\u2022"])
def test_stars_in_the_key_keep_the_stored_one(visitor: Visitor, typed: str) -> None:
    llm = make_llm()

    visitor.fill(of(llm), name="Renamed", api_key=typed)

    assert own_key(llm) == API_KEY
    assert LLMModel.objects.get().name == "Renamed"


def test_a_new_key_is_told_as_changed_only(visitor: Visitor) -> None:
    llm = make_llm()

    with written() as events:
        visitor.fill(of(llm), api_key=NEW_KEY)

    assert own_key(llm) == NEW_KEY
    assert changes(events.only) == {"api_key": "changed"}


def test_another_host_drops_the_key_and_says_so(visitor: Visitor) -> None:
    provider = make_provider("ollama", dialect=Dialect.OLLAMA)
    change = LLMChange(api_key=Secret(API_KEY), api_endpoint="https://one.example/v1")
    llm = make_llm(provider=provider, change=change)

    assert "key will be dropped" in visitor.open(of(llm)).html
    visitor.send(api_endpoint="https://two.example/v1")

    connection = Connection.objects.get()
    assert not connection.has_key
    assert connection.state == ConnectionState.NEEDS_KEY
    assert "Enter the key" in visitor.text


def test_another_path_on_the_same_host_keeps_the_key(visitor: Visitor) -> None:
    provider = make_provider("ollama", dialect=Dialect.OLLAMA)
    change = LLMChange(api_key=Secret(API_KEY), api_endpoint="https://one.example/v1")
    llm = make_llm(provider=provider, change=change)

    visitor.fill(of(llm), api_endpoint="https://one.example/v2")

    assert own_key(llm) == API_KEY


def test_a_shared_connection_takes_the_place_of_the_own_key(visitor: Visitor) -> None:
    provider = make_provider("acme")
    llm = make_llm(provider=provider)
    shared = make_connection(provider)

    visitor.fill(of(llm), connection=str(shared.pk))

    llm.refresh_from_db()
    assert llm.connection == shared
    assert Connection.objects.count() == 1


def test_a_key_of_its_own_takes_the_place_of_a_shared_connection(visitor: Visitor) -> None:
    shared = make_connection()
    llm = make_llm(provider=shared.provider, change=LLMChange(connection=shared))

    visitor.fill(of(llm), connection=None, api_key=NEW_KEY)

    assert own_key(llm) == NEW_KEY
    assert LLMModel.objects.get().has_private_connection
    assert Connection.objects.get(pk=shared.pk).open_key().reveal() == API_KEY


def test_a_shared_key_is_not_changed_from_a_model(visitor: Visitor) -> None:
    shared = make_connection()
    llm = make_llm(provider=shared.provider, change=LLMChange(connection=shared))
    assert not states(visitor.open(of(llm)).page)["api_key"][0]

    visitor.send(api_key=NEW_KEY)

    assert visitor.wrong() == {"api_key"}
    assert Connection.objects.get().open_key().reveal() == API_KEY


@pytest.mark.invariant("S5")
def test_an_unreadable_key_hurts_only_its_own_row(visitor: Visitor) -> None:
    broken, whole = make_llm(name="Broken"), make_llm(name="Whole")
    with database.cursor() as cursor:
        cursor.execute(
            "UPDATE registry_connection SET api_key = %s WHERE private_to_id = %s",
            [b"damaged", broken.pk.hex if database.vendor == "sqlite" else broken.pk],
        )

    assert len(visitor.open(LIST).listed()) == 2
    assert visitor.text.count("Needs key") == 1
    assert visitor.open(of(whole)).status == 200
    assert "cannot be read" in visitor.open(of(broken)).text
    visitor.send(name="Renamed")
    assert LLMModel.objects.get(pk=broken.pk).name == "Renamed"
    visitor.fill(of(broken), api_key=NEW_KEY)
    assert own_key(broken) == NEW_KEY


def test_a_default_does_not_leave_active(visitor: Visitor) -> None:
    llm = make_llm()
    set_default(llm)

    visitor.fill(of(llm), status="inactive", name="Kept input")

    assert visitor.wrong() == {"status"}
    assert visitor.value("name") == "Kept input"
    assert LLMModel.objects.get().status == LLMStatus.ACTIVE


def test_other_dimensions_under_a_knowledge_base_ask_first(visitor: Visitor) -> None:
    llm = make_llm(LLMType.EMBEDDING, dimensions=1536)
    make_knowledge_base("Docs", embedding_model=llm)

    visitor.fill(of(llm), dimensions="1024")

    assert states(visitor.page)["confirm_dimensions"][0]
    assert "Docs" in visitor.text
    assert visitor.value("dimensions") == "1024"
    visitor.send(confirm_dimensions="on")
    assert LLMModel.objects.get().dimensions == 1024


def test_the_users_of_a_model_are_links(visitor: Visitor) -> None:
    llm = make_llm(LLMType.EMBEDDING)
    base = make_knowledge_base("Docs", embedding_model=llm)
    old = make_llm(LLMType.EMBEDDING, name="Old", replacement=llm)

    page = visitor.open(of(llm)).page

    links = {node.get("href"): node.text() for node in page.find("a")}
    assert links[f"/admin/registry/knowledgebase/{base.pk}/change/"] == "Docs"
    assert links[of(old)] == "Old"


def test_a_model_that_is_gone_says_so(visitor: Visitor) -> None:
    llm = make_llm()
    url = of(llm)
    llm.delete()

    visitor.open(url)

    assert visitor.status == 302


@pytest.mark.parametrize("name", ["x", "%00", "0" * 3_000, "..%2f..", "_5F"])
def test_an_address_of_no_model_breaks_nothing(visitor: Visitor, name: str) -> None:
    for page in ("change", "delete", "history"):
        assert visitor.open(f"{LIST}{name}/{page}/").status in (302, 404)
