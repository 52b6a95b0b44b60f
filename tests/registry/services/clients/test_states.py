"""The rules of what clients together say of a model, without a database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.choices import HolderState
from registry.services.clients import states
from registry.services.clients.states import Holder

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
READY, COOLING, OFF = HolderState.READY, HolderState.COOLING, HolderState.OFF
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Marks:
    quota_until: datetime | None = None
    suspended_at: datetime | None = None
    suspended_reason: str = ""


def holder(client_id: str = "c1", state: HolderState = READY, **columns: Any) -> Holder:
    values: dict[str, Any] = {
        "provider": "openai",
        "model_id": "m",
        "seats": 1,
        "position": 0,
        "info": {"id": "m"},
        "until": None,
        "reason": "",
        "turn": 1,
        "changed_at": NOON,
    }
    return Holder(**values | columns | {"client_id": client_id, "state": state})


marks = st.builds(
    Marks,
    st.none() | st.integers(-2, 2).map(lambda seconds: NOON + seconds * SECOND),
    st.none() | st.just(NOON),
    st.sampled_from(["", "quota", " QUOTA ", "manual", "credential_quota"]),
)


@st.composite
def held(draw: st.DrawFn) -> list[Holder]:
    """Return what distinct clients hold of one model, with whatever marks."""
    found = []
    for number in range(draw(st.integers(0, 5))):
        mark = draw(marks)
        state, until = states.standing(
            (mark.quota_until, mark.suspended_at, mark.suspended_reason), NOON
        )
        found.append(
            holder(
                f"c{number}",
                state,
                until=until,
                reason=mark.suspended_reason,
                seats=draw(st.integers(1, 3)),
                turn=draw(st.integers(0, 3)),
                provider=draw(st.sampled_from(["", "azure", "openai"])),
                info={"id": "m", "context_length": draw(st.integers(-1, 5)), "number": number},
            )
        )
    return found


# One client
# ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("seconds", "state"), [(-1, READY), (0, READY), (1, COOLING)], ids=["past", "ends", "runs"]
)
def test_a_window_blocks_until_its_end_and_not_at_it(seconds: int, state: HolderState) -> None:
    until = NOON + seconds * SECOND

    assert states.state_of(Marks(quota_until=until), NOON) == state
    assert states.standing((until, None, ""), NOON)[1] == (until if state == COOLING else None)


@pytest.mark.parametrize("reason", ["quota", "QUOTA", "qUoTa", " quota "])
def test_a_suspension_for_quota_is_a_cool_down_without_an_end(reason: str) -> None:
    marked = Marks(NOON + SECOND, NOON, reason)

    assert states.state_of(marked, NOON) == COOLING
    assert states.standing((NOON + SECOND, NOON, reason), NOON) == (COOLING, None)


@pytest.mark.parametrize("reason", ["", "manual", "credential_quota", "quotas"])
def test_another_reason_switches_off_whatever_the_window(reason: str) -> None:
    for until in (None, NOON - SECOND, NOON + SECOND):
        assert states.state_of(Marks(until, NOON, reason), NOON) == OFF


@pytest.mark.parametrize("text", ["m\0", "\ud800", "a\x1bb"])
def test_a_text_that_no_id_can_be_asks_for_nothing(text: str) -> None:
    assert states.as_id(text) == ""
    assert states.as_id(" m ") == "m"


# All clients of a model
# ----------------------------------------------------------------------------
def test_a_blocked_client_takes_all_its_seats_with_it() -> None:
    assert states.count([holder("c1", COOLING, seats=3), holder("c2", seats=2)]) == 2


@pytest.mark.parametrize(
    ("found", "listed"),
    [
        ([], False),
        ([READY], True),
        ([COOLING], True),
        ([OFF], False),
        ([READY, OFF], True),
        ([READY, COOLING, OFF], True),
        ([COOLING, COOLING], True),
        ([COOLING, OFF], False),
    ],
)
def test_a_model_is_listed_with_one_ready_or_with_all_cooling(
    found: list[HolderState], listed: bool
) -> None:
    holders = [holder(f"c{number}", state) for number, state in enumerate(found)]

    assert states.is_listed(holders) is listed


@given(held())
def test_counts_are_those_of_the_ready_and_never_negative(holders: list[Holder]) -> None:
    ready = [one for one in holders if one.state == READY]

    assert states.count(holders) == sum(one.seats for one in ready) >= 0
    assert (states.count(holders) > 0) == (states.model_state(holders) == READY)


@given(held())
def test_each_blocked_client_is_taken_off_once_however_it_is_blocked(
    holders: list[Holder],
) -> None:
    blocked = {one.client_id for one in holders if one.state in (COOLING, OFF)}

    assert states.count(holders) == sum(
        one.seats for one in holders if one.client_id not in blocked
    )


@given(held())
def test_the_rule_of_the_list(holders: list[Holder]) -> None:
    found = [one.state for one in holders]

    expected = READY in found or (bool(found) and set(found) == {COOLING})
    assert states.is_listed(holders) is expected


@given(held(), held())
def test_one_more_ready_client_never_hides_a_model(
    holders: list[Holder], others: list[Holder]
) -> None:
    assert states.is_listed([*holders, *others, holder("further")])


@given(held())
def test_providers_are_ordered_by_registered_seats_then_by_name(holders: list[Holder]) -> None:
    found = states.providers(holders)

    assert set(found) == {one.provider for one in holders} - {""}
    seats = [sum(one.seats for one in holders if one.provider == name) for name in found]
    assert sorted(zip([-number for number in seats], found, strict=True)) == [
        (-number, name) for number, name in zip(seats, found, strict=True)
    ]


def test_a_state_does_not_depend_on_who_is_asked_first() -> None:
    holders = [holder("c1", COOLING), holder("c2", OFF), holder("c3")]

    for order in (holders, holders[::-1], holders[1:] + holders[:1]):
        assert states.model_state(order) == READY
        assert states.model_state([one for one in order if one.state != READY]) == OFF


def test_a_model_that_waits_is_ready_again_with_the_first_window_that_ends() -> None:
    waiting = [
        holder("c1", COOLING, until=NOON + 2 * SECOND),
        holder("c2", COOLING, until=NOON + SECOND),
        holder("c3", COOLING),
    ]

    assert states.model_until(waiting) == NOON + SECOND
    assert states.model_until(waiting[2:]) is None
    assert states.model_until([*waiting, holder("c4")]) is None


# What they say of it
# ----------------------------------------------------------------------------
def test_the_shared_info_is_that_of_the_latest_registration_who_is_there() -> None:
    holders = [
        holder("c1", turn=3, info={"id": "m", "version": "3"}),
        holder("c2", OFF, turn=7, info={"id": "m", "version": "7"}),
        holder("c3", turn=5, info={"id": "m", "version": "5"}),
    ]

    assert states.shared_info(holders) == {"id": "m", "version": "7"}
    assert states.shared_info([holders[0], holders[2]]) == {"id": "m", "version": "5"}
    assert states.shared_info([]) is None
    assert states.published_info([]) is None


def test_what_is_handed_out_is_a_copy() -> None:
    stored = {"id": "m", "thinking": {"levels": ["low"]}}
    found = states.shared_info([holder(info=stored)])
    assert found is not None

    found["thinking"]["levels"][0] = "changed"

    assert stored["thinking"] == {"levels": ["low"]}


def limits(holders: Sequence[Holder]) -> Any:
    return states.published_limits(holders).get("context_length")


@pytest.mark.parametrize(
    ("lengths", "published"),
    [((1000, 9000), 1000), ((0, 9000), 9000), ((None, 9000), 9000), ((-5, 0), None)],
)
def test_published_limits_are_the_smallest_known(
    lengths: tuple[int | None, ...], published: int | None
) -> None:
    holders = [
        holder(f"c{number}", info={"id": "m", "context_length": length})
        for number, length in enumerate(lengths)
    ]

    assert limits(holders) == published


def test_a_cooling_client_counts_for_the_limits_and_one_switched_off_does_not() -> None:
    small = holder("c1", COOLING, info={"id": "m", "context_length": 1000})
    large = holder("c2", turn=2, info={"id": "m", "context_length": 9000, "version": "2"})

    assert limits([small, large]) == 1000
    assert limits([replace(small, state=OFF), large]) == 9000
    assert states.published_info([small, large]) == {
        "id": "m",
        "context_length": 1000,
        "version": "2",
    }


def test_a_limit_that_only_an_unroutable_client_knows_is_not_published() -> None:
    holders = [
        holder("c1", OFF, turn=2, info={"id": "m", "context_length": 9000}),
        holder("c2", info={"id": "m"}),
    ]

    assert states.published_info(holders) == {"id": "m"}


@given(held())
def test_every_routable_client_keeps_the_published_limits(holders: list[Holder]) -> None:
    published = limits(holders)

    known = [one.info["context_length"] for one in holders if one.state != OFF]
    assert all(published <= length for length in known if length > 0)
    assert (published is None) == (not any(length > 0 for length in known))


@pytest.mark.parametrize("created", [None, 0, -5])
def test_without_a_moment_of_creation_a_model_comes_last_by_its_id(created: int | None) -> None:
    pairs = [(created, "a"), (10, "z"), (10, "b"), (20, "c"), (created, "0")]

    found = sorted(pairs, key=lambda pair: states.newest_first(*pair))

    assert [model_id for _created, model_id in found] == ["c", "b", "z", "0", "a"]
