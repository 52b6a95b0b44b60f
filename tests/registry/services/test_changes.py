"""Who is told of changes, and how one reads on from what one knows and misses nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.choices import LLMStatus
from registry.models import CatalogueChange, LLMModel, Revision
from registry.services import changes, deletion, prices, workers
from registry.services.clock import database_now
from registry.services.people import delete_user
from registry.services.revision import current_revision
from registry.services.routes import save_route
from registry.services.statuses import set_status
from tests.factories import (
    make_llm,
    make_platform,
    make_price,
    make_provider,
    make_route,
    make_user,
)
from tests.registry.services.hearing import Ear, rename
from tests.threads import errors, together

pytestmark = pytest.mark.django_db


# Who is told
# ----------------------------------------------------------------------------


def test_own_models_are_told_to_their_owner_only() -> None:
    ann, bob = make_user("ann"), make_user("bob")
    ears = {name: Ear(user_id=user.pk) for name, user in (("ann", ann), ("bob", bob))}
    nobody = Ear(user_id=None)
    llm = make_llm(slug="anns", owner=ann)
    make_price(llm, "2.50")
    deletion.delete_llm(llm)

    told = {name: ear.hear().names for name, ear in ears.items()}

    own = [("model_created", "anns"), ("price_changed", "anns"), ("model_deleted", "anns")]
    assert [name for name in told["ann"] if name[1] == "anns"] == own
    assert [name for name in told["bob"] if name[1] == "anns"] == []
    assert [name for name in nobody.hear().names if name[1] == "anns"] == []


def test_an_own_model_that_goes_with_its_owner_is_told_to_nobody() -> None:
    ann = make_user("ann")
    make_llm(owner=ann)
    ear = Ear()

    delete_user(ann)

    assert ear.hear() == []


def test_an_inactive_model_is_the_staffs_affair_but_not_that_it_becomes_so() -> None:
    provider = make_provider()
    staff, ear = Ear(), Ear(staff=False)
    llm = make_llm(slug="one", provider=provider, status=LLMStatus.INACTIVE)
    route = make_route(llm, make_platform("hub"))
    rename(llm, "Other")
    assert ear.hear().names == [("platform_created", "hub")]

    set_status(llm, LLMStatus.BETA)
    route.priority = 7
    save_route(route)
    set_status(llm, LLMStatus.INACTIVE)
    assert ear.hear().names == [
        ("model_updated", "one"),
        ("route_updated", "one@hub"),
        ("model_updated", "one"),
    ]

    deletion.delete_llm(llm)
    assert ear.hear() == []
    assert ("model_deleted", "one") in staff.hear().names


# How it is read
# ----------------------------------------------------------------------------


def follow(since: int, *, limit: int) -> list[int]:
    """Read on until there is no more; return the rows' numbers."""
    seen: list[int] = []
    following: int | None = since
    while following is not None:
        page = changes.changes(following, limit=limit, staff=True)
        seen += [row.pk for row in page.rows]
        assert page.next is None or following < page.next < page.revision
        following = page.next
    return seen


def test_a_reader_who_follows_next_sees_every_row_once_and_no_revision_torn() -> None:
    start = current_revision()
    llm = make_llm(slug="one")
    for number in range(3):
        make_route(llm, make_platform(f"p{number}"))
    deletion.delete_llm(llm)
    everything = [row.pk for row in CatalogueChange.objects.all()]

    assert [follow(start, limit=limit) for limit in (1, 2, 3, 1000)] == [everything] * 4


def test_more_rows_than_asked_for_come_where_one_write_made_them() -> None:
    llm = make_llm(slug="one")
    for number in range(3):
        make_route(llm, make_platform(f"p{number}"))
    since = current_revision()
    deletion.delete_llm(llm)

    page = changes.changes(since, limit=2)

    assert (len(page.rows), page.revision) == (4, since + 1)


