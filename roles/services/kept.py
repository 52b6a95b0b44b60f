"""What one process keeps of the present revision of the catalogue, within bounds."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

V = TypeVar("V")


class Kept(Generic[V]):
    """Values of one revision, the last used ones last; `most` says how many stay."""

    def __init__(self, most: Callable[[], int]) -> None:
        self._most = most
        self._lock = Lock()
        self._revision = -1
        self._values: OrderedDict[Hashable, V] = OrderedDict()

    def get(self, revision: int, key: Hashable) -> V | None:
        with self._lock:
            if revision != self._revision:
                return None
            found = self._values.get(key)
            if found is not None:
                self._values.move_to_end(key)
            return found

    def put(self, revision: int, key: Hashable, value: V) -> None:
        """Keep a value; those of another revision go."""
        with self._lock:
            if revision != self._revision:
                self._values.clear()
                self._revision = revision
            self._values[key] = value
            while len(self._values) > self._most():
                self._values.popitem(last=False)

    def forget(self) -> None:
        with self._lock:
            self._values.clear()
            self._revision = -1

    def __len__(self) -> int:
        return len(self._values)
