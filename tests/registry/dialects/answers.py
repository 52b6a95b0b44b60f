"""Answers as providers give them, and what a dialect makes of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from registry.choices import ProbeCode
from registry.dialects import DIALECTS
from registry.dialects.base import Check, Dialect, Target, Verdict
from registry.outbound.calls import Answer
from registry.types import Secret
from tests.factories import API_KEY

CHAT, EMBEDDING, RESPONSES = "chat", "embedding", "responses"
HTML = "<!doctype html><html><title>Sign in</title></html>"

ADDRESSES: dict[str, str] = {
    "openai": "https://api.openai.com/v1",
    "azure": "https://acme.openai.azure.com",
    "gemini": "https://generativelanguage.googleapis.com/v1beta",
    "anthropic": "https://api.anthropic.com/v1",
    "cohere": "https://api.cohere.com",
    "ollama": "http://host.example:11434",
    "openai_compatible": "https://llm.example/v1",
    "openwebui": "https://webui.example",
    "cli": "",
}


def dialect(name: str) -> Dialect:
    found: Dialect = DIALECTS.get(name)
    return found


def target(name: str, mode: str = CHAT, **values: Any) -> Target:
    """Return a target of the dialect `name`, with a key and a model unless said otherwise."""
    given: dict[str, Any] = {
        "address": ADDRESSES[name],
        "key": Secret(API_KEY),
        "model_id": "acme-1",
        "type": "embedding" if mode == EMBEDDING else "generation",
        "mode": mode,
    }
    return Target(**(given | values))


def answer(
    body: object = "",
    status: int = 200,
    *,
    kind: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Return an answer: text goes as it is, anything else as JSON."""
    raw = body if isinstance(body, bytes) else body if isinstance(body, str) else json.dumps(body)
    content = raw if isinstance(raw, bytes) else raw.encode()
    return Answer(status, {"content-type": kind, **(headers or {})}, content, 12)


def page(status: int = 200) -> Answer:
    return answer(HTML, status, kind="text/html; charset=utf-8")


def plain(text: str, status: int) -> Answer:
    return answer(text, status, kind="text/plain")


def probe(name: str, mode: str = CHAT, **values: Any) -> Check:
    check = dialect(name).probe(target(name, mode, **values))
    assert check is not None
    return check


def body_of(check: Check) -> Mapping[str, Any]:
    assert check.call.body is not None
    return check.call.body


def again(check: Check, said: Answer) -> tuple[Check, Verdict]:
    """Return the check that an answer leads to, and the verdict that says so."""
    verdict = check.read(said)
    assert verdict.retry is not None
    return verdict.retry, verdict


def outcome(verdict: Verdict) -> tuple[str, str]:
    """Return what a verdict says in short; it leads to nothing further."""
    assert verdict.retry is None
    return ProbeCode(verdict.code).value, verdict.detail
