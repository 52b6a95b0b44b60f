"""What a refusal means: signs in a table, and for what they leave open, the status.

No sign looks at a text alone: beside the words there is a status, and a code, a type or a form.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from registry.choices import ProbeCode
from registry.dialects.base import Verdict
from registry.dialects.refusals import DETAIL, FLAT, HTML, OBJECT, TEXT, Refusal

# Our own words for `Verdict.detail`, beside the forms that refusals.py names.
PATH = "path"  # there is no such path at this address
PER_DAY = "per_day"  # the quota of a day is used up
FILTERED = "content_filter"  # a filter took offence, so the model was reached

# What a caller can be told to have done wrong; 0 is an error inside a 200.
_CALLER = (0, *range(400, 500))


@dataclass(frozen=True)
class Sign:
    """Evidence in a refusal, and what it means. Every part that is given must fit.

    `words` are codes, types or reasons of which one is enough, `says` patterns for its text.
    """

    code: str
    words: frozenset[str] = frozenset()
    statuses: Collection[int] = _CALLER
    shapes: Collection[str] = ()
    says: tuple[str, ...] = ()
    detail: str = ""
    note: str = ""

    def fits(self, refusal: Refusal) -> bool:
        return (
            refusal.status in self.statuses
            and (not self.words or bool(self.words & refusal.words))
            and (not self.shapes or refusal.shape in self.shapes)
            and (not self.says or refusal.says(*self.says))
        )


def words(*names: str) -> frozenset[str]:
    return frozenset(names)


# Parameters that a refusal may name although the request left them out.
_KNOWN_FIELDS = (
    *("max_tokens", "max_completion_tokens", "max_output_tokens", "reasoning_effort"),
    *("dimensions", "encoding_format", "temperature", "top_p", "top_k", "stream", "reasoning"),
)

_INVALID = words("invalid_request_error", "badrequesterror", "notimplementederror")

SHARED: tuple[Sign, ...] = (
    Sign(
        ProbeCode.OK,
        words("content_filter", "content_policy_violation", "responsibleaipolicyviolation"),
        note=FILTERED,
    ),
    Sign(
        ProbeCode.NO_CREDIT,
        words("insufficient_quota", "billing_error", "billing_hard_limit_reached")
        | words("billing_not_active", "budget_exceeded"),
    ),
    Sign(
        ProbeCode.FORBIDDEN,
        words("permission_error", "permission_denied", "key_model_access_denied")
        | words("team_model_access_denied", "unsupported_country_region_territory"),
    ),
    Sign(
        ProbeCode.BAD_KEY,
        words("invalid_api_key", "authentication_error", "auth_error", "expired_key")
        | words("token_not_found_in_db", "no_db_connection", "unauthenticated"),
        statuses=(0, 400, 401),
    ),
    Sign(  # as xAI has it
        ProbeCode.BAD_KEY,
        words("client specified an invalid argument"),
        statuses=(400,),
        says=(r"incorrect api key",),
    ),
    Sign(ProbeCode.DEPLOYMENT_MISSING, words("deploymentnotfound")),
    Sign(ProbeCode.WRONG_OPERATION, words("operationnotsupported")),
    Sign(
        ProbeCode.WRONG_OPERATION,
        _INVALID,
        statuses=(400, 403, 404, 501),
        says=(
            r"not a chat model",
            r"only supported in v1/responses",
            r"not allowed to (sample|generate embeddings) from",
            r"does not support (the )?(chat|completion|embedding|responses)",
        ),
    ),
    Sign(
        ProbeCode.MODEL_MISSING,
        words("model_not_found", "model_decommissioned", "model_not_available", "invalid_model"),
    ),
    Sign(
        ProbeCode.MODEL_MISSING,
        _INVALID,
        statuses=(400,),
        says=(r"invalid model name", r"model not exist"),
    ),
    Sign(
        ProbeCode.BAD_SHAPE,
        statuses=(0, 404),
        shapes=(OBJECT, TEXT, DETAIL, FLAT),
        says=(
            r"^(404 )?(file |page |resource )?not found[.!]?$",
            r"404 page not found",
            r"^invalid url\b",
            r"unexpected endpoint or method",
        ),
        detail=PATH,
    ),
    Sign(
        ProbeCode.RATE_LIMITED,
        words("rate_limit_exceeded", "rate_limit_error", "throttling_error"),
    ),
    Sign(ProbeCode.OVERLOADED, words("overloaded_error"), statuses=range(600)),
    Sign(ProbeCode.TIMEOUT, words("timeout_error"), statuses=range(600)),
)

_BY_STATUS: dict[int, str] = {
    0: ProbeCode.SERVER_ERROR,
    401: ProbeCode.BAD_KEY,
    402: ProbeCode.NO_CREDIT,
    403: ProbeCode.FORBIDDEN,
    404: ProbeCode.MODEL_MISSING,
    405: ProbeCode.BAD_SHAPE,
    408: ProbeCode.TIMEOUT,
    410: ProbeCode.MODEL_MISSING,
    429: ProbeCode.RATE_LIMITED,
    451: ProbeCode.FORBIDDEN,
    499: ProbeCode.SERVER_ERROR,
    503: ProbeCode.OVERLOADED,
    504: ProbeCode.TIMEOUT,
    524: ProbeCode.TIMEOUT,
    529: ProbeCode.OVERLOADED,
}
_BY_CLASS: dict[int, str] = {
    3: ProbeCode.REDIRECTED,
    4: ProbeCode.BAD_PARAMETER,
    5: ProbeCode.SERVER_ERROR,
}


def judge(
    refusal: Refusal,
    signs: Iterable[Sign] = (),
    *,
    fields: Collection[str] = (),
    names_model: bool = True,
) -> Verdict:
    """Return what `refusal` means: by the dialect's own `signs`, the shared ones, or the status.

    `fields` are those of the request's body, of which one may be refused. Where the request
    named no model, a 404 cannot be about one (`names_model`).
    """
    sign = next((sign for sign in (*signs, *SHARED) if sign.fits(refusal)), None)
    if sign is not None:
        code, detail, note = sign.code, sign.detail, sign.note
    else:
        code, detail = _by_status(refusal, names_model=names_model)
        note = ""
    if code == ProbeCode.BAD_PARAMETER:
        detail = refusal.culprit((*fields, *_KNOWN_FIELDS))
    return Verdict(
        code=code, detail=detail, note=note, said=refusal.said, retry_after=refusal.retry_after
    )


def _by_status(refusal: Refusal, *, names_model: bool) -> tuple[str, str]:
    status = refusal.status
    code = _BY_STATUS.get(status) or _BY_CLASS.get(status // 100, ProbeCode.BAD_SHAPE)
    if not refusal.is_error and _needs_an_error(refusal, code):
        return ProbeCode.BAD_SHAPE, refusal.shape
    if code == ProbeCode.BAD_SHAPE or (code == ProbeCode.MODEL_MISSING and not names_model):
        return ProbeCode.BAD_SHAPE, PATH
    if code == ProbeCode.SERVER_ERROR and status:
        return code, f"HTTP {status}"
    return code, ""


def _needs_an_error(refusal: Refusal, code: str) -> bool:
    """Whether only an API's own error could mean `code`: a gateway may have sent the rest."""
    if code == ProbeCode.BAD_PARAMETER:
        return refusal.shape == HTML
    return not refusal.status or code == ProbeCode.MODEL_MISSING
