"""The calls of one test, in order: what each stage showed, in a dialect made for the purpose."""

from __future__ import annotations

from dataclasses import replace

import pytest

from registry.choices import ProbeCode, Stage
from registry.dialects.base import Verdict
from registry.outbound.calls import CallError
from tests.factories import API_KEY
from tests.outbound import FakeFarSide, answer
from tests.scripted import (
    AUTH,
    FREE,
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


# Stages
# ----------------------------------------------------------------------------
def test_all_stages_are_told_in_order() -> None:
    free = (check(GOOD, REACH), check(GOOD, AUTH), check(GOOD, MODEL))

    found = run(Scripted(free))

    assert codes(found) == ["ok"] * 4
    assert (found.code, found.failed_stage, found.billed_calls) == ("ok", "", 1)


def test_without_inference_nothing_is_billed(far: FakeFarSide) -> None:
    found = run(Scripted(), inference=False)

    assert codes(found) == ["ok", "ok", "ok", "skipped"]
    assert (found.code, found.billed_calls, len(far.calls)) == ("ok", 0, 1)


def test_a_dialect_without_a_probe_ends_with_the_free_calls() -> None:
    found = run(Scripted(inference=None))

    assert codes(found) == ["ok", "ok", "ok", "skipped"]
    assert found.billed_calls == 0


def test_what_cannot_be_tested_is_not_called(far: FakeFarSide) -> None:
    found = run(Scripted(reason="cli"))

    assert (found.code, found.detail, far.calls) == (ProbeCode.CANNOT_TEST, "cli", [])
    assert codes(found) == ["cannot_test", "skipped", "skipped", "skipped"]


# Which stage a failure is about, whatever call showed it.
FAILURES = [
    (ProbeCode.UNREACHABLE, REACH),
    (ProbeCode.TLS, REACH),
    (ProbeCode.TIMEOUT, AUTH),
    (ProbeCode.REDIRECTED, REACH),
    (ProbeCode.TOO_LARGE, REACH),
    (ProbeCode.ENCODING_REFUSED, REACH),
    (ProbeCode.ADDRESS_REFUSED, REACH),
    (ProbeCode.BAD_KEY, AUTH),
    (ProbeCode.FORBIDDEN, AUTH),
    (ProbeCode.NO_CREDIT, AUTH),
    (ProbeCode.BAD_SHAPE, AUTH),
    (ProbeCode.SERVER_ERROR, AUTH),
    (ProbeCode.MODEL_MISSING, MODEL),
    (ProbeCode.DEPLOYMENT_MISSING, MODEL),
    (ProbeCode.RATE_LIMITED, AUTH),
    (ProbeCode.OVERLOADED, AUTH),
]


@pytest.mark.parametrize(("code", "stage"), FAILURES)
def test_a_failure_of_the_free_call_ends_the_test_at_its_stage(
    far: FakeFarSide, code: str, stage: Stage
) -> None:
    found = run(Scripted((check(Verdict(code=code), *FREE),)))

    at = list(Stage).index(stage)
    assert codes(found) == ["ok"] * at + [code] + ["skipped"] * (3 - at)
    assert (found.code, found.failed_stage, found.billed_calls) == (code, stage, 0)
    assert len(far.calls) == 1


@pytest.mark.parametrize(
    ("code", "stage"),
    [
        (ProbeCode.NO_CREDIT, AUTH),
        (ProbeCode.MODEL_MISSING, MODEL),
        (ProbeCode.UNREACHABLE, REACH),
        (ProbeCode.TIMEOUT, INFERENCE),
        (ProbeCode.WRONG_OPERATION, INFERENCE),
        (ProbeCode.BAD_PARAMETER, INFERENCE),
        (ProbeCode.BAD_SHAPE, INFERENCE),
        (ProbeCode.SERVER_ERROR, INFERENCE),
    ],
)
def test_a_later_call_shows_what_an_earlier_stage_had_passed(code: str, stage: Stage) -> None:
    found = run(Scripted(inference=billed(Verdict(code=code))))

    assert found.failed_stage == stage
    assert codes(found)[list(Stage).index(stage)] == code
    assert codes(found).count(code) == 1
    assert (found.code, found.billed_calls) == (code, 1)


def test_a_call_that_brings_no_answer_is_a_failure_like_any_other() -> None:
    found = run(Scripted((check(CallError("tls", "expired"), *FREE),)))

    assert (found.code, found.detail, found.failed_stage) == (ProbeCode.TLS, "expired", REACH)


@pytest.mark.parametrize("detail", ["name", "connect", "tls", "answer"])
def test_a_wait_in_vain_is_one_for_the_host_and_a_timeout_that_is_told_is_not(detail: str) -> None:
    silent = run(Scripted((check(CallError("timeout", detail), *FREE),)))
    told = run(Scripted((check(Verdict(code=ProbeCode.TIMEOUT), *FREE),)))

    assert (silent.failed_stage, told.failed_stage) == (REACH, AUTH)


@pytest.mark.parametrize("code", [ProbeCode.SERVER_ERROR, ProbeCode.BAD_SHAPE])
def test_a_server_that_lacks_the_optional_call_is_asked_for_inference(code: str) -> None:
    lacking = (check(Verdict(code=code, detail="path"), *FREE, optional=True),)

    assert codes(run(Scripted(lacking))) == ["ok"] * 4
    assert codes(run(Scripted(lacking), inference=False)) == ["ok"] + ["skipped"] * 3


def test_an_optional_call_that_is_refused_ends_the_test() -> None:
    found = run(Scripted((check(Verdict(code=ProbeCode.BAD_KEY), *FREE, optional=True),)))

    assert (found.code, found.billed_calls) == (ProbeCode.BAD_KEY, 0)


def test_a_final_answer_ends_the_test_even_where_the_call_is_optional(far: FakeFarSide) -> None:
    final = Verdict(code=ProbeCode.BAD_SHAPE, detail="address_lacks_v1", is_final=True)

    found = run(Scripted((check(final, *FREE, optional=True),)))

    assert (found.code, found.detail) == (ProbeCode.BAD_SHAPE, "address_lacks_v1")
    assert len(far.calls) == 1


# Dimensions
# ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("returned", "code"),
    [(1024, ProbeCode.OK), (768, ProbeCode.DIMENSION_MISMATCH), (None, ProbeCode.OK)],
)
def test_the_length_of_a_vector_is_compared_with_the_registered_one(
    returned: int | None, code: str
) -> None:
    found = run(Scripted(inference=billed(Verdict(dimensions=returned))))

    assert (found.code, found.dimensions) == (code, returned)


