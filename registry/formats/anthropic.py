"""Anthropic's `GET /v1/models`: pages between two cursors, the newest model first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from registry.formats.base import BadPageError, ListFormat, Window, encode
from registry.formats.moments import EPOCH, rfc3339, since_epoch
from registry.formats.paging import whole_number
from registry.types import ListedModel, Thinking

_USUAL, _MOST = 20, 1000  # entries of a page
_ACTIVE = "active"
_STAGES = (_ACTIVE, "deprecated", "retired")
_CAPABILITIES = {
    "vision": "image_input",
    "pdf_input": "pdf_input",
    "structured_output": "structured_outputs",
    "reasoning": "thinking",
}
_EFFORTS = ("low", "medium", "high", "xhigh", "max")
_KINDS: dict[int, str] = {
    HTTPStatus.UNAUTHORIZED: "authentication_error",
    HTTPStatus.PAYMENT_REQUIRED: "billing_error",
    HTTPStatus.FORBIDDEN: "permission_error",
    HTTPStatus.NOT_FOUND: "not_found_error",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "request_too_large",
    HTTPStatus.TOO_MANY_REQUESTS: "rate_limit_error",
    HTTPStatus.SERVICE_UNAVAILABLE: "overloaded_error",
    HTTPStatus.GATEWAY_TIMEOUT: "timeout_error",
}


class Before(Window):
    """A page asked for by the entry after it: whether there are more looks the other way."""


class Anthropic(ListFormat):
    name = "anthropic"
    parameters = ("limit", "after_id", "before_id", "lifecycle")
    repeated = ("lifecycle",)

    def entry(self, model: ListedModel) -> dict[str, Any]:
        retires, deprecated = model.retires_on, model.deprecated_at
        return {
            "type": "model",
            "id": model.id,
            "display_name": model.name or model.id,
            # The API's own word for a release date that is not known is the epoch.
            "created_at": rfc3339(since_epoch(model.created) or EPOCH),
            "max_input_tokens": model.max_input_tokens or model.context_window,
            "max_tokens": model.max_output_tokens,
            "lifecycle": "deprecated" if model.status == "deprecated" else _ACTIVE,
            "deprecated_at": rfc3339(deprecated) if deprecated else None,
            "retires_at": f"{retires.isoformat()}T00:00:00Z" if retires else None,
            "line": None,
            "capabilities": _capabilities(model) or None,
        }

    def window(self, parameters: Mapping[str, str], ids: Sequence[str]) -> Window:
        limit = whole_number(parameters, "limit")
        limit = _USUAL if limit is None else limit
        if not 1 <= limit <= _MOST:
            raise BadPageError("limit", f"limit must be between 1 and {_MOST}.")
        after, before = parameters.get("after_id", ""), parameters.get("before_id", "")
        if not _wants_active(parameters.get("lifecycle", "")):
            # No list holds a model of another stage: the page is empty, and nothing follows.
            return Window(len(ids), len(ids))
        if after and before:
            raise BadPageError("before_id", "after_id and before_id exclude each other.")
        if before:
            stop = _place("before_id", before, ids)
            return Before(max(0, stop - limit), stop)
        start = _place("after_id", after, ids) + 1 if after else 0
        return Window(start, min(start + limit, len(ids)))

    def frame(self, entries: Sequence[bytes], ids: Sequence[str], window: Window | None) -> bytes:
        page = window or Window(0, len(ids))
        more = page.start > 0 if isinstance(page, Before) else page.stop < len(ids)
        shown = ids[page.start : page.stop]
        ends = {
            "has_more": more,
            "first_id": shown[0] if shown else None,
            "last_id": shown[-1] if shown else None,
        }
        return b'{"data":[%s],%s' % (b",".join(entries), encode(ends)[1:])

    def error(self, status: int, code: str, message: str, field: str = "") -> dict[str, Any]:
        usual = "invalid_request_error"
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            usual = "api_error"
        kind = _KINDS.get(status, usual)
        told = message if field in message else f"{field}: {message}"
        return {"type": "error", "error": {"type": kind, "message": told}, "request_id": None}


def _wants_active(stages: str) -> bool:
    """Say whether active models are among those asked for. Raises BadPageError."""
    asked = {stage.strip() for stage in stages.split(",")} - {""}
    if not asked <= set(_STAGES):
        raise BadPageError("lifecycle", f"lifecycle must be one of: {', '.join(_STAGES)}.")
    return not asked or _ACTIVE in asked


def _place(field: str, cursor: str, ids: Sequence[str]) -> int:
    try:
        return ids.index(cursor)
    except ValueError:
        raise BadPageError(field, "There is no such model in the list.") from None


def _capabilities(model: ListedModel) -> dict[str, Any]:
    """Return those of which is known whether the model has them."""
    known = model.capabilities
    found: dict[str, Any] = {
        theirs: {"supported": known[ours]}
        for ours, theirs in _CAPABILITIES.items()
        if ours in known
    }
    if model.thinking is not None and model.thinking.levels:
        found["effort"] = _effort(model.thinking)
    return found


def _effort(thinking: Thinking) -> dict[str, Any]:
    levels = {level: {"supported": level in thinking.levels} for level in _EFFORTS}
    supported = any(level["supported"] for level in levels.values())
    return {"supported": supported, **levels}


FORMAT = Anthropic()
