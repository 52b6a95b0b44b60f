"""Values that travel between layers; none of them is a row."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime
    from decimal import Decimal
    from uuid import UUID

    from registry.models.connection import Connection


class Unset(Enum):
    """The request did not name this field; None would mean that it clears it."""

    UNSET = "unset"

    def __bool__(self) -> bool:
        return False


UNSET = Unset.UNSET


class WrittenNumber(float):
    """A number with a fraction that remembers how it was written: money is read from that."""

    text: str

    def __new__(cls, text: str) -> Self:
        found = super().__new__(cls, text)
        found.text = text
        return found


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
    name (None forgets). `pricing` are list prices by unit that a person typed (None withdraws);
    what is in force already is not typed again. `confirm_dimensions` allows other dimensions
    under a knowledge base. `needs_connection` is False for models taken from a catalogue, which
    start without one.
    """

    api_key: Secret | None = None
    api_endpoint: str | Unset | None = UNSET
    connection: Connection | Unset | None = UNSET
    tags: Sequence[str] | Unset = UNSET
    aliases: Sequence[str] | Unset = UNSET
    capabilities: Mapping[str, bool | None] | Unset = UNSET
    pricing: Mapping[str, Decimal | None] | Unset = UNSET
    confirm_dimensions: bool = False
    needs_connection: bool = True


@dataclass(frozen=True)
class ConnectionChange(Change):
    """What a request says of a connection beside its columns; a blank key keeps the stored one."""

    api_key: Secret | None = None


@dataclass(frozen=True)
class SlotUse:
    """A slot of a role that names a model.

    `owner` is None for the organisation, else the user's name, empty where it may not be told.
    """

    role: str
    slot: str
    owner: str | None = None
    owner_id: int | None = None

    def __str__(self) -> str:
        place = f"{self.role}.{self.slot}"
        return f"{place} ({self.owner})" if self.owner else place

    def facts(self) -> dict[str, str | None]:
        return {"role": self.role, "slot": self.slot, "owner": self.owner}


@dataclass(frozen=True)
class Dependents:
    """Who uses a model, by name, and whether that blocks its deletion.

    Routes go with it. So do slots of roles, unless another model takes over; `roles` may name
    fewer than the `role_count` there are.
    """

    knowledge_bases: list[str] = field(default_factory=list)
    is_default: bool = False
    routes: list[str] = field(default_factory=list)
    roles: list[SlotUse] = field(default_factory=list)
    role_count: int = 0

    @property
    def blocks(self) -> bool:
        return bool(self.knowledge_bases) or self.is_default


@dataclass(frozen=True)
class Thinking:
    """How far a model's thinking can be set, in tokens; `dynamic_allowed` is a budget of -1."""

    min: int = 0
    max: int = 0
    zero_allowed: bool = False
    dynamic_allowed: bool = False
    levels: tuple[str, ...] = ()


@dataclass(frozen=True)
class ListedModel:
    """One entry of a model list, whoever offers it, before any list format.

    Null, "" and empty are unknown; `created` 0 too. `prices` are US dollars by unit, per
    1,000,000 tokens or per piece. `slug` is empty for what only clients offer. `state` is ready,
    cooling or off by the clients that hold it, None where none does; `until` the end of the
    earliest quota window of a cooling one.
    """

    id: str  # exactly what an API is sent
    created: int = 0  # seconds since 1970
    owned_by: str = ""  # the provider's slug, or what the client says
    type: str = ""  # embedding, generation, ner, or the client's own word
    name: str = ""  # for people
    slug: str = ""
    family: str = ""
    version: str = ""
    description: str = ""
    provider_name: str = ""
    proxy_prefix: str = ""  # how LiteLLM names the provider
    mode: str = ""
    status: str = "active"
    context_window: int | None = None  # tokens, as are the next two
    max_input_tokens: int | None = None
    max_output_tokens: int | None = None
    dimensions: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    supported_parameters: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()  # Gemini's supportedGenerationMethods
    capabilities: Mapping[str, bool] = field(default_factory=dict)
    prices: Mapping[str, Decimal] = field(default_factory=dict)
    thinking: Thinking | None = None
    release_date: date | None = None
    updated_at: datetime | None = None
    deprecated_at: datetime | None = None
    retires_on: date | None = None
    replacement: str = ""  # the model id that takes over
    state: str | None = None
    until: datetime | None = None
    llm_id: UUID | None = None  # of what the catalogue has: for the note of who uses what
    replacement_id: UUID | None = None  # told or not: its next change may show here

    @cached_property
    def newest_first(self) -> tuple[int, str]:
        """What the usual order of lists is by; worked out once for all of them."""
        return -max(self.created, 0), self.id
