from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from audit import tracking
from registry.choices import LLMStatus, LLMType
from registry.models import LLMModel
from registry.services import lifecycle
from registry.services.defaults import set_default
from registry.services.lifecycle import Window
from registry.services.statuses import set_status
from tests.factories import make_knowledge_base, make_llm, make_route, make_user

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
TODAY = NOW.date()


def plant(llm: LLMModel, **columns: Any) -> LLMModel:
    """Write past the services, as a row from before them might be."""
    tracking.unaudited(LLMModel.objects.filter(pk=llm.pk)).update(**columns)
    return LLMModel.objects.get(pk=llm.pk)


# Headers
# ----------------------------------------------------------------------------
def test_a_deprecated_model_says_since_when_and_until_when() -> None:
    llm = plant(
        make_llm(status=LLMStatus.DEPRECATED, deprecation_date=date(2026, 5, 1)), deprecated_at=NOW
    )

    assert lifecycle.headers(llm, NOW) == {
        "Deprecation": f"@{int(NOW.timestamp())}",
        "Sunset": "Fri, 01 May 2026 00:00:00 GMT",
    }


def test_the_moment_of_deprecation_is_when_the_status_was_set() -> None:
    llm = make_llm()
    before = datetime.now(UTC).replace(microsecond=0)

    set_status(llm, LLMStatus.DEPRECATED)

    since = int(lifecycle.headers(llm)["Deprecation"].removeprefix("@"))
    assert before.timestamp() <= since <= datetime.now(UTC).timestamp()


def test_the_moment_stays_while_the_model_is_changed_otherwise() -> None:
    llm = plant(make_llm(status=LLMStatus.DEPRECATED), deprecated_at=NOW)

    set_status(llm, LLMStatus.DEPRECATED, migration_guide="Use another.")

    assert lifecycle.headers(llm)["Deprecation"] == f"@{int(NOW.timestamp())}"


@pytest.mark.parametrize("status", [LLMStatus.ACTIVE, LLMStatus.BETA, LLMStatus.INACTIVE])
def test_any_other_model_says_nothing(status: str) -> None:
    llm = make_llm(status=status, deprecation_date=TODAY)

    assert lifecycle.headers(llm, NOW) == {}


def test_a_model_that_is_activated_again_says_nothing() -> None:
    llm = make_llm(status=LLMStatus.DEPRECATED, deprecation_date=TODAY)

    set_status(llm, LLMStatus.ACTIVE)

    assert lifecycle.headers(llm, NOW) == {}


@pytest.mark.parametrize(
    ("days", "names"),
    [(-1, {"Deprecation", "Sunset"}), (0, {"Deprecation", "Sunset"}), (1, {"Sunset"})],
)
def test_where_the_moment_is_not_known_the_day_counts_once_it_has_come(
    days: int, names: set[str]
) -> None:
    day = TODAY + timedelta(days=days)
    llm = plant(make_llm(status=LLMStatus.DEPRECATED, deprecation_date=day), deprecated_at=None)

    found = lifecycle.headers(llm, NOW)

    assert set(found) == names
    midnight = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    assert found.get("Deprecation", f"@{midnight}") == f"@{midnight}"


def test_where_nothing_is_known_there_is_no_header() -> None:
    llm = plant(make_llm(status=LLMStatus.DEPRECATED), deprecated_at=None)

    assert lifecycle.headers(llm, NOW) == {}


@pytest.mark.parametrize("day", [date(1900, 1, 1), date(2100, 12, 31)])
def test_the_sunset_of_any_day_is_a_date_of_http(day: date) -> None:
    llm = make_llm(status=LLMStatus.DEPRECATED, deprecation_date=day)

    sunset = parsedate_to_datetime(lifecycle.headers(llm, NOW)["Sunset"])

    assert sunset == datetime(day.year, day.month, day.day, tzinfo=UTC)


# Lists
# ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("days", "window"),
    [
        (-400, Window.PAST),
        (-1, Window.PAST),
        (0, Window.WEEK),
        (7, Window.WEEK),
        (8, Window.MONTH),
        (30, Window.MONTH),
        (31, Window.QUARTER),
        (90, Window.QUARTER),
    ],
)
def test_each_day_is_in_one_list(days: int, window: Window) -> None:
    llm = make_llm(deprecation_date=TODAY + timedelta(days=days))

    (found,) = lifecycle.retirements(lifecycle.retiring(now=NOW), NOW)

    assert (found.llm, found.days_left, found.window) == (llm, days, window)
    lists = {one for one in Window if list(lifecycle.retiring(one, now=NOW)) == [llm]}
    assert lists == {window}
    assert lifecycle.counts(NOW) == {one: int(one is window) for one in Window}


