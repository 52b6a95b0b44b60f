"""A refusal in one form, whatever the API: its status, codes, parameters and text."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from itertools import chain
from typing import Any

from registry.dialects.shapes import at, list_at, text_at
from registry.outbound.calls import Answer, CallError

LONGEST_TEXT = 2000
LONGEST_WAIT = 86_400  # seconds; a provider that says more is asked again the day after
# Errors in JSON: {"error": {...}}, {"error": "text"}, {"detail": ...}, {"message": ...}.
OBJECT, TEXT, DETAIL, FLAT = "object", "text", "detail", "flat"
# Anything else: a web page, nothing, no JSON, or JSON that is no error.
HTML, EMPTY, NOT_JSON, OTHER = "html", "empty", "not_json", "shape"

_WORD_KEYS = ("code", "type", "status", "reason", "error_type")
_SAID_KEYS = ("message", "detail", "msg", "error")
_MANY = 20
_NO_CODE = 1_000_000  # whatever an error of this number or beyond means
# Fields whose names are also plain words, and so no sign of a parameter in a text.
_PLAIN_WORDS = {"content", "contents", "input", "messages", "model", "options", "prompt", "texts"}
_UNSUPPORTED = {
    *("unsupported_parameter", "unsupported_value", "unknown_parameter"),
    *("extra_forbidden", "value_error.extra"),
}
_UNSUPPORTED_TEXT = re.compile(
    r"unsupported (parameter|value)|unknown parameter|unrecognized request argument"
    r"|does not support parameters|extra inputs are not permitted|not supported with this model"
)


@dataclass(frozen=True)
class Refusal:
    """What a failing answer says of itself.

    `status` is 0 for an error inside a 200 that names no status. `words` are its codes, types and
    reasons in lower case, `named` the parameters it points at, `said` its text.
    """

    status: int
    shape: str
    words: frozenset[str] = frozenset()
    named: tuple[str, ...] = ()
    said: str = ""
    retry_after: int | None = None

    @property
    def is_error(self) -> bool:
        """Whether it is an error of an API: in JSON, and in a known form."""
        return self.shape in (OBJECT, TEXT, DETAIL, FLAT)

    def says(self, *patterns: str) -> bool:
        text = self.said.lower()
        return any(re.search(pattern, text) for pattern in patterns)

    def culprit(self, fields: Iterable[str]) -> str:
        """Return which of our `fields` it refuses, the first that fits; "" if it does not say.

        It may name the field, or its text may, where it speaks of what is not supported.
        """
        known = {_folded(field): field for field in fields}
        for name in self.named:
            for part in re.findall(r"\w+", name):
                if _folded(part) in known:
                    return known[_folded(part)]
        is_told = self.is_error and _UNSUPPORTED_TEXT.search(self.said.lower())
        if not is_told and not self.words & _UNSUPPORTED:
            return ""
        mentioned = {_folded(part) for part in re.findall(r"\w+", self.said)}
        telling = (known[name] for name in known if name not in _PLAIN_WORDS)
        return next((field for field in telling if _folded(field) in mentioned), "")


def opened(answer: Answer) -> Any | Refusal:
    """Return the JSON of a good answer, or the refusal that any other one is."""
    is_success = HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES
    try:
        body = answer.json()
    except CallError:
        shape = _kind(answer)
        said = "" if shape == HTML else answer.body.decode("utf-8", "replace")
        return Refusal(
            status=0 if is_success else answer.status,
            shape=shape,
            said=_shown(said),
            retry_after=_retry_after(answer),
        )
    shape, part = _error_in(body, only_plain=is_success)
    if is_success and shape == OTHER:
        return body
    return _refusal(_status_in(part) if is_success else answer.status, shape, part, answer)


def _refusal(status: int, shape: str, part: Any, answer: Answer) -> Refusal:
    lists = (list_at(part, "details"), list_at(part, "errors"), list_at(part, "message", "detail"))
    details = [*chain(part if isinstance(part, list) else (), *lists)][:_MANY]
    holders = [part, at(part, "innererror"), *details]
    return Refusal(
        status=status,
        shape=shape,
        words=frozenset(_words(holders)) | _quota_words(details),
        named=tuple(_named(part, details)),
        said=_shown(_said(part)),
        retry_after=_retry_after(answer, details),
    )


def _kind(answer: Answer) -> str:
    start = answer.body.lstrip()[:14].lower()
    if not start:
        return EMPTY
    if answer.media_type in ("text/html", "application/xhtml+xml"):
        return HTML
    return HTML if start.startswith((b"<!doctype html", b"<html")) else NOT_JSON


def _error_in(body: Any, *, only_plain: bool) -> tuple[str, Any]:
    """Return the form of the error in `body`, and the part that describes it.

    In a good answer `detail` and `message` have other uses (`only_plain`).
    """
    if isinstance(body, list) and len(body) == 1:  # as Google wraps some
        body = body[0]
    error = at(body, "error")
    if isinstance(error, dict) and error:
        return OBJECT, error
    if isinstance(error, str) and error.strip():
        return TEXT, body
    is_marked = "error" in (at(body, "object"), at(body, "type"))
    if only_plain and not is_marked:
        return OTHER, None
    for key, shape in (("detail", DETAIL), ("message", FLAT)):
        found = at(body, key)
        if isinstance(found, str | list | dict) and found:
            return shape, found if shape == DETAIL else body
    return OTHER, None


def _status_in(part: Any) -> int:
    """Return the HTTP status that an error inside a 200 names; 0 if none."""
    for key in ("code", "status"):
        found = at(part, key)
        text = str(found) if isinstance(found, str) or _is_small(found) else ""
        if re.fullmatch(r"[45]\d\d", text):
            return int(text)
    return 0


def _words(holders: Iterable[Any]) -> Iterator[str]:
    for holder in holders:
        for key in _WORD_KEYS:
            found = at(holder, key)
            if isinstance(found, str) and found.strip().lower() not in ("", "none", "null"):
                yield found.strip().lower()
            elif _is_small(found):
                yield str(found)


def _quota_words(details: Iterable[Any]) -> frozenset[str]:
    """Google's quotas tell by their ids whether they count days or minutes."""
    ids = (
        text_at(violation, "quotaId").lower()
        for detail in details
        for violation in list_at(detail, "violations")
    )
    return frozenset({"per_day"}) if any("perday" in text for text in ids) else frozenset()


