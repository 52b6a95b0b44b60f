from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection as database
from pytest_django import DjangoAssertNumQueries

from registry.choices import LLMStatus, LLMType
from registry.models import Connection
from registry.services import overview
from registry.services.accounts import require_password_change
from registry.services.defaults import set_default
from registry.services.overview import FirstSteps
from registry.types import LLMChange
from tests.factories import make_connection, make_llm, make_provider, make_token, make_user

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 21)
UNCONNECTED = LLMChange(needs_connection=False)


def test_in_the_beginning_nothing_is_done() -> None:
    user = make_user()
    require_password_change(user)

    done = overview.first_steps(user)

    assert done == FirstSteps(False, False, False, False, False, False)


def test_each_step_is_seen_once_it_is_done() -> None:
    user = make_user()
    make_token(user)
    set_default(make_llm(LLMType.EMBEDDING))
    set_default(make_llm(LLMType.GENERATION))

    assert overview.first_steps(user) == FirstSteps(True, True, True, True, True, True)


def test_a_connection_without_its_key_is_no_step() -> None:
    make_connection(api_key="")

    assert not overview.first_steps(make_user()).usable_connection


def test_a_host_that_needs_no_key_is_one() -> None:
    make_connection(make_provider(auth_required=False), api_key="")

    assert overview.first_steps(make_user()).usable_connection


def test_connections_that_do_not_work_need_a_person() -> None:
    make_connection(label="Fine")
    missing = make_connection(label="Missing", api_key="")
    blocked = make_connection(label="Blocked", api_url="http://10.0.0.5:11434")
    broken = make_connection(label="Broken")
    with database.cursor() as cursor:
        table = Connection._meta.db_table
        cursor.execute(f"UPDATE {table} SET api_key = %s WHERE label = 'Broken'", [b"damaged"])

    found = overview.attention(TODAY)

    assert found.needs_key == [(missing.pk, "Missing", None)]
    assert found.blocked == [(blocked.pk, "Blocked", None)]
    assert found.unreadable == [(broken.pk, "Broken", None)]


def test_the_users_own_connections_are_their_own_matter() -> None:
    make_connection(api_key="", owner=make_user())

    assert overview.attention(TODAY).needs_key == []


def test_active_models_without_a_connection_need_a_person() -> None:
    lonely = make_llm(change=UNCONNECTED)
    make_llm(change=UNCONNECTED, status=LLMStatus.INACTIVE)
    make_llm()

    assert overview.attention(TODAY).unconnected == [lonely]


@pytest.mark.parametrize(
    ("days", "status", "found"),
    [
        (90, LLMStatus.ACTIVE, True),
        (91, LLMStatus.ACTIVE, False),
        (-3, LLMStatus.BETA, True),
        (10, LLMStatus.DEPRECATED, False),
        (10, LLMStatus.INACTIVE, False),
    ],
)
def test_models_in_use_that_retire_within_90_days_need_a_person(
    days: int, status: str, found: bool
) -> None:
    llm = make_llm(status=status, deprecation_date=TODAY + timedelta(days=days))

    assert overview.attention(TODAY).retiring == ([llm] if found else [])


def test_what_retires_first_comes_first() -> None:
    later = make_llm(deprecation_date=TODAY + timedelta(days=20))
    sooner = make_llm(deprecation_date=TODAY + timedelta(days=10))

    assert overview.attention(TODAY).retiring == [sooner, later]


def test_models_are_counted_by_type_and_status() -> None:
    make_llm(LLMType.EMBEDDING)
    make_llm(LLMType.GENERATION)
    make_llm(LLMType.GENERATION, status=LLMStatus.BETA)

    counts = overview.counts()

    assert counts["embedding"]["active"] == 1
    assert counts["generation"] == {"active": 1, "beta": 1, "inactive": 0, "deprecated": 0}
    assert sum(counts["ner"].values()) == 0


@pytest.mark.invariant("X4")
def test_the_number_of_rows_does_not_matter(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(8):
        make_llm(deprecation_date=TODAY)
        make_llm(change=UNCONNECTED)

    with django_assert_num_queries(2):
        overview.attention(TODAY)
    with django_assert_num_queries(1):
        overview.counts()
