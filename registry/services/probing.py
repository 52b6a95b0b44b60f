"""Makes the calls of one test in order, and says what each stage showed.

It reads no table and writes none: it takes a target and returns what was found.
"""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.conf import settings

from registry.choices import ProbeCode, Stage
from registry.dialects.base import Verdict
from registry.models.connection_test import GOOD_CODES
from registry.outbound import http
from registry.outbound.calls import CallError
from registry.outbound.scrub import scrub

if TYPE_CHECKING:
    from registry.dialects.base import Check
    from registry.services.targets import Aim

SKIPPED = "skipped"
_KEY_TROUBLE = {ProbeCode.NEEDS_KEY, ProbeCode.CREDENTIAL_UNREADABLE}
_UNKNOWN_MODEL = {ProbeCode.MODEL_MISSING, ProbeCode.DEPLOYMENT_MISSING}
MOST_RETRIES = 2
LONGEST_DETAIL = 200  # characters
_COMPARED = 100  # characters of an id that are compared with others
NEAREST = 3  # model ids offered in place of an unknown one

# The stage that a failure is about, whatever call showed it.
_STAGE_OF: dict[str, Stage] = {
    **dict.fromkeys(
        (
            *(ProbeCode.UNREACHABLE, ProbeCode.TLS, ProbeCode.REDIRECTED, ProbeCode.TOO_LARGE),
            *(ProbeCode.ENCODING_REFUSED, ProbeCode.ADDRESS_REFUSED, ProbeCode.ADDRESS_BLOCKED),
        ),
        Stage.REACH,
    ),
    **dict.fromkeys((ProbeCode.BAD_KEY, ProbeCode.FORBIDDEN, ProbeCode.NO_CREDIT), Stage.AUTH),
    **dict.fromkeys((ProbeCode.MODEL_MISSING, ProbeCode.DEPLOYMENT_MISSING), Stage.MODEL),
}
_OF_A_GATEWAY = {
    *(ProbeCode.BAD_SHAPE, ProbeCode.SERVER_ERROR, ProbeCode.TIMEOUT),
    *(ProbeCode.RATE_LIMITED, ProbeCode.OVERLOADED),
}
# Answers that came as they should, whatever is in them.
_AS_HOPED = {*GOOD_CODES, ProbeCode.DIMENSION_MISMATCH}
# What an optional check may answer without ending the test: the server lacks the path.
_FORGIVEN = {ProbeCode.SERVER_ERROR, ProbeCode.BAD_SHAPE}


@dataclass
class Found:
    """What a test found. `stages` are in order, each with its name, code and latency."""

    code: str = ""
    detail: str = ""
    said: str = ""
    stages: list[dict[str, Any]] = field(default_factory=list)
    latency_ms: int | None = None
    dimensions: int | None = None
    billed_calls: int = 0
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    retry_after: int | None = None

    @property
    def failed_stage(self) -> str:
        """The stage that the result is about; empty when all was well."""
        bad = [stage["name"] for stage in self.stages if stage["code"] not in _FINE]
        return bad[-1] if bad else ""


_FINE = {ProbeCode.OK, ProbeCode.OK_TRUNCATED, SKIPPED}


def refusal(code: str, detail: str = "") -> Found:
    """Return the result of a test that could not call anything."""
    detail = detail[:LONGEST_DETAIL]  # a host's name may be longer
    failed = Stage.AUTH if code in _KEY_TROUBLE else Stage.REACH
    row = {"name": failed.value, "code": code, "latency_ms": None, "detail": detail}
    order = list(Stage)
    before, after = order[: order.index(failed)], order[order.index(failed) + 1 :]
    return Found(code=code, detail=detail, stages=[*_skipped(before), row, *_skipped(after)])


def run(
    aim: Aim, *, inference: bool, before_call: Callable[[list[dict[str, Any]], float], None]
) -> Found:
    """Make the calls that `aim` needs; the billed one only with `inference`.

    `before_call(stages, seconds)` is told what is known so far and how long the next call may
    take at most. All calls together end within REGISTRY_TEST_SECONDS, and loading a model within
    REGISTRY_LOAD_SECONDS more.
    """
    reason = aim.dialect.cannot_test(aim.target)
    if reason:
        return refusal(ProbeCode.CANNOT_TEST, reason)
    return _Session(aim, inference, before_call).run()