def test_the_clock_moves_a_model_from_list_to_list() -> None:
    llm = make_llm(deprecation_date=TODAY)
    seen = []

    for days in (100, 60, 20, 5, -5):
        moment = NOW - timedelta(days=days)
        rows = lifecycle.retirements(lifecycle.retiring(now=moment), moment)
        seen.append([row.window for row in rows])

    assert llm.deprecation_date == TODAY
    assert seen == [[], [Window.QUARTER], [Window.MONTH], [Window.WEEK], [Window.PAST]]


def test_a_deprecated_model_without_a_day_may_go_at_any_time() -> None:
    llm = make_llm(status=LLMStatus.DEPRECATED)

    (found,) = lifecycle.retirements(lifecycle.retiring(now=NOW), NOW)

    assert (found.llm, found.days_left, found.window) == (llm, None, Window.UNDATED)


def test_what_is_switched_off_is_settled() -> None:
    make_llm(status=LLMStatus.INACTIVE, deprecation_date=TODAY)

    assert not lifecycle.retiring(now=NOW)
    assert not any(lifecycle.counts(NOW).values())
    assert not any(month.count for month in lifecycle.calendar(NOW))


def test_a_users_own_models_are_their_own_matter() -> None:
    plant(make_llm(deprecation_date=TODAY), owner=make_user())

    assert not lifecycle.retiring(now=NOW)


def test_what_retires_first_comes_first_and_what_has_no_day_last() -> None:
    undated = make_llm(status=LLMStatus.DEPRECATED)
    later = make_llm(deprecation_date=TODAY + timedelta(days=20))
    sooner = make_llm(deprecation_date=TODAY + timedelta(days=2))

    assert list(lifecycle.retiring(now=NOW)) == [sooner, later, undated]


def test_the_calendar_has_this_month_and_the_eleven_after_it() -> None:
    make_llm(deprecation_date=TODAY.replace(day=1))
    make_llm(deprecation_date=date(2027, 2, 28))
    make_llm(deprecation_date=date(2027, 3, 1))

    months = lifecycle.calendar(NOW)

    assert [month.first_day for month in months] == [
        *(date(2026, month, 1) for month in range(3, 13)),
        date(2027, 1, 1),
        date(2027, 2, 1),
    ]
    assert [month.count for month in months] == [1, *[0] * 10, 1]


def test_a_month_lists_its_models_beyond_the_ninety_days() -> None:
    llm = make_llm(deprecation_date=date(2027, 2, 28))
    make_llm(deprecation_date=date(2027, 3, 1))

    assert list(lifecycle.retiring(month=date(2027, 2, 1), now=NOW)) == [llm]


# Who uses them
# ----------------------------------------------------------------------------
def test_a_notice_names_who_uses_the_model() -> None:
    llm = make_llm(LLMType.EMBEDDING, deprecation_date=TODAY)
    other = make_llm(deprecation_date=TODAY + timedelta(days=1))
    make_knowledge_base("Contracts", embedding_model=llm)
    make_knowledge_base("Articles", embedding_model=llm, generation_model=other)
    set_default(llm)
    make_route(llm)
    make_route(llm)

    first, second = lifecycle.retirements(lifecycle.retiring(now=NOW), NOW)

    assert first.used_by.knowledge_bases == ["Articles", "Contracts"]
    assert first.used_by.is_default
    assert first.route_count == 2
    assert second.used_by.knowledge_bases == ["Articles"]
    assert not second.used_by.is_default
    assert second.route_count == 0


@pytest.mark.invariant("X4")
def test_the_number_of_rows_does_not_matter(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(6):
        make_route(make_llm(deprecation_date=TODAY))

    with django_assert_num_queries(5):
        lifecycle.retirements(lifecycle.retiring(now=NOW), NOW)
    with django_assert_num_queries(2):
        lifecycle.counts(NOW)
        lifecycle.calendar(NOW)