def test_what_is_new_is_read_in_three_queries_however_much_it_is() -> None:
    for _number in range(30):
        make_llm()
    with CaptureQueriesContext(connection) as queries:
        assert len(changes.changes(0, limit=1000).rows) == 60

    assert len(queries) == 3


# What is remembered
# ----------------------------------------------------------------------------


def test_an_empty_catalogue_is_complete_from_0_on() -> None:
    assert changes.changes(0) == changes.Changes(revision=0, since=0)


def test_a_revision_ahead_of_ours_is_of_another_database() -> None:
    make_llm()

    found = changes.changes(current_revision() + 1)

    assert (found.complete, found.next, found.rows) == (False, None, [])
    assert found.revision == current_revision()


def test_old_changes_are_forgotten_and_whoever_asks_for_them_is_told(settings: Any) -> None:
    settings.REGISTRY_CHANGES_DAYS = 10
    make_llm()
    old = current_revision()
    CatalogueChange.objects.update(at=database_now() - timedelta(days=11))
    llm = make_llm(slug="new")

    assert workers.forget_old()["changes"] == 2
    assert workers.forget_old()["changes"] == 0

    assert not changes.changes(0).complete
    assert not changes.changes(old - 1).complete
    assert changes.changes(old - 1).rows == []
    kept = changes.changes(old)
    assert kept.complete
    assert [row.llm_id for row in kept.rows] == [None, llm.pk]
    assert changes.changes(current_revision()).complete


def test_forgetting_is_told_though_nothing_is_left() -> None:
    make_llm()
    before = current_revision()

    changes.forget(database_now() + timedelta(days=91))

    assert not CatalogueChange.objects.exists()
    assert not changes.changes(before - 1).complete
    assert changes.changes(before).complete
    assert current_revision() == before


def test_what_was_written_before_anything_was_noted_is_not_remembered() -> None:
    make_llm()
    CatalogueChange.objects.all().delete()

    import_module("registry.migrations.0004_clients").begin_changes(apps, None)

    assert Revision.objects.get(pk=changes.FORGOTTEN).number == current_revision()
    assert not changes.changes(0).complete


# Together
# ----------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_whoever_reads_while_others_write_misses_nothing() -> None:
    llms = [make_llm(slug=f"m{number}") for number in range(3)]
    start, rounds = current_revision(), 12
    done: list[int] = []

    def write(llm: LLMModel) -> list[int]:
        try:
            for number in range(rounds):
                make_route(llm, make_platform(f"{llm.slug}-{number}"))
                rename(llm, f"{llm.name[:20]} {number}")
            deletion.delete_llm(llm)
        finally:
            done.append(1)
        return []

    def read() -> list[int]:
        seen, since, is_over = [], start, False
        while not is_over:
            is_last = len(done) == len(llms)
            page = changes.changes(since, limit=3, staff=True)
            assert page.complete
            seen += [row.pk for row in page.rows]
            since = page.revision if page.next is None else page.next
            is_over = is_last and page.next is None
        return seen

    works: list[Callable[[], list[int]]] = [partial(write, llm) for llm in llms]
    results = together([*works, read, read])

    assert errors(results) == []
    rows = CatalogueChange.objects.filter(revision__gt=start).order_by("revision", "id")
    everything = [row.pk for row in rows]
    assert len(everything) == 3 * (rounds * 3 + 1 + rounds)
    assert [results[-2], results[-1]] == [everything, everything]


@pytest.mark.django_db(transaction=True)
def test_of_two_writers_each_revision_is_one_ones() -> None:
    provider = make_provider()
    llms = [make_llm(slug=f"m{number}", provider=provider) for number in range(4)]
    start = current_revision()

    def write(llm: LLMModel) -> None:
        for number in range(5):
            prices.append(llm, {"input": Decimal(number + 1)})

    assert errors(together([partial(write, llm) for llm in llms])) == []

    found = CatalogueChange.objects.filter(revision__gt=start).values_list("revision", flat=True)
    assert list(found) == list(range(start + 1, start + 21))
