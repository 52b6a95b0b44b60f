"""A test that asks twice: corrected parameters, and the time that all calls share."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pytest_django import Settings

from registry.choices import ProbeCode
from registry.dialects.base import Verdict
from registry.outbound.calls import Answer, Call, CallError
from tests.outbound import FakeFarSide, answer, far_side
from tests.scripted import (
    AUTH,
    CUT,
    GOOD,
    INFERENCE,
    MODEL,
    REACH,
    REFUSED,
    Scripted,
    billed,
    check,
    codes,
    corrected,
    run,
)

pytestmark = pytest.mark.usefixtures("far")


# Corrections
# ----------------------------------------------------------------------------
@pytest.mark.parametrize("then", [GOOD, CUT])
def test_an_answer_after_a_correction_is_degraded_and_never_a_clean_one(then: Verdict) -> None:
    found = run(Scripted(inference=corrected(REFUSED, then)))

    assert (found.code, found.detail, found.billed_calls) == (ProbeCode.DEGRADED, "max_tokens", 2)
    assert codes(found) == ["ok", "ok", "ok", "degraded"]
    assert found.failed_stage == INFERENCE


def test_every_correction_is_named() -> None:
    last = replace(REFUSED, retry=billed(GOOD), corrected="reasoning_effort")
    first = replace(REFUSED, retry=billed(last), corrected="max_tokens")

    found = run(Scripted(inference=billed(first)))

    assert found.detail == "max_tokens, reasoning_effort"


def test_no_more_than_two_corrections_are_tried(far: FakeFarSide) -> None:
    found = run(Scripted(inference=corrected(REFUSED, REFUSED, REFUSED, GOOD)))

    assert (found.code, found.billed_calls) == (ProbeCode.BAD_PARAMETER, 3)
    assert len(far.calls) == 4


def test_a_second_way_to_ask_that_corrects_nothing_is_no_fault() -> None:
    found = run(Scripted(inference=corrected(Verdict(code=ProbeCode.BAD_SHAPE), GOOD, name="")))

    assert found.code == ProbeCode.OK


def test_what_answered_once_is_not_down_because_a_second_call_was_too_slow() -> None:
    found = run(Scripted(inference=corrected(CUT, CallError("timeout", "answer"))))

    assert (found.code, found.detail) == (ProbeCode.DEGRADED, "max_tokens")
    assert codes(found)[-1] == "degraded"


def test_a_correction_that_is_refused_for_another_reason_tells_that_reason() -> None:
    found = run(Scripted(inference=corrected(REFUSED, Verdict(code=ProbeCode.NO_CREDIT))))

    assert (found.code, found.failed_stage) == (ProbeCode.NO_CREDIT, AUTH)


def test_an_answer_that_was_cut_short_is_told_as_such() -> None:
    found = run(Scripted(inference=billed(CUT)))

    assert (found.code, found.failed_stage) == (ProbeCode.OK_TRUNCATED, "")


# Time
# ----------------------------------------------------------------------------
@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that the session reads; a test moves them."""
    now = [1000.0]
    monkeypatch.setattr("registry.services.probing.time.monotonic", lambda: now[0])
    return now


def taking(monkeypatch: pytest.MonkeyPatch, clock: list[float], *seconds: float) -> FakeFarSide:
    """Let the first call take so many seconds, the second one so many, and so on."""
    rest: Iterator[float] = itertools.chain(seconds, itertools.repeat(0))

    def handle(call: Call) -> Answer:
        clock[0] += next(rest)
        return answer({})

    return far_side(monkeypatch, handle)


def test_all_calls_share_one_time(monkeypatch: pytest.MonkeyPatch, clock: list[float]) -> None:
    far = taking(monkeypatch, clock, 6, 2)

    run(Scripted())

    assert far.seconds == [15, 9]


def test_a_call_is_not_begun_when_the_time_is_over(
    monkeypatch: pytest.MonkeyPatch, clock: list[float]
) -> None:
    far = taking(monkeypatch, clock, 15)

    found = run(Scripted())

    assert (found.code, found.failed_stage) == (ProbeCode.TIMEOUT, INFERENCE)
    assert (len(far.calls), found.billed_calls, found.latency_ms) == (1, 0, 15_000)


def test_a_host_that_loads_a_model_has_longer(
    monkeypatch: pytest.MonkeyPatch, clock: list[float], settings: Settings
) -> None:
    far = taking(monkeypatch, clock, 5)
    settings.REGISTRY_LOAD_SECONDS = 45
    told: list[float] = []

    run(
        Scripted(inference=billed(GOOD, slow=True)),
        before=lambda stages, seconds: told.append(seconds),
    )

    assert far.seconds == told == [15, 55]


def test_who_watches_is_told_before_each_call_what_is_known() -> None:
    seen: list[list[str]] = []

    run(
        Scripted((check(GOOD, REACH), check(GOOD, AUTH, MODEL))),
        before=lambda stages, seconds: seen.append([row["name"] for row in stages]),
    )

    assert seen == [[], ["reach"], ["reach", "auth", "model"]]


def test_an_objection_before_a_call_prevents_it(far: FakeFarSide) -> None:
    def object_to(stages: list[dict[str, Any]], seconds: float) -> None:
        if stages:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(Scripted(), before=object_to)

    assert len(far.calls) == 1
