"""What the sandbox knows: its key, its models, and what they answer."""

from __future__ import annotations

import hashlib
import math
import struct
from dataclasses import dataclass
from enum import StrEnum

from registry.sandbox.exchange import Problem, RefusedError

KEY = "open-sesame-77"
# Seconds since 1970; when the sandbox's models "came out".
CREATED = 1_760_000_000
CHARACTERS_PER_TOKEN = 4
_THOUGHT = (
    "I am the sandbox's reasoner. I think about every question for as long as I am allowed to, "
    "turn it over, look at it from the other side, and never come to an answer."
)


class Operation(StrEnum):
    """What a model is called for."""

    CHAT = "chat"
    EMBEDDING = "embedding"


@dataclass(frozen=True)
class Said:
    """One answer of a chat model. `is_cut` says that the token limit ended it."""

    text: str
    thought: str
    is_cut: bool
    prompt_tokens: int
    output_tokens: int
    thought_tokens: int

    @property
    def total_tokens(self) -> int:
        return self.prompt_tokens + self.output_tokens


@dataclass(frozen=True)
class SandboxModel:
    """One model. `missing_numbers` and `is_cut` are faults: vectors too short, empty answers."""

    id: str
    name: str
    operation: Operation
    context_tokens: int
    output_tokens: int = 0
    dimensions: int = 0
    shrinks: bool = False
    thinks: bool = False
    missing_numbers: int = 0
    is_cut: bool = False

    @property
    def does_chat(self) -> bool:
        return self.operation is Operation.CHAT

    def vector(self, text: str, *, wanted: int | None = None, param: str) -> list[float]:
        """Return the vector of `text`: always the same one, of length 1.

        `wanted` asks for fewer numbers under the API's name `param`; only a model that shrinks
        takes it. The shorter vector is the beginning of the longer one, scaled.
        """
        length = self.dimensions if wanted is None else wanted
        fits = 1 <= length <= self.dimensions if self.shrinks else length == self.dimensions
        if not fits:
            raise RefusedError(Problem.BAD_PARAMETER, model=self.id, param=param)
        length = max(length - self.missing_numbers, 0)
        noise = hashlib.shake_256(f"{self.id}\0{text}".encode(errors="replace")).digest(2 * length)
        numbers = struct.unpack(f"<{length}h", noise)
        norm = math.hypot(*numbers) or 1.0
        return [round(number / norm, 9) for number in numbers]

    def say(self, prompt: str, limit: int | None) -> Said:
        """Answer `prompt` with at most `limit` tokens; None is no limit."""
        most = self.output_tokens if limit is None else min(limit, self.output_tokens)
        wish = _THOUGHT if self.thinks else f"{self.id} heard: {prompt.strip()[:200]}"
        said = "" if self.is_cut else wish[: most * CHARACTERS_PER_TOKEN]
        used = most if self.is_cut else tokens(said)
        return Said(
            text="" if self.thinks else said,
            thought=said if self.thinks else "",
            is_cut=self.is_cut or len(said) < len(wish),
            prompt_tokens=tokens(prompt),
            output_tokens=used,
            thought_tokens=used if self.thinks else 0,
        )


MODELS = (
    SandboxModel("sandbox-chat", "Sandbox Chat", Operation.CHAT, 32_768, output_tokens=4_096),
    SandboxModel(
        "sandbox-reasoner",
        "Sandbox Reasoner",
        Operation.CHAT,
        131_072,
        output_tokens=8_192,
        thinks=True,
    ),
    SandboxModel("sandbox-embed", "Sandbox Embedding", Operation.EMBEDDING, 8_192, dimensions=768),
    SandboxModel(
        "sandbox-embed-large",
        "Sandbox Embedding Large",
        Operation.EMBEDDING,
        8_192,
        dimensions=1_024,
        shrinks=True,
    ),
)


def tokens(text: str) -> int:
    """Return about how many tokens `text` has, as a provider would count them."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)
