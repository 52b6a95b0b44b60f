from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection as database
from pytest_django import DjangoAssertNumQueries

from registry.choices import Dialect, LLMStatus, LLMType
from registry.services import overview
from registry.services.accounts import require_password_change
from registry.types import LLMChange
from tests.factories import make_connection, make_llm, make_provider, make_token, make_user

pytestmark = pytest.mark.django_db

TODAY = date(2026, 3, 1)


def test_at_the_start_nothing_is_done() -> None:
    user = make_user(staff=True)
    require_password_change(user)

    assert overview.first_steps(user) == overview.FirstSteps(
        own_password=False,
        usable_connection=False,
        models=False,
        default_embedding=False,
        default_generation=False,
        token=False,
    )


def test_each_step_is_seen_once_it_is_done() -> None:
    user = make_user(staff=True)
    make_llm(LLMType.EMBEDDING, is_default=True)
    make_llm(is_default=True)
    make_token(user)

    assert all(vars(overview.first_steps(user)).values())


@pytest.mark.parametrize("is_needed", [True, False])
def test_a_connection_counts_once_it_can_be_used(is_needed: bool) -> None:
    make_connection(make_provider(auth_required=is_needed), api_key="")

    assert overview.first_steps(make_user()).usable_connection is not is_needed


def test_what_needs_a_person_is_named() -> None:
    waiting = make_connection(label="waiting", api_key="")
    broken = make_connection(label="broken")
    ollama = make_provider(dialect=Dialect.OLLAMA)
    blocked = make_connection(ollama, label="blocked", api_url="http://10.0.0.5")
    make_connection(owner=make_user(), label="a user's own", api_key="")
    lonely = make_llm(name="lonely", change=LLMChange(needs_connection=False))
    with database.cursor() as cursor:
        cursor.execute(
            "UPDATE registry_connection SET api_key = %s WHERE label = 'broken'", [b"garbage"]
        )

    found = overview.attention(TODAY)

    assert found.needs_key == [waiting]
    assert found.unreadable == [broken]
    assert found.blocked == [blocked]
    assert found.unconnected == [lonely]


@pytest.mark.parametrize(
    ("days", "status", "is_named"),
    [
        (-1, LLMStatus.ACTIVE, True),
        (0, LLMStatus.ACTIVE, True),
        (90, LLMStatus.BETA, True),
        (91, LLMStatus.ACTIVE, False),
        (10, LLMStatus.INACTIVE, False),
        (10, LLMStatus.DEPRECATED, False),
    ],
)
def test_models_that_soon_retire_are_named(days: int, status: str, is_named: bool) -> None:
    make_llm(status=status, deprecation_date=TODAY + timedelta(days=days))

    assert bool(overview.attention(TODAY).retiring) is is_named


def test_models_are_counted_by_type_and_status() -> None:
    make_llm()
    make_llm(status=LLMStatus.BETA)
    make_llm(LLMType.NER)
    make_llm(owner=make_user())

    found = overview.counts()

    assert found["generation"] == {"active": 1, "beta": 1, "inactive": 0, "deprecated": 0}
    assert found["ner"]["active"] == 1
    assert found["embedding"]["active"] == 0


@pytest.mark.parametrize("number", [1, 20])
def test_the_first_page_asks_a_constant_number_of_questions(
    number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    user = make_user()
    for _ in range(number):
        make_llm()

    with django_assert_num_queries(5):
        overview.first_steps(user)
    with django_assert_num_queries(3):
        overview.attention(TODAY)
    with django_assert_num_queries(1):
        overview.counts()
