"""What applications are told of a change in the catalogue, and what is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from registry.errors import InUseError
from registry.models import CatalogueChange, LLMModel
from registry.services import deletion, prices
from registry.services.clock import database_now
from registry.services.connections import remove_key
from registry.services.defaults import set_default
from registry.services.knowledge_bases import save_knowledge_base
from registry.services.llms import save_llm
from registry.services.platforms import save_platform
from registry.services.providers import save_provider
from registry.services.revision import catalogue_write, current_revision
from registry.services.routes import delete_route, save_route
from registry.types import Change, LLMChange, Secret
from tests.factories import (
    API_KEY,
    make_connection,
    make_knowledge_base,
    make_llm,
    make_platform,
    make_price,
    make_provider,
    make_route,
)
from tests.registry.services.hearing import Ear, rename
from tests.trail import written

pytestmark = pytest.mark.django_db


# What is told
# ----------------------------------------------------------------------------


def test_each_kind_is_told_by_the_event_of_the_trail() -> None:
    ear = Ear()
    provider = make_provider("acme")
    llm = make_llm(provider=provider, slug="one", model_id="acme/One")
    platform = make_platform("hub")
    route = make_route(llm, platform)

    heard = ear.hear()

    assert heard.names == [
        ("provider_created", "acme"),
        ("model_created", "one"),
        ("platform_created", "hub"),
        ("route_created", "one@hub"),
    ]
    assert [row.kind for row in heard] == ["provider", "model", "platform", "route"]
    assert [row.revision for row in heard] == [ear.since - 3 + step for step in range(4)]
    assert [row.subject_id for row in heard] == [
        str(row.pk) for row in (provider, llm, platform, route)
    ]
    assert [row.llm_id for row in heard] == [None, llm.pk, None, llm.pk]
    assert [(row.llm_slug, row.llm_model_id) for row in heard[1::2]] == [("one", "acme/One")] * 2
    assert all(row.owner_id is None for row in heard)
    assert all(abs(row.at - database_now()) < timedelta(minutes=1) for row in heard)


def test_what_a_model_is_made_of_is_a_change_of_the_model() -> None:
    llm = make_llm(slug="one")
    route = make_route(llm)
    ear = Ear()

    save_llm(llm, LLMChange(fields=frozenset(), aliases=["uno"]))
    save_llm(llm, LLMChange(fields=frozenset(), tags=["fast"]))
    save_llm(llm, LLMChange(fields=frozenset(), api_key=Secret("sk-other-1234567890")))
    make_price(llm, "2.50")
    make_price(llm, "2.00", route=route)
    assert llm.connection is not None
    remove_key(llm.connection)

    assert ear.hear().names == [
        *[("model_updated", "one")] * 3,
        *[("price_changed", "one")] * 2,
        ("model_updated", "one"),
    ]


def test_a_changed_provider_and_platform_are_told() -> None:
    provider, platform = make_provider("acme"), make_platform("hub")
    ear = Ear()

    save_provider(provider, aliases=["ac"])
    platform.name = "The Hub"
    save_platform(platform)

    assert ear.hear().names == [("provider_updated", "acme"), ("platform_updated", "hub")]


def test_a_deleted_model_is_told_with_its_routes_at_one_revision() -> None:
    llm = make_llm(slug="one", model_id="acme/One")
    for name in ("a", "b"):
        make_route(llm, make_platform(name))
    make_price(llm, "2.50")
    pk, ear = llm.pk, Ear()

    deletion.delete_llm(llm)

    heard = ear.hear()
    assert sorted(heard.names) == [
        ("model_deleted", "one"),
        ("route_deleted", "one@a"),
        ("route_deleted", "one@b"),
    ]
    assert {row.revision for row in heard} == {current_revision()}
    assert {(row.llm_id, row.llm_slug, row.llm_model_id) for row in heard} == {
        (pk, "one", "acme/One")
    }
    assert str(pk) in [row.subject_id for row in heard]


def test_a_deleted_route_is_told_once() -> None:
    llm = make_llm(slug="one")
    route = make_route(llm, make_platform("hub"))
    make_price(llm, "2.50", route=route)
    ear = Ear()

    delete_route(route)

    assert ear.hear().names == [("route_deleted", "one@hub")]


def test_the_default_that_steps_down_is_told_beside_the_new_one() -> None:
    make_llm(slug="old", is_default=True)
    new, ear = make_llm(slug="new"), Ear()
    ear.hear()

    with written() as trail:
        set_default(new)

    heard = ear.hear()
    assert sorted(heard.names) == [("model_set_default", "new"), ("model_updated", "old")]
    assert trail.names == ["model_set_default"]


def test_whoever_takes_over_from_a_deleted_default_is_told_in_the_same_revision() -> None:
    old, new = make_llm(slug="old", is_default=True), make_llm(slug="new")
    before, ear = current_revision(), Ear()

    deletion.delete_llm(old, reassign_to=new)

    heard = ear.hear()
    assert sorted(heard.names) == [("model_deleted", "old"), ("model_updated", "new")]
    assert [row.revision for row in heard] == [before + 1] * 2
    assert current_revision() == before + 1


def test_a_price_that_begins_to_count_is_told_when_it_does() -> None:
    llm, other = make_llm(slug="one"), make_llm(slug="two")
    later = database_now() + timedelta(days=1)
    for row in (llm, other):
        make_price(row, "2.50", valid_from=later)
    ear = Ear()

    prices.apply_due(later)

    heard = ear.hear()
    assert heard.names == [("prices_begun", "one"), ("prices_begun", "two")]
    assert [row.revision for row in heard] == [current_revision()] * 2
    prices.apply_due(later)
    assert ear.hear() == []


# What is not told
# ----------------------------------------------------------------------------


def test_a_write_that_changes_nothing_is_not_told_though_the_revision_moves() -> None:
    llm = make_llm(slug="one", is_default=True)
    before, ear = current_revision(), Ear()

    with CaptureQueriesContext(connection) as queries:
        save_llm(llm)
        set_default(llm)

    assert ear.hear() == []
    assert current_revision() == before + 2
    assert not [query for query in queries if "registry_cataloguechange" in query["sql"]]


def test_a_write_is_noted_in_one_insert_however_much_it_touches() -> None:
    llm = make_llm(slug="one")
    for _number in range(5):
        make_route(llm)

    with CaptureQueriesContext(connection) as queries:
        rename(llm, "Other")
    assert len([query for query in queries if "registry_cataloguechange" in query["sql"]]) == 1
    with CaptureQueriesContext(connection) as queries:
        deletion.delete_llm(llm)
    assert len([query for query in queries if "registry_cataloguechange" in query["sql"]]) == 1


def test_a_saved_route_that_is_as_it_was_is_not_told() -> None:
    route, ear = make_route(), Ear()

    save_route(route, pricing={"input": None})

    assert ear.hear() == []


@pytest.mark.parametrize("write", [make_connection, make_knowledge_base])
def test_what_is_no_part_of_the_catalogue_is_not_told(write: Callable[[], Any]) -> None:
    make_provider("acme")
    ear = Ear()
    row = write()

    assert {heard.kind for heard in ear.hear()} <= {"provider"}
    if row._meta.model_name == "knowledgebase":
        row.description = "Other"
        save_knowledge_base(row, Change(frozenset({"description"})))
    assert ear.hear() == []


def test_no_row_has_a_key_or_an_address_in_it() -> None:
    ear = Ear()
    provider = make_provider("acme", direct_api_url="https://secret-address.example/v1")
    llm = make_llm(provider=provider)
    save_llm(llm, LLMChange(fields=frozenset(), api_endpoint="https://secret-address.example/v2"))
    remove_key(make_connection(provider))

    heard = ear.hear()

    assert len(heard) == 3
    everything = repr(list(CatalogueChange.objects.values()))
    for secret in (API_KEY, "secret-address", "connection", "key"):
        assert secret not in everything


def test_a_write_that_is_rolled_back_is_not_told() -> None:
    llm, ear = make_llm(slug="one"), Ear()

    with pytest.raises(ValidationError):
        rename(llm, "")
    with transaction.atomic():
        rename(llm, "Other")
        transaction.set_rollback(True)
    with pytest.raises(RuntimeError):
        break_off(llm)

    assert ear.hear() == []


def break_off(llm: LLMModel) -> None:
    with catalogue_write("model_updated", llm):
        llm.name = "Third"
        llm.save()
        raise RuntimeError


def test_a_refused_deletion_is_not_told() -> None:
    llm, ear = make_llm(slug="one", is_default=True), Ear()

    with pytest.raises(InUseError):
        deletion.delete_llm(llm)

    assert ear.hear() == []
