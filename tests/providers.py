"""A pretended provider behind the outbound door, and a worker's turn: what tests of tests need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from registry.models import ConnectionTest
from registry.outbound.calls import Answer, Call
from registry.services import workers
from tests.outbound import FakeFarSide, answer, far_side

# What a part of the API does: answers, raises, or answers what it is asked.
Part = Answer | Exception | Callable[[Call], Answer]


def listed(*names: str) -> Answer:
    return answer({"object": "list", "data": [{"id": name} for name in names]})


def spoken(text: str = "pong", *, stop: str = "stop", **usage: int) -> Answer:
    """Return a chat answer; `usage` are the provider's own counts of tokens."""
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": stop}
    return answer({"choices": [choice], "usage": usage})


def embedded(dimensions: int) -> Answer:
    vector = {"embedding": [0.5] * dimensions}
    return answer({"data": [vector], "usage": {"prompt_tokens": 1}})


def refused(status: int, message: str = "No.", **error: Any) -> Answer:
    """Return a refusal in the OpenAI form; `error` has its type, code and param."""
    return answer({"error": {"message": message, **error}}, status=status)


def provider(
    monkeypatch: pytest.MonkeyPatch,
    *,
    models: Part | None = None,
    chat: Part | None = None,
    embeddings: Part | None = None,
) -> FakeFarSide:
    """Let every address answer as an OpenAI-compatible API does; all models are there and well."""
    parts: dict[str, Part] = {
        "models": models or listed("model-1"),
        "completions": chat or spoken(prompt_tokens=3, completion_tokens=1),
        "embeddings": embeddings or embedded(1536),
    }

    def handle(call: Call) -> Answer:
        part = parts[call.url.partition("?")[0].rpartition("/")[2]]
        if isinstance(part, Exception):
            raise part
        return part if isinstance(part, Answer) else part(call)

    return far_side(monkeypatch, handle)


def paths(calls: Sequence[Call]) -> list[str]:
    """Return the last part of the path of each call."""
    return [call.url.rpartition("/")[2] for call in calls]


def carry_out(test: ConnectionTest) -> ConnectionTest:
    """Do what a worker does that is rung for `test`; return the test as it is stored then."""
    workers.work(test.job_id)
    return ConnectionTest.objects.with_links().get(pk=test.pk)
