"""OpenAI's `GET /v1/models`: everything at once, in no pages."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from registry.formats.base import ListFormat, Window
from registry.types import ListedModel

# What OpenAI says for a status: its type and code.
_REFUSALS: dict[int, tuple[str, str]] = {
    HTTPStatus.UNAUTHORIZED: ("invalid_request_error", "invalid_api_key"),
    HTTPStatus.NOT_FOUND: ("invalid_request_error", "model_not_found"),
    HTTPStatus.TOO_MANY_REQUESTS: ("requests", "rate_limit_exceeded"),
}


class OpenAI(ListFormat):
    name = "openai"

    def entry(self, model: ListedModel) -> dict[str, Any]:
        return {
            "id": model.id,
            "object": "model",
            # A number to every reader, some of them strict: 0 is a date that is not known.
            "created": model.created,
            "owned_by": model.owned_by,
            "shutdown_date": model.retires_on.isoformat() if model.retires_on else None,
        }

    def frame(self, entries: Sequence[bytes], ids: Sequence[str], window: Window | None) -> bytes:
        return b'{"object":"list","data":[%s]}' % b",".join(entries)

    def error(self, status: int, code: str, message: str, field: str = "") -> dict[str, Any]:
        kind = "invalid_request_error"
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            kind = "server_error"
        kind, code = _REFUSALS.get(status, (kind, code))
        param = "model" if status == HTTPStatus.NOT_FOUND else field or None
        # The code is a text or null, never a number: clients compare it.
        return {"error": {"message": message, "type": kind, "param": param, "code": code or None}}


FORMAT = OpenAI()
