"""Google's `GET /v1beta/models`: pages by an opaque token; what is not known is left out."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from registry.choices import LLMType
from registry.formats.base import BadPageError, ListFormat, Window, encode
from registry.formats.paging import whole_number
from registry.types import ListedModel

_USUAL, _MOST = 50, 1000  # entries of a page
_PLACE = re.compile("[0-9]{1,9}")
_METHODS = {
    LLMType.GENERATION.value: ("generateContent", "countTokens"),
    LLMType.EMBEDDING.value: ("embedContent", "batchEmbedContents"),
}
_STATUSES: dict[int, str] = {
    HTTPStatus.BAD_REQUEST: "INVALID_ARGUMENT",
    HTTPStatus.UNAUTHORIZED: "UNAUTHENTICATED",
    HTTPStatus.FORBIDDEN: "PERMISSION_DENIED",
    HTTPStatus.NOT_FOUND: "NOT_FOUND",
    HTTPStatus.CONFLICT: "ABORTED",
    HTTPStatus.TOO_MANY_REQUESTS: "RESOURCE_EXHAUSTED",
    HTTPStatus.NOT_IMPLEMENTED: "UNIMPLEMENTED",
    HTTPStatus.SERVICE_UNAVAILABLE: "UNAVAILABLE",
    HTTPStatus.GATEWAY_TIMEOUT: "DEADLINE_EXCEEDED",
}


class Gemini(ListFormat):
    name = "gemini"
    parameters = ("pageSize", "pageToken")

    def entry(self, model: ListedModel) -> dict[str, Any]:
        found = {
            "name": f"models/{model.id}",
            "version": model.version or None,
            "displayName": model.name or model.id,
            "description": model.description or None,
            "inputTokenLimit": model.max_input_tokens or model.context_window,
            "outputTokenLimit": model.max_output_tokens,
            "supportedGenerationMethods": list(model.methods or _METHODS.get(model.type, ()))
            or None,
            "temperature": model.temperature,
            "topP": model.top_p,
            "topK": model.top_k,
            "thinking": model.capabilities.get("reasoning"),
        }
        return {key: value for key, value in found.items() if value is not None}

    def window(self, parameters: Mapping[str, str], ids: Sequence[str]) -> Window:
        size = whole_number(parameters, "pageSize") or _USUAL
        if size < 0:
            raise BadPageError("pageSize", "pageSize must not be negative.")
        start = _start(parameters.get("pageToken", ""), ids)
        # A larger page than there is gets what there is, as Google does.
        return Window(start, min(start + min(size, _MOST), len(ids)))

    def frame(self, entries: Sequence[bytes], ids: Sequence[str], window: Window | None) -> bytes:
        listed = b'{"models":[%s]' % b",".join(entries)
        if window is None or window.stop >= len(ids) or not window.stop:
            return listed + b"}"
        token = encode({"nextPageToken": _token(window.stop, ids[window.stop - 1])})
        return listed + b"," + token[1:]

    def error(self, status: int, code: str, message: str, field: str = "") -> dict[str, Any]:
        usual = "INVALID_ARGUMENT"
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            usual = "INTERNAL"
        word = _STATUSES.get(status, usual)
        return {"error": {"code": status, "message": message, "status": word}}


def _token(place: int, last: str) -> str:
    """Return where the next page begins: after the last entry of this one.

    Its place is told too, for a list from which that entry has gone in the meantime.
    """
    return base64.urlsafe_b64encode(f"{place}:{last}".encode()).decode().rstrip("=")


def _start(token: str, ids: Sequence[str]) -> int:
    if not token:
        return 0
    try:
        padded = token + "=" * (-len(token) % 4)
        place, colon, last = base64.b64decode(padded, b"-_", validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        place, colon, last = "", "", ""
    if not (colon and last and _PLACE.fullmatch(place)):
        raise BadPageError("pageToken", "The page token is not one of this list.")
    try:
        return ids.index(last) + 1
    except ValueError:
        return min(int(place), len(ids))


FORMAT = Gemini()
