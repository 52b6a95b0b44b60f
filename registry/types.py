"""Values that travel between layers; none of them is a row."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from registry.models.connection import Connection


class Unset(Enum):
    """The request did not name this field; None would mean that it clears it."""

    UNSET = "unset"

    def __bool__(self) -> bool:
        return False


UNSET = Unset.UNSET


class Secret:
    """A plaintext key on its short way between the request and the cipher.

    It prints as stars and refuses to be pickled, copied or formatted; only `reveal()` gives it.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __bool__(self) -> bool:
        return bool(self._value)

    def __format__(self, format_spec: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    __hash__ = None  # type: ignore[assignment]  # a secret is no dictionary key

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("a secret cannot be pickled or copied")


@dataclass(frozen=True)
class Change:
    """What a request says of a stored row beside its columns.

    `fields` are the columns that the request named (None = all): only they are written, so that
    two requests that name different columns do not undo each other. `expected_revision` is the
    revision the requester has seen; another one in the table refuses the write.
    """

    fields: frozenset[str] | None = None
    expected_revision: int | None = None


@dataclass(frozen=True)
class LLMChange(Change):
    """What a request says of a model beside its columns.

    A blank `api_key` keeps the stored one; `api_endpoint` None clears. `capabilities` merges by
    name (None forgets). `confirm_dimensions` allows other dimensions under a knowledge base.
    `needs_connection` is False for models taken from a catalogue, which start without one.
    """

    api_key: Secret | None = None
    api_endpoint: str | Unset | None = UNSET
    connection: Connection | Unset | None = UNSET
    tags: Sequence[str] | Unset = UNSET
    aliases: Sequence[str] | Unset = UNSET
    capabilities: Mapping[str, bool | None] | Unset = UNSET
    confirm_dimensions: bool = False
    needs_connection: bool = True


@dataclass(frozen=True)
class ConnectionChange(Change):
    """What a request says of a connection beside its columns; a blank key keeps the stored one."""

    api_key: Secret | None = None


@dataclass(frozen=True)
class Dependents:
    """Who uses a model, by name, and whether that blocks its deletion."""

    knowledge_bases: list[str] = field(default_factory=list)
    is_default: bool = False
    others: dict[str, list[str]] = field(default_factory=dict)

    @property
    def blocks(self) -> bool:
        return bool(self.knowledge_bases) or self.is_default
