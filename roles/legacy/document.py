"""What a legacy document says, as plain values: nothing here is a row, and nothing calls one."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from registry.types import Secret

LOCAL = "local"
GOOGLE = "google"
ANTHROPIC = "anthropic"


class Code(StrEnum):
    """What kind of problem it is; the first three mean that the whole document is skipped."""

    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    UNSUPPORTED_VERSION = "unsupported_version"
    WRONG_TYPE = "wrong_type"
    INVALID = "invalid"
    MISSING = "missing"
    DANGLING = "dangling"
    RENAMED = "renamed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Problem:
    """What is wrong at one place of a file, in words for people; never with a value in it."""

    where: str
    why: str
    code: Code

    def __str__(self) -> str:
        return f"{self.where}: {self.why}"


class Kind(StrEnum):
    """What a model is called over; the value is the member that names it."""

    HOST = "host_id"
    ACCOUNT = "account_id"
    CREDENTIAL = "credential_id"


# Of a record's `api_key` None means that the document does not tell, an empty one that it has none.


@dataclass(frozen=True)
class Host:
    id: str
    label: str
    api_url: str
    api_key: Secret | None
    host_type: str


@dataclass(frozen=True)
class Account:
    """`api_url` is empty where the provider's own address is called, as it usually is."""

    id: str
    provider: str
    label: str
    api_key: Secret | None
    api_url: str = ""


@dataclass(frozen=True)
class Credential:
    id: str
    provider: str
    label: str


@dataclass(frozen=True)
class Model:
    """One model. `connection` is the id of what `kind` says, `lost` that there is none of it.

    `context_k` is in thousands of tokens, 0 where it is not known.
    """

    id: str
    type: str
    label: str
    model_name: str
    provider: str
    kind: Kind | None
    connection: str
    lost: bool
    context_k: int
    tags: tuple[str, ...]


@dataclass(frozen=True)
class Document:
    """A whole document in the words of version 2, whatever version it was read from.

    Ids are slugs, unique among the connections and among the models. `roles` are slots by
    role; one names a model of the document, a built-in, something else, or nothing ("").
    """

    hosts: tuple[Host, ...] = ()
    accounts: tuple[Account, ...] = ()
    credentials: tuple[Credential, ...] = ()
    models: tuple[Model, ...] = ()
    roles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """How the reading of a person's files ended; without a document nothing is to be changed.

    `source` is the name of the file that was read, empty where there is none.
    """

    source: str
    document: Document | None
    problems: tuple[Problem, ...] = ()
