"""What a dialect is made of: its rules, unbilled checks, the list of models, and probes.

A dialect opens nothing itself. It says which calls to make and what their answers mean; the
service makes them, in order, and stops at the first that fails.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from registry.choices import LLMType, ProbeCode, Stage
from registry.outbound.calls import Answer, Call
from registry.types import Secret

REQUIRED, OPTIONAL, HIDDEN = "required", "optional", "hidden"

# Output tokens that a probe allows: 1 is refused by some models and eaten up by thinking.
PROBE_TOKENS = 16
# After a first answer in which thinking had used them up.
MORE_TOKENS = 512
PING = "ping"


@dataclass(frozen=True)
class Rule:
    """What a (type, provider) pair shows and demands; `labels` are the provider's own words."""

    types: tuple[str, ...] = tuple(LLMType.values)
    api_endpoint: str = HIDDEN
    api_key: str = REQUIRED
    labels: tuple[tuple[str, Any], ...] = ()

    def label(self, name: str) -> Any:
        return dict(self.labels).get(name)


@dataclass(frozen=True)
class Target:
    """What is tested: an address (without a last slash), its key, and a model as registered.

    `max_tokens` and `reasoning_effort` are probe-only settings of the model; None and "" leave
    them to the dialect. `dimensions` are those registered, in numbers per vector.
    """

    address: str
    key: Secret | None = None
    model_id: str = ""
    type: str = ""
    mode: str = ""
    dimensions: int | None = None
    max_tokens: int | None = None
    reasoning_effort: str = ""


@dataclass(frozen=True)
class Verdict:
    """What one answer means.

    `detail` is one of our own words or a parameter's name; `said` is the provider's text, raw:
    the service scrubs it before it is kept. `listed` are the model ids that the provider names.
    With `retry` the check is made once more, differently; `corrected` says what was wrong with
    the first one (empty when the first was no mistake, as with an older server).
    `is_final` ends the test even where the check is optional. `status` is the answer's: the
    service notes it.
    Tokens are the provider's own counts; None is unknown.
    """

    code: str = ProbeCode.OK
    detail: str = ""
    said: str = ""
    note: str = ""
    listed: tuple[str, ...] = ()
    dimensions: int | None = None
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    load_ms: int | None = None
    retry_after: int | None = None  # seconds
    status: int | None = None
    retry: Check | None = None
    corrected: str = ""
    is_final: bool = False

    @property
    def is_good(self) -> bool:
        return self.code in (ProbeCode.OK, ProbeCode.OK_TRUNCATED)


@dataclass(frozen=True)
class Check:
    """One call, the stages that a good answer proves (in order), and how to read the answer.

    `optional` checks that fail with `server_error` or `bad_shape` do not end a test that asks for
    inference, nor any test when `detail` is `path`: some servers lack the call. `slow` allows for
    the time a server needs to load a model.
    """

    proves: tuple[Stage, ...]
    call: Call
    read: Callable[[Answer], Verdict]
    is_billed: bool = False
    optional: bool = False
    slow: bool = False


@dataclass(frozen=True)
class ListedModel:
    """One model of a host's list; `values` are facts it tells, by our column names."""

    id: str
    name: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Page:
    """A part of a list of models; `next` is the call for the following one, if any."""

    models: tuple[ListedModel, ...]
    next: Call | None = None


class Dialect(Protocol):
    """One kind of API. Instances are stateless."""

    name: str
    rule: Rule

    def cannot_test(self, target: Target) -> str:
        """Return why there is no honest way to test `target`, as one of our words; else ""."""
        ...

    def checks(self, target: Target) -> tuple[Check, ...]:
        """Return the unbilled checks, in order; together they prove reach, auth and model,
        or as much of it as can be known without a billed call."""
        ...

    def probe(self, target: Target) -> Check | None:
        """Return the billed call that proves inference; None if the mode has none."""
        ...

    def list_call(self, target: Target) -> Call | None:
        """Return the first call for the host's list of models; None if there is no list."""
        ...

    def read_list(self, target: Target, answer: Answer) -> Page:
        """Read one page. Raises CallError; a refusal is its code, never an empty list."""
        ...
