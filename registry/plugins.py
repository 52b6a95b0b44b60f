"""Tables of plug-ins: a name, and the dotted path of what stands behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any


class Plugins:
    """One table. An entry is imported when it is first asked for."""

    def __init__(self, paths: Mapping[str, str]) -> None:
        self.paths = dict(paths)

    def __iter__(self) -> Iterator[str]:
        return iter(self.paths)

    def __contains__(self, name: object) -> bool:
        return name in self.paths

    def get(self, name: str) -> Any:
        """Return the entry `name`. Raises KeyError, ImportError or AttributeError."""
        return _load(self.paths[name])


@cache
def _load(path: str) -> Any:
    module, _dot, name = path.rpartition(".")
    return getattr(import_module(module), name)
