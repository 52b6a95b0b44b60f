"""What comes into the sandbox, what goes out, and why it may refuse."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Problem(StrEnum):
    """Why a request is refused; each shape says it in its own words and status."""

    NO_PATH = "no_path"
    BAD_BODY = "bad_body"
    MISSING_KEY = "missing_key"
    BAD_KEY = "bad_key"
    FORBIDDEN = "forbidden"
    NO_CREDIT = "no_credit"
    MODEL_MISSING = "model_missing"
    DEPLOYMENT_MISSING = "deployment_missing"
    NO_CHAT = "no_chat"
    NO_EMBEDDINGS = "no_embeddings"
    BAD_PARAMETER = "bad_parameter"
    UNSUPPORTED_PARAMETER = "unsupported_parameter"
    BUDGET_USED_UP = "budget_used_up"
    RATE_LIMITED = "rate_limited"
    OVERLOADED = "overloaded"
    SERVER_ERROR = "server_error"


# What a shape says where its API has no words of its own for it.
_WORDS: dict[Problem, str] = {
    Problem.NO_PATH: "Nothing answers at this path.",
    Problem.BAD_BODY: "The body is no JSON object with the fields of this call: '{param}'.",
    Problem.MISSING_KEY: "You didn't provide an API key.",
    Problem.BAD_KEY: "Incorrect API key provided.",
    Problem.FORBIDDEN: "This key is not allowed to do this.",
    Problem.NO_CREDIT: "You exceeded your current quota, please check your plan and billing.",
    Problem.MODEL_MISSING: "The model '{model}' does not exist or you do not have access to it.",
    Problem.DEPLOYMENT_MISSING: "The model '{model}' does not exist.",
    Problem.NO_CHAT: "The model '{model}' does not support chat.",
    Problem.NO_EMBEDDINGS: "The model '{model}' does not support embeddings.",
    Problem.BAD_PARAMETER: "Unsupported value: '{param}' is not supported with this model.",
    Problem.UNSUPPORTED_PARAMETER: (
        "Unsupported parameter: '{param}' is not supported with this model. "
        "Use '{instead}' instead."
    ),
    Problem.BUDGET_USED_UP: (
        "Could not finish the message because max_tokens or model output limit was reached. "
        "Please try again with higher max_tokens."
    ),
    Problem.RATE_LIMITED: "Rate limit reached. Please try again later.",
    Problem.OVERLOADED: "The engine is currently overloaded, please try again later.",
    Problem.SERVER_ERROR: "The server had an error while processing your request.",
}


class RefusedError(Exception):
    """The sandbox refuses a request. `retry_after` is the header's text: seconds or a date."""

    def __init__(
        self,
        problem: Problem,
        *,
        model: str = "",
        param: str | None = None,
        instead: str = "",
        message: str = "",
        retry_after: str = "",
    ) -> None:
        self.problem = problem
        self.model = model
        self.param = param
        self.instead = instead
        self.given = message
        self.retry_after = retry_after
        super().__init__(problem)

    def message(self, words: str = "") -> str:
        """Return the text: what was given, else the API's own `words`, else the common ones."""
        pattern = words or _WORDS[self.problem]
        return self.given or pattern.format(
            model=self.model, param=self.param, instead=self.instead
        )

    @property
    def headers(self) -> dict[str, str]:
        return {"retry-after": self.retry_after} if self.retry_after else {}


@dataclass(frozen=True)
class Request:
    """One request as it came; `path` is as sent, with its query, and headers are lower-case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def json(self) -> Any:
        """Return the body as JSON. Raises ValueError."""
        return json.loads(self.body)


class Delivery(StrEnum):
    """How an answer goes over the wire."""

    WHOLE = "whole"
    DRIPPING = "dripping"
    STREAMED = "streamed"
    SILENT = "silent"
    RESET = "reset"


@dataclass(frozen=True)
class Reply:
    """What is answered. `wait` is in seconds until the first byte."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delivery: Delivery = Delivery.WHOLE
    wait: float = 0.0

    @classmethod
    def of(cls, content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
        """Return `content` as JSON."""
        kind = {"content-type": "application/json"}
        return cls(status, json.dumps(content).encode(), kind | dict(headers or {}))

    @classmethod
    def text(cls, text: str, status: int, kind: str = "text/plain") -> Reply:
        return cls(status, text.encode(), {"content-type": f"{kind}; charset=utf-8"})
