"""One request as a shape reads it: its path below the base, and its fields, checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from registry.sandbox.catalogue import Operation, SandboxModel
from registry.sandbox.exchange import Problem, RefusedError, Request

T = TypeVar("T")

# Texts or messages of one call.
_MANY = 2048
# A message, the list of its parts, a part, its text.
_DEPTH = 4

# Where the APIs put the most tokens that an answer may have, at the top or inside one object.
_LIMITS = (
    "max_completion_tokens",
    "max_tokens",
    "max_output_tokens",
    "maxOutputTokens",
    "num_predict",
)
_HOLDERS = ("generationConfig", "options")


@dataclass(frozen=True)
class Ask:
    """A request to one shape. `path` begins below the shape's base; `models` are those known."""

    request: Request
    path: str
    query: Mapping[str, str]
    models: tuple[SandboxModel, ...]

    @cached_property
    def fields(self) -> dict[str, Any]:
        """Return the body, a JSON object. Raises RefusedError."""
        try:
            content = self.request.json
        except (ValueError, RecursionError):
            content = None
        if not isinstance(content, dict):
            raise RefusedError(Problem.BAD_BODY, param="body")
        return content

    def text(self, name: str) -> str:
        """Return a text that the call cannot do without."""
        return self._checked(name, self.fields.get(name), str)

    def objects(self, name: str) -> list[Any]:
        """Return a list that is not empty."""
        found = self._checked(name, self.fields.get(name), list)
        if len(found) > _MANY:
            raise RefusedError(Problem.BAD_BODY, param=name)
        return found

    def number(self, name: str) -> int | None:
        """Return a number that may be left out."""
        value = self.fields.get(name)
        return None if value is None else self._checked(name, value, int)

    def texts(self, name: str) -> list[str]:
        """Return one text or several as a list; tokens, sent as numbers, count as a text."""
        value = self.fields.get(name)
        if isinstance(value, str):
            return [value]
        several = self.objects(name)
        if all(isinstance(part, int) for part in several):
            return [str(several)]
        return [part if isinstance(part, str) else str(part) for part in several]

    def model(self, name: str, operation: Operation | None = None) -> SandboxModel:
        """Return the model `name`. Raises RefusedError if there is none, or for what it lacks."""
        model = next((model for model in self.models if model.id == name), None)
        if model is None:
            raise RefusedError(Problem.MODEL_MISSING, model=name, param="model")
        if operation is not None and model.operation is not operation:
            raise wrong_operation(operation, model.id)
        return model

    def page(self, size: int, start: int) -> tuple[tuple[SandboxModel, ...], int | None]:
        """Return `size` models from `start` on, and where the next page starts, if any."""
        end = start + size
        return self.models[start:end], end if end < len(self.models) else None

    def whole(self, name: str, default: int, most: int) -> int:
        """Return a whole number of the query from 0 to `most`."""
        given = self.query.get(name, "")
        return min(int(given), most) if re.fullmatch(r"\d{1,9}", given) else default

    @property
    def prompt(self) -> str:
        """Return the text of all messages of a chat."""
        return "\n".join(said(message) for message in self.objects("messages"))

    @property
    def token_limit(self) -> int | None:
        """Return how many tokens the answer may have, wherever the API says so."""
        holders = (self.fields.get(name) for name in _HOLDERS)
        places = [self.fields, *(place for place in holders if isinstance(place, dict))]
        for place in places:
            for name in _LIMITS:
                if isinstance(place.get(name), int) and place[name] > 0:
                    return int(place[name])
        return None

    def refuse_streaming(self) -> None:
        """Say that the sandbox sends whole answers only, rather than surprise a client."""
        if self.fields.get("stream"):
            raise RefusedError(Problem.BAD_PARAMETER, param="stream")

    def _checked(self, name: str, value: Any, kind: type[T]) -> T:
        if not isinstance(value, kind) or not value:
            raise RefusedError(Problem.BAD_BODY, param=name)
        return value


def wrong_operation(operation: Operation, model: str) -> RefusedError:
    """Return the refusal of a model that does the other thing."""
    problem = Problem.NO_CHAT if operation is Operation.CHAT else Problem.NO_EMBEDDINGS
    return RefusedError(problem, model=model, param="model")


def said(message: Any, depth: int = _DEPTH) -> str:
    """Return the text of a message, a list of its parts, or a part; "" if there is none."""
    if isinstance(message, str):
        return message
    if isinstance(message, list) and depth:
        return "\n".join(said(part, depth - 1) for part in message)
    if isinstance(message, dict) and depth:
        inner = message.get("content") or message.get("parts") or message.get("text")
        return said(inner, depth - 1)
    return ""