def test_a_wrong_length_after_a_correction_is_a_wrong_length() -> None:
    found = run(Scripted(inference=corrected(REFUSED, Verdict(dimensions=768))))

    assert (found.code, found.dimensions) == (ProbeCode.DIMENSION_MISMATCH, 768)


# Facts
# ----------------------------------------------------------------------------
def test_the_facts_of_an_answer_are_kept() -> None:
    verdict = Verdict(note="unlisted", prompt_tokens=3, output_tokens=1, load_ms=1500)

    found = run(Scripted(inference=billed(verdict)))

    assert (found.prompt_tokens, found.output_tokens) == (3, 1)
    assert (found.stages[-1]["note"], found.stages[-1]["load_ms"]) == ("unlisted", 1500)
    assert found.latency_ms == found.stages[-1]["latency_ms"]
    assert "detail" not in found.stages[-1]


def test_a_stage_that_failed_keeps_the_answers_status(far: FakeFarSide) -> None:
    far.handler = lambda call: answer(status=403)
    forbidden = billed(Verdict(code=ProbeCode.FORBIDDEN))

    rows = {row["name"]: row.get("status") for row in run(Scripted(inference=forbidden)).stages}

    assert rows == {REACH: None, AUTH: 403, MODEL: None, INFERENCE: None}
    unanswered = run(Scripted(inference=billed(CallError(ProbeCode.TLS, "expired"))))
    assert not [row for row in unanswered.stages if "status" in row]


def test_a_wait_that_the_provider_asks_for_is_kept() -> None:
    found = run(Scripted((check(Verdict(code=ProbeCode.RATE_LIMITED, retry_after=30), *FREE),)))

    assert found.retry_after == 30


def test_an_unknown_model_comes_with_the_nearest_ones_that_are_listed() -> None:
    listed = ("gpt-4o-mini", "gpt-4", "whisper-1", "gpt-4o-2024", "gpt-4.1")
    missing = Verdict(code=ProbeCode.MODEL_MISSING, listed=listed)

    found = run(Scripted((check(missing, *FREE),)))

    (row,) = (row for row in found.stages if row["code"] == ProbeCode.MODEL_MISSING)
    assert len(row["nearest"]) == 3
    assert "whisper-1" not in row["nearest"]


# Secrets
# ----------------------------------------------------------------------------
HOSTILE = Verdict(
    code=ProbeCode.MODEL_MISSING,
    detail=f"no {API_KEY}",
    said=f"key {API_KEY}\x00 and {API_KEY[::-1]} are\nwrong",
    listed=("gpt-4o-" + API_KEY, f"{API_KEY}"),
)


@pytest.mark.parametrize(
    "dialect",
    [
        Scripted((check(HOSTILE, *FREE),)),
        Scripted(inference=billed(HOSTILE)),
        Scripted(inference=billed(replace(HOSTILE, code=ProbeCode.OK))),
        Scripted(inference=corrected(HOSTILE, HOSTILE)),
    ],
)
def test_nothing_that_is_kept_has_a_piece_of_the_key(dialect: Scripted) -> None:
    kept = str(vars(run(dialect)))

    pieces = [API_KEY[at : at + 8] for at in range(len(API_KEY) - 7)]
    assert not [piece for piece in pieces if piece in kept or piece[::-1] in kept]
    assert "\x00" not in kept


def test_what_the_provider_said_is_short() -> None:
    long = Verdict(code=ProbeCode.BAD_KEY, said="word " * 1000, detail="d" * 5000)

    found = run(Scripted((check(long, *FREE),)))

    assert (len(found.said), len(found.detail)) == (300, 200)
