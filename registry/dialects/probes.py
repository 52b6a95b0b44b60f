"""Making a call's answer a verdict, and correcting a probe whose parameters were refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from registry.choices import Mode, ProbeCode, Stage
from registry.dialects.base import MORE_TOKENS, PROBE_TOKENS, Check, Target, Verdict
from registry.dialects.failures import FILTERED, Sign, judge
from registry.dialects.refusals import OTHER, Refusal, opened
from registry.dialects.shapes import holds_text, is_vector
from registry.outbound.calls import Answer, Call, CallError

# Our own words for `Verdict.detail`.
VECTOR = "vector"  # there is no list of numbers where one belongs
NO_TEXT = "no_text"  # the model answered nothing, and no limit is to blame
NO_MODE = "mode"  # the dialect has no call for this mode

Understand = Callable[[Any], Verdict]

# The same limit under its two names.
_SWAPS = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
_LIMITS = (*_SWAPS, "max_output_tokens", "maxOutputTokens", "num_predict")
# A call makes sense without these.
_OPTIONAL = (
    *("dimensions", "encoding_format", "outputDimensionality", "output_dimension"),
    *("reasoning_effort", "reasoning"),
)
_CORRECTABLE = (400, 422)
_RAN_OUT = (r"could not finish the message", r"output limit was reached")

# Why a model stopped talking, in the words of all dialects.
_CUT_SHORT = {"length", "max_tokens", "max_output_tokens", "model_length"}
_FILTERED = {
    *("content_filter", "refusal", "safety", "prohibited_content", "recitation", "blocklist"),
    *("spii", "error_toxic"),
}


def mode_of(target: Target) -> str:
    return target.mode or Mode.usual(target.type)


def tokens_of(target: Target, default: int = PROBE_TOKENS) -> int:
    return target.max_tokens or default


def unusable(detail: str = OTHER) -> Verdict:
    return Verdict(code=ProbeCode.BAD_SHAPE, detail=detail)


def read(
    answer: Answer,
    understand: Understand,
    signs: Iterable[Sign] = (),
    *,
    names_model: bool = True,
) -> Verdict:
    """Return what the answer to an unbilled check means."""
    body = opened(answer)
    if isinstance(body, Refusal):
        return judge(body, signs, names_model=names_model)
    try:
        return understand(body)
    except CallError as error:
        return unusable(error.detail)


def embedded(vector: Any, *, prompt_tokens: int | None = None, **facts: Any) -> Verdict:
    """Return the verdict on a vector; `dimensions` are those it really has."""
    if not is_vector(vector):
        return unusable(VECTOR)
    return Verdict(dimensions=len(vector), prompt_tokens=prompt_tokens, **facts)


def spoken(texts: Any, stop: str, **facts: Any) -> Verdict:
    """Return the verdict on what a model said, thoughts included, and why it stopped.

    A model that was cut off before its first word works; so does one that a filter silenced.
    """
    reason = stop.lower()
    if holds_text(texts):
        return Verdict(**facts)
    if reason in _FILTERED:
        return Verdict(note=FILTERED, **facts)
    if reason in _CUT_SHORT:
        return Verdict(code=ProbeCode.OK_TRUNCATED, **facts)
    return replace(unusable(NO_TEXT), **facts)


@dataclass(frozen=True)
class Probe:
    """The billed call. `tried` are the kinds of correction already made, each at most once."""

    call: Call
    understand: Understand
    signs: tuple[Sign, ...] = ()
    slow: bool = False
    tried: frozenset[str] = frozenset()

    def check(self) -> Check:
        return Check(
            proves=(Stage.INFERENCE,),
            call=self.call,
            read=self.read,
            is_billed=True,
            slow=self.slow,
        )

    def read(self, answer: Answer) -> Verdict:
        body = opened(answer)
        if not isinstance(body, Refusal):
            return self.understand(body)
        verdict = judge(body, self.signs, fields=tuple(self._body))
        if verdict.code != ProbeCode.BAD_PARAMETER or body.status not in _CORRECTABLE:
            return verdict
        if body.is_error and body.says(*_RAN_OUT):
            return self._with_more_tokens(verdict)
        return self._without_culprit(body, verdict)

    @property
    def _body(self) -> Mapping[str, Any]:
        return self.call.body or {}

    def _with_more_tokens(self, verdict: Verdict) -> Verdict:
        """Thinking used up the output: the model works, and may say something with more."""
        limit, body = _raised(self._body)
        if not limit:
            return verdict
        cut = replace(verdict, code=ProbeCode.OK_TRUNCATED, detail="")
        if "more" in self.tried:
            return cut
        return replace(cut, retry=self._again("more", body), corrected=limit)

    def _without_culprit(self, refusal: Refusal, verdict: Verdict) -> Verdict:
        """Give a token limit its other name, or leave an optional parameter out."""
        correctable = [name for name in self._body if name in _SWAPS or name in _OPTIONAL]
        culprit = refusal.culprit(correctable)
        kind = "limit" if culprit in _SWAPS else culprit
        if not culprit or kind in self.tried:
            return verdict
        body = {name: value for name, value in self._body.items() if name != culprit}
        if culprit in _SWAPS:
            body[_SWAPS[culprit]] = self._body[culprit]
        return replace(verdict, detail=culprit, retry=self._again(kind, body), corrected=culprit)

    def _again(self, kind: str, body: Mapping[str, Any]) -> Check:
        call = replace(self.call, body=body)
        return replace(self, call=call, tried=self.tried | {kind}).check()


def _raised(body: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Return the name of the token limit in `body`, on whatever level, and `body` with more."""
    for name, value in body.items():
        if name in _LIMITS:
            return name, {**body, name: max(MORE_TOKENS, 2 * value)}
        if isinstance(value, dict):
            limit, inner = _raised(value)
            if limit:
                return limit, {**body, name: inner}
    return "", body
