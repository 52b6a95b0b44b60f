"""What goes through the outbound door, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from registry.outbound.bounded_json import parse
from registry.types import Secret


@dataclass(frozen=True)
class Credential:
    """A key and the header that carries it: `prefix` stands before the key, such as `Bearer `."""

    header: str
    secret: Secret
    prefix: str = ""


@dataclass(frozen=True)
class Call:
    """One request. `url` is absolute and holds no secret; `body` is sent as JSON.

    `max_bytes` bounds the answer's body; None is REGISTRY_HTTP_MAX_BYTES.
    """

    method: str
    url: str
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    credential: Credential | None = None
    max_bytes: int | None = None


@dataclass(frozen=True)
class Answer:
    """What the far side answered, whatever its status: at most `max_bytes` of body.

    `headers` have lower-case names.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    elapsed_ms: int

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def json(self) -> Any:
        """Return the body as JSON. Raises CallError with `bad_shape` if it is none."""
        try:
            return parse(self.body)
        except ValueError:
            raise CallError("bad_shape", self.media_type, elapsed_ms=self.elapsed_ms) from None


class CallError(Exception):
    """A call that brought no usable answer. `code` is a ProbeCode.

    `detail` is one of our own words (`refused`, `no_such_name`, `expired`); of the far side's
    there may be the media type of an answer that is no JSON.
    """

    def __init__(self, code: str, detail: str = "", *, elapsed_ms: int = 0) -> None:
        super().__init__(f"{code} {detail}".strip())
        self.code = code
        self.detail = detail
        self.elapsed_ms = elapsed_ms