def _named(part: Any, details: Iterable[Any]) -> Iterator[str]:
    yield text_at(part, "param")
    for detail in details:
        yield ".".join(step for step in list_at(detail, "loc") if isinstance(step, str))
        for violation in list_at(detail, "fieldViolations"):
            yield text_at(violation, "field")


def _said(part: Any, depth: int = 4) -> str:
    if isinstance(part, str):
        return part
    if not depth or not isinstance(part, list | dict):
        return ""
    if isinstance(part, list):
        return "; ".join(filter(None, (_said(piece, depth - 1) for piece in part[:3])))
    return next(filter(None, (_said(part.get(key), depth - 1) for key in _SAID_KEYS)), "")


def _shown(text: str) -> str:
    """Return `text` as a database takes it: no NUL, no half characters, not too long."""
    cut = text[:LONGEST_TEXT].replace("\x00", "")
    return cut.encode("utf-8", "replace").decode()


def _retry_after(answer: Answer, details: Iterable[Any] = ()) -> int | None:
    header = answer.headers.get("retry-after", "").strip()
    for text in (header, *(text_at(detail, "retryDelay") for detail in details)):
        seconds = _seconds(text)
        if seconds is not None:
            return max(0, min(seconds, LONGEST_WAIT))
    return None


def _seconds(text: str) -> int | None:
    number = re.fullmatch(r"(\d{1,9})(?:\.\d+)?s?", text, re.ASCII)
    if number:
        return int(number[1])
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return math.ceil((moment - datetime.now(UTC)).total_seconds())


def _is_small(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < _NO_CODE


def _folded(name: str) -> str:
    """Return a parameter's name as `outputDimensionality` and `output_dimensionality` share it."""
    return name.replace("_", "").lower()