class _Session:
    """One test on its way."""

    def __init__(self, aim: Aim, inference: bool, before_call: Callable[..., None]) -> None:
        self.aim = aim
        self.inference = inference
        self.before_call = before_call
        self.began = time.monotonic()
        self.found = Found()
        self.listed: tuple[str, ...] = ()  # by the last list that was read

    def run(self) -> Found:
        for check in self._checks():
            verdict, latency_ms = self._make(check)
            if verdict.is_good or verdict.code == ProbeCode.DEGRADED:
                self._prove(check, verdict, latency_ms)
            elif verdict.is_final or not (check.optional and verdict.code in _FORGIVEN):
                self._fail(check, verdict, latency_ms)
                break
            else:
                self._forgive(verdict, latency_ms)
        return self._finish()

    def _checks(self) -> Iterator[Check]:
        yield from self.aim.dialect.checks(self.aim.target)
        if self.inference:
            probe = self.aim.dialect.probe(self.aim.target)
            if probe is not None:
                yield probe

    def _make(self, check: Check) -> tuple[Verdict, int]:
        """Make a check, and once more where its answer says how; return the last verdict.

        What answered once has answered, whatever becomes of a second call.
        """
        verdict, latency_ms = self._call(check)
        corrected: list[str] = []
        for _retry in range(MOST_RETRIES):
            if verdict.retry is None:
                break
            corrected += [verdict.corrected] if verdict.corrected else []
            again = self._call(verdict.retry)
            if verdict.is_good and not again[0].is_good:
                break
            verdict, latency_ms = again
        verdict = self._judge_dimensions(verdict)
        if corrected and verdict.is_good:
            verdict = _replaced(verdict, code=ProbeCode.DEGRADED, detail=", ".join(corrected))
        return verdict, latency_ms

    def _call(self, check: Check) -> tuple[Verdict, int]:
        most = settings.REGISTRY_TEST_SECONDS + settings.REGISTRY_LOAD_SECONDS * check.slow
        seconds = self.began + most - time.monotonic()
        if seconds <= 0:
            return Verdict(code=ProbeCode.TIMEOUT, detail="answer"), most * 1000
        self.before_call(self.found.stages, seconds)
        self.found.billed_calls += check.is_billed
        began = time.monotonic()
        try:
            answer = http.send(check.call, seconds=seconds)
            verdict = _replaced(check.read(answer), status=answer.status)
        except CallError as error:
            verdict = Verdict(code=error.code, detail=error.detail)
        self.listed = verdict.listed or self.listed
        return verdict, round((time.monotonic() - began) * 1000)

    def _judge_dimensions(self, verdict: Verdict) -> Verdict:
        wanted = self.aim.target.dimensions
        if not verdict.is_good or verdict.dimensions is None or wanted is None:
            return verdict
        if verdict.dimensions == wanted:
            return verdict
        return _replaced(verdict, code=ProbeCode.DIMENSION_MISMATCH)

    def _has(self, stage: Stage) -> bool:
        return any(known["name"] == stage for known in self.found.stages)

    def _forgive(self, verdict: Verdict, latency_ms: int) -> None:
        """Go on without a check that the server lacks; a broken one leaves nothing to go by.

        Unless inference is asked for, which tells more than it could have.
        """
        if not self._has(Stage.REACH):
            self._note(Stage.REACH, Verdict(), latency_ms)
        if verdict.detail != "path" and not self.inference:
            self.found.code, self.found.detail = ProbeCode.CANNOT_TEST.value, "no_free_check"
            self._note(Stage.AUTH, _replaced(verdict, code=ProbeCode.CANNOT_TEST), latency_ms)

    def _prove(self, check: Check, verdict: Verdict, latency_ms: int) -> None:
        """Note what a good answer shows: whoever passes a stage has passed those before it."""
        order = list(Stage)
        last = check.proves[-1]
        for stage in order[: order.index(last) + 1]:
            if not self._has(stage):
                self._note(stage, verdict if stage == last else Verdict(), latency_ms)

    def _fail(self, check: Check, verdict: Verdict, latency_ms: int) -> None:
        """Note the stage that failed; those before it in the check were passed on the way."""
        failed = _stage_of(verdict, check.proves)
        order = list(Stage)
        for stage in order[: order.index(failed)]:
            if not self._has(stage) and stage in check.proves:
                self._note(stage, Verdict(), latency_ms)
        # A later call can show what an earlier stage had passed: a key without credit.
        self.found.stages = [row for row in self.found.stages if row["name"] != failed]
        self._note(failed, verdict, latency_ms)
        self.found.code = verdict.code
        self.found.detail = scrub(verdict.detail, self.aim.target.key, limit=LONGEST_DETAIL)
        self.found.said = scrub(verdict.said, self.aim.target.key)

    def _note(self, stage: Stage, verdict: Verdict, latency_ms: int) -> None:
        facts = {
            "detail": scrub(verdict.detail, self.aim.target.key, limit=LONGEST_DETAIL),
            "note": verdict.note,
            "nearest": self._nearest(verdict),
            "load_ms": verdict.load_ms,
            "status": None if verdict.code in _AS_HOPED else verdict.status,
        }
        known = {name: value for name, value in facts.items() if value not in ("", None, [])}
        row = {"name": stage.value, "code": str(verdict.code), "latency_ms": latency_ms, **known}
        self.found.stages.append(row)
        for name in ("dimensions", "prompt_tokens", "output_tokens", "retry_after"):
            value = getattr(verdict, name)
            if value is not None:
                setattr(self.found, name, value)

    def _nearest(self, verdict: Verdict) -> list[str]:
        """Return the listed ids that look most like the one that is unknown."""
        if verdict.code not in _UNKNOWN_MODEL and verdict.note != "unlisted":
            return []
        near = difflib.get_close_matches(
            self.aim.target.model_id[:_COMPARED],
            [name[:_COMPARED] for name in self.listed[:1000]],
            n=NEAREST,
            cutoff=0.5,
        )
        return [scrub(name, self.aim.target.key, limit=100) for name in near]

    def _finish(self) -> Found:
        found = self.found
        found.stages.sort(key=lambda row: list(Stage).index(row["name"]))
        missing = [stage for stage in Stage if not self._has(stage)]
        timed = [row["latency_ms"] for row in found.stages]
        found.latency_ms = timed[-1] if timed else None
        if not found.code:
            worst = [row for row in found.stages if row["code"] == ProbeCode.DEGRADED]
            cut = [row for row in found.stages if row["code"] == ProbeCode.OK_TRUNCATED]
            chosen = next(iter(worst or cut), None)
            found.code = chosen["code"] if chosen else ProbeCode.OK.value
            found.detail = chosen.get("detail", "") if chosen else ""
        found.stages += _skipped(missing)
        found.stages.sort(key=lambda row: list(Stage).index(row["name"]))
        return found


def _stage_of(verdict: Verdict, proves: tuple[Stage, ...]) -> Stage:
    """Return the stage that failed; whoever answers at all was reached.

    What a gateway may say without a look at the key leaves open what comes behind reach.
    """
    if verdict.code in _STAGE_OF:
        return _STAGE_OF[verdict.code]
    if verdict.code == ProbeCode.TIMEOUT and verdict.detail:  # ours: nothing came back
        return proves[0]
    if verdict.code in _OF_A_GATEWAY:
        return next((stage for stage in proves if stage != Stage.REACH), proves[0])
    return proves[-1]


def _skipped(stages: list[Stage]) -> list[dict[str, Any]]:
    return [{"name": stage.value, "code": SKIPPED, "latency_ms": None} for stage in stages]


def _replaced(verdict: Verdict, **changes: Any) -> Verdict:
    return Verdict(**{**vars(verdict), **changes})
