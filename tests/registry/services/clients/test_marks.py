"""Marks: on what is registered only, moving no list for nothing, and who is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.core.exceptions import ValidationError
from pytest_django import Settings

from registry.choices import HolderState
from registry.models import ClientModel
from registry.services import clients
from registry.services.clients import marks, states
from registry.services.revision import current_turn
from tests.factories import make_client
from tests.threads import errors, together
from tests.trail import payload, written

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def row(client_id: str = "c1", model_id: str = "m") -> ClientModel:
    return ClientModel.objects.of(client_id, model_id).get()


def moved(deed: Callable[[], object]) -> bool:
    """Whether lists are prepared anew after it."""
    before = current_turn().availability
    deed()
    return current_turn().availability > before


# Quota
# ----------------------------------------------------------------------------
def test_a_mark_blocks_for_the_usual_window(settings: Settings) -> None:
    settings.REGISTRY_QUOTA_SECONDS = 60
    make_client("c1", "m")

    assert clients.mark_quota(" c1 ", " m ", now=NOON)

    assert (row().quota_marked_at, row().quota_until) == (NOON, NOON + 60 * SECOND)
    assert [clients.count("m", NOON + n * SECOND) for n in (59, 60)] == [0, 1]


def test_a_provider_may_know_better_when_the_window_ends() -> None:
    make_client("c1", "m")

    assert clients.mark_quota("c1", "m", retry_after=7, now=NOON)

    assert row().quota_until == NOON + 7 * SECOND
    assert clients.mark_quota("c1", "m", retry_after=0, now=NOON)
    assert clients.count("m", NOON) == 1


@pytest.mark.parametrize("retry_after", [-1, marks.LONGEST_WINDOW + 1])
def test_a_window_out_of_range_is_refused_and_marks_nothing(retry_after: int) -> None:
    make_client("c1", "m")

    with pytest.raises(ValidationError) as refused:
        clients.mark_quota("c1", "m", retry_after=retry_after)

    assert list(refused.value.message_dict) == ["retry_after"]
    assert row().quota_until is None


def test_marking_again_restarts_the_window() -> None:
    make_client("c1", "m")
    clients.mark_quota("c1", "m", retry_after=900, now=NOON)

    clients.mark_quota("c1", "m", now=NOON + SECOND)

    assert row().quota_until == NOON + 301 * SECOND


def test_a_mark_is_measured_and_told_by_no_event() -> None:
    make_client("c1", "m", now=NOON)

    with written() as entries:
        clients.mark_quota("c1", "m")
        clients.clear_quota("c1", "m")

    assert entries == []
    assert clients.last_updated("m") == NOON


def test_only_a_running_mark_can_be_cleared() -> None:
    make_client("c1", "m")
    clients.mark_quota("c1", "m", now=NOON)

    assert not clients.clear_quota("c1", "m", now=NOON + 300 * SECOND)
    assert clients.clear_quota("c1", "m", now=NOON + 299 * SECOND)
    assert not clients.clear_quota("c1", "m", now=NOON + 299 * SECOND)


# Nothing done
# ----------------------------------------------------------------------------
DEEDS = {
    "mark_quota": clients.mark_quota,
    "clear_quota": clients.clear_quota,
    "suspend": clients.suspend,
    "resume": clients.resume,
}


@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS)
@pytest.mark.parametrize(
    "pair",
    [("c1", "other"), ("c2", "m"), ("", "m"), ("c1", " "), ("C1", "m"), ("c1", "M"), ("c1", "m\0")],
)
def test_what_is_not_registered_cannot_be_marked(
    deed: Callable[[str, str], bool], pair: tuple[str, str]
) -> None:
    make_client("c1", "m")
    make_client("c2", "other")
    before = list(ClientModel.objects.in_order().values())

    with written() as entries:
        assert not moved(lambda: pytest.fail("done") if deed(*pair) else None)

    assert entries == []
    assert list(ClientModel.objects.in_order().values()) == before


def test_a_report_that_changes_nothing_moves_no_list() -> None:
    make_client("c1", "m")
    clients.suspend("c1", "m", "manual")

    assert not moved(lambda: clients.suspend("c1", "m", "manual"))
    assert not moved(lambda: clients.clear_quota("c1", "m"))
    assert moved(lambda: clients.resume("c1", "m"))
    assert not moved(lambda: clients.resume("c1", "m"))
    assert moved(lambda: clients.mark_quota("c1", "m"))
    assert moved(lambda: clients.clear_quota("c1", "m"))


# Suspension
# ----------------------------------------------------------------------------
def test_a_suspension_and_its_end_are_events_of_the_client() -> None:
    client = make_client("c1", "m", now=NOON)

    with written() as entries:
        assert clients.suspend(" c1 ", " m ", " key expired ", now=NOON + SECOND)
        assert clients.resume("c1", "m", now=NOON + 2 * SECOND)

    assert entries.names == ["client_suspended", "client_resumed"]
    assert {entry.object_pk for entry in entries} == {str(client.pk)}
    assert [payload(entry) for entry in entries] == [{"model": "m", "reason": "key expired"}] * 2
    assert (row().suspended_at, row().suspended_reason) == (None, "")
    assert clients.last_updated("m") == NOON + 2 * SECOND


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        ("quota", "disabled", "disabled"),
        ("quota", "", ""),
        ("quota", "QUOTA", "quota"),
        ("disabled", "quota", "disabled"),
        ("disabled", "other", "disabled"),
        ("", "disabled", ""),
    ],
)
def test_a_harder_reason_replaces_quota_and_else_the_first_stays(
    first: str, second: str, kept: str
) -> None:
    make_client("c1", "m")
    assert clients.suspend("c1", "m", first, now=NOON)

    done = clients.suspend("c1", "m", second, now=NOON + SECOND)

    assert done is (kept == second)
    assert row().suspended_reason == kept
    assert row().suspended_at == NOON + done * SECOND


@pytest.mark.parametrize("reason", ["a" * 301, "two\nlines", "NUL\0"])
def test_a_reason_is_one_short_line(reason: str) -> None:
    make_client("c1", "m")

    with pytest.raises(ValidationError) as refused:
        clients.suspend("c1", "m", reason)

    assert list(refused.value.message_dict) == ["reason"]
    assert row().suspended_at is None


def test_both_marks_end_each_by_itself() -> None:
    make_client("c1", "m")
    clients.mark_quota("c1", "m", now=NOON)
    clients.suspend("c1", "m", "manual", now=NOON)

    assert states.state_of(row(), NOON) == HolderState.OFF
    assert clients.resume("c1", "m", now=NOON)
    assert states.state_of(row(), NOON) == HolderState.COOLING
    assert clients.suspend("c1", "m", "manual", now=NOON)
    assert clients.clear_quota("c1", "m", now=NOON)
    assert states.state_of(row(), NOON) == HolderState.OFF


@pytest.mark.django_db(transaction=True)
def test_of_two_who_suspend_at_once_one_does_and_the_trail_has_one_event() -> None:
    make_client("c1", "m")

    with written() as entries:
        done = together([partial(clients.suspend, "c1", "m", f"reason {n}") for n in range(6)])

    assert errors(done) == []
    assert done.count(True) == 1
    assert entries.names == ["client_suspended"]
    assert payload(entries.only)["reason"] == row().suspended_reason


@pytest.mark.django_db(transaction=True)
def test_marks_of_many_clients_at_once_all_count() -> None:
    names = [f"c{number}" for number in range(8)]
    for name in names:
        make_client(name, "m", "m")

    assert errors(together([partial(clients.mark_quota, name, "m") for name in names[:5]])) == []
    assert clients.count("m") == 6
    assert errors(together([partial(clients.clear_quota, name, "m") for name in names[:3]])) == []
    assert clients.count("m") == 12


# Ended marks
# ----------------------------------------------------------------------------
def test_ended_marks_are_forgotten_and_no_list_is_prepared_anew() -> None:
    for number in range(3):
        make_client(f"c{number}", "m")
        clients.mark_quota(f"c{number}", "m", now=NOON + number * SECOND)
    later = NOON + 301 * SECOND
    before = clients.holders_of("m", later)

    assert not moved(lambda: clients.clear_ended(later))

    assert clients.holders_of("m", later) == before
    found = ClientModel.objects.in_order().values_list("quota_marked_at", "quota_until")
    assert list(found) == [(None, None)] * 2 + [(NOON + 2 * SECOND, NOON + 302 * SECOND)]
    assert clients.clear_ended(later) == 0
