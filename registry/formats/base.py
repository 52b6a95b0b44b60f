"""What a list format is made of: entries, their order, pages, the frame, and its errors.

A format opens nothing and reads no row: it says how a client wants to hear what is listed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from registry.types import ListedModel


@dataclass(frozen=True)
class Window:
    """The entries `start` to `stop` (not included) of a list: one page of it."""

    start: int
    stop: int


class BadPageError(ValueError):
    """A parameter of the page is none: `field` names it, `message` says why."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


class ListFormat:
    """One shape of a model list, and of one model. The defaults are those of a plain list."""

    name = ""
    content_type = "application/json"
    # The query parameters that the client sends; others are not its own and change nothing.
    parameters: tuple[str, ...] = ()
    # Those of them that may stand several times, or as `name[]`: they come here with commas.
    repeated: tuple[str, ...] = ()

    def arrange(self, models: Sequence[ListedModel]) -> list[ListedModel]:
        """Return the models in the order of this list: the newest first, then by id."""
        return sorted(models, key=attrgetter("newest_first"))

    def entry(self, model: ListedModel) -> dict[str, Any]:
        """Return the model as one entry of the list."""
        raise NotImplementedError

    def single(self, model: ListedModel) -> dict[str, Any]:
        """Return the model as the answer about it alone."""
        return self.entry(model)

    def window(self, parameters: Mapping[str, str], ids: Sequence[str]) -> Window | None:
        """Return the page that is asked for, or None for everything. Raises BadPageError."""
        return None

    def frame(self, entries: Sequence[bytes], ids: Sequence[str], window: Window | None) -> bytes:
        """Return the answer around the entries of a page; `ids` are those of the whole list."""
        raise NotImplementedError

    def whole(self, models: Sequence[ListedModel], entries: Sequence[bytes]) -> bytes:
        """Return the answer about everything; `models` stand in order, as do their `entries`."""
        return self.frame(entries, [model.id for model in models], None)

    def error(self, status: int, code: str, message: str, field: str = "") -> dict[str, Any]:
        """Return a refusal in the client's shape; `code` is one of our own stable ones."""
        raise NotImplementedError


def encode(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
