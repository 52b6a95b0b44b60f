"""A provider behind the outbound door that speaks every dialect, well or as a test says."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from registry.outbound import http
from registry.outbound.calls import Answer, Call, CallError
from tests.outbound import answer
from tests.outbound import message as raw_answer

# Numbers per vector where the call asks for no length.
VECTORS = {"text-embedding-3-large": 3072, "mxbai-embed-large": 1024, "nomic-embed-text": 768}
VECTOR = 1536
# A key of somebody else, which a careless provider repeats beside ours.
PROXY_KEY = "sk-proxy-9f8e7d6c5b4a3210fedcba98"
LISTED = ("gpt-4o", "gpt-4o-mini", "text-embedding-3-small")

Mood = Callable[["FakeProvider", Call, float], Answer]


class FakeProvider:
    """Answers calls as `mood` says; `calls` are those made, in order, and `seconds` their time."""

    def __init__(self, mood: Mood | None = None) -> None:
        self.mood: Mood = mood or well
        self.calls: list[Call] = []
        self.seconds: list[float] = []

    def carry(self, call: Call, seconds: float) -> Answer:
        self.calls.append(call)
        self.seconds.append(seconds)
        return self.mood(self, call, seconds)

    def be(self, words: str) -> None:
        """Be as a case's words say. Unknown ones fail."""
        for pattern, make in MOODS:
            found = re.fullmatch(pattern, words)
            if found:
                self.mood = make(found)
                return
        raise AssertionError(f"unknown given: proxy: {words}")

    @property
    def writes(self) -> list[dict[str, Any]]:
        """The calls that are more than a look, as cases describe them."""
        return [told(call) for call in self.calls if call.method != "GET"]

    @property
    def keys(self) -> list[str]:
        """The keys that came, in the order of the calls that had one."""
        return [key for call in self.calls if (key := key_of(call))]


def provider_behind_the_door(
    monkeypatch: pytest.MonkeyPatch, mood: Mood | None = None
) -> FakeProvider:
    """Let a fake provider answer every call for the rest of the test; nothing is dialled."""
    fake = FakeProvider(mood)
    monkeypatch.setattr(http, "carry", fake.carry)
    return fake


def key_of(call: Call) -> str:
    return call.credential.secret.reveal() if call.credential else ""


def told(call: Call) -> dict[str, Any]:
    headers = dict(call.headers)
    if call.credential:
        headers[call.credential.header] = call.credential.prefix + key_of(call)
    path = urlsplit(call.url).path
    return {"method": call.method, "path": path, "headers": headers, "body": call.body}


# How it can be
# ----------------------------------------------------------------------------
def well(provider: FakeProvider, call: Call, seconds: float) -> Answer:
    return _well(call)


def refused(provider: FakeProvider, call: Call, seconds: float) -> Answer:
    raise CallError("unreachable", "refused")


def silent(provider: FakeProvider, call: Call, seconds: float) -> Answer:
    """Answer nothing for as long as the caller has patience."""
    threading.Event().wait(seconds)
    raise CallError("timeout", "answer")


def bad_key(provider: FakeProvider, call: Call, seconds: float) -> Answer:
    return _refusal(401, "Incorrect API key provided.", "invalid_api_key")


def echo_key(provider: FakeProvider, call: Call, seconds: float) -> Answer:
    text = f"Incorrect API key provided: {key_of(call)}. The proxy's key is {PROXY_KEY}."
    return _refusal(401, text, "invalid_api_key")


def unknown_name(provider: FakeProvider, call: Call, seconds: float) -> Answer:
    """Look well until the model is called, as a proxy does that knows other names."""
    if call.method == "GET":
        return _well(call)
    name = (call.body or {}).get("model", "")
    return _refusal(400, f"/chat/completions: Invalid model name passed in model={name}", "400")


def saying(message: dict[str, Any]) -> Mood:
    """Return a mood whose chat answers have this message."""

    def mood(provider: FakeProvider, call: Call, seconds: float) -> Answer:
        return _well(call, message=message)

    return mood


def embedding(numbers: int) -> Mood:
    """Return a mood whose vectors have this length, whatever was asked for."""

    def mood(provider: FakeProvider, call: Call, seconds: float) -> Answer:
        return _well(call, numbers=numbers)

    return mood


MOODS: tuple[tuple[str, Callable[[re.Match[str]], Mood]], ...] = (
    (r"401 invalid api key", lambda _: bad_key),
    (r"401 whose text repeats the key", lambda _: echo_key),
    (r"400 Invalid model name", lambda _: unknown_name),
    (r"connection refused", lambda _: refused),
    (r"never answers", lambda _: silent),
    (r"completion '(.+)'", lambda found: saying({"content": found[1]})),
    (
        r"completion with empty content and reasoning_content '(.+)'",
        lambda found: saying({"content": "", "reasoning_content": found[1]}),
    ),
    (r"embedding of (\d+) numbers", lambda found: embedding(int(found[1]))),
)


# What it answers: the shapes of all dialects in one body, where they do not contradict
# ----------------------------------------------------------------------------
def _refusal(status: int, text: str, code: str) -> Answer:
    error = {"message": text, "type": "invalid_request_error", "code": code}
    return answer({"error": error}, status=status)


def _well(
    call: Call, *, message: dict[str, Any] | None = None, numbers: int | None = None
) -> Answer:
    path = urlsplit(call.url).path
    if re.search(r"/(embeddings?|embed)$|:embedContent$", path):
        return answer(_vectors(path, numbers or _length(call)))
    if call.method == "GET" or path.endswith(("/check-api-key", "/show")):
        return answer(_look(path))
    return answer(_chat(message or {"content": "pong"}))


def agreement() -> bytes:
    """Return an answer that looks and chats of every dialect take for a good one, as raw HTTP."""
    body = json.dumps({**_look("/models/any"), **_chat({"content": "pong"})}).encode()
    return raw_answer(body, "Content-Type: application/json")


def _look(path: str) -> dict[str, Any]:
    name = unquote(path.rpartition("/")[2])
    listed = [{"id": one, "name": one, "model": one} for one in LISTED]
    return {
        **{"id": name, "name": name, "version": "0.9.0", "valid": True, "details": {}},
        **{"data": listed, "models": listed},
    }


def _length(call: Call) -> int:
    body = call.body or {}
    for name in ("dimensions", "outputDimensionality", "output_dimension"):
        if name in body:
            return int(body[name])
    return VECTORS.get(str(body.get("model", "")), VECTOR)


def _vectors(path: str, numbers: int) -> dict[str, Any]:
    vector = [0.5] * numbers
    many: Any = {"float": [vector]} if path.endswith("v2/embed") else [vector]
    return {
        "data": [{"embedding": vector}],
        "embeddings": many,
        "embedding": {"values": vector},
        "usage": {"prompt_tokens": 1, "total_tokens": 1},
    }


def _chat(message: dict[str, Any]) -> dict[str, Any]:
    part = {"type": "text", "text": message["content"]}
    return {
        "choices": [{"message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2},
        "message": message,
        "content": [part],
        "stop_reason": "end_turn",
        "candidates": [{"content": {"parts": [part]}, "finishReason": "STOP"}],
    }
