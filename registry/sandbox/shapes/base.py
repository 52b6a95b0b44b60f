"""What every shape has: paths, a way to send the key, and words for a refusal."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from registry.sandbox.ask import Ask
from registry.sandbox.catalogue import KEY, Operation
from registry.sandbox.exchange import Problem, RefusedError, Reply

# Returns what is answered as JSON, or a whole Reply.
Handler = Callable[..., Any]


@dataclass(frozen=True)
class Route:
    """One path of a shape; `operation` is set for what a provider would bill."""

    method: str
    path: re.Pattern[str]
    handle: Handler
    operation: Operation | None = None


def get(path: str, handle: Handler) -> Route:
    return Route("GET", re.compile(path), handle)


def post(path: str, handle: Handler, operation: Operation | None = None) -> Route:
    return Route("POST", re.compile(path), handle, operation)


class Shape(ABC):
    """One API. `base` ends the address of a connection to it."""

    name: str
    base: str = ""
    routes: tuple[Route, ...] = ()

    def find(self, ask: Ask) -> tuple[Route, tuple[str, ...]]:
        """Return the route that answers, and the parts of its path. Raises RefusedError."""
        for route in self.routes:
            match = route.path.fullmatch(ask.path)
            if match and route.method == ask.request.method:
                return route, match.groups()
        raise RefusedError(Problem.NO_PATH)

    def key_of(self, ask: Ask) -> str:
        """Return the key that was sent; "" if none was."""
        return bearer(ask)

    def authenticate(self, ask: Ask) -> None:
        """Raise RefusedError unless the sandbox's key was sent."""
        key = self.key_of(ask)
        if not key:
            raise RefusedError(Problem.MISSING_KEY)
        if key != KEY:
            raise RefusedError(Problem.BAD_KEY)

    @abstractmethod
    def refuse(self, refused: RefusedError) -> Reply:
        """Say a refusal as this API does."""


def bearer(ask: Ask) -> str:
    """Return the key of `Authorization: Bearer ...`."""
    scheme, _blank, key = ask.request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""
