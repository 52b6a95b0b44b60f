"""How each API refuses, by its status."""

from __future__ import annotations

from tests.registry.sandbox.speech import Speech

# What hits every path -> its usual status, and that of the APIs that differ.
ALWAYS: dict[str, tuple[int, dict[str, int]]] = {
    "bad_key": (401, {"gemini": 400}),
    "forbidden": (403, {}),
    "rate_limited": (429, {}),
    "rate_limited_date": (429, {}),
    "overloaded": (503, {"anthropic": 529}),
    "server_error": (500, {}),
    "echo_key": (401, {"gemini": 400}),
    "script": (400, {}),
}
# The same of what hits calls only.
ON_CALLS: dict[str, tuple[int, dict[str, int]]] = {
    "no_credit": (402, {"openai": 429, "azure": 429, "azure v1": 429, "gemini": 403}),
    "deployment_missing": (404, {}),
    "wrong_operation": (400, {"openai": 404, "gemini": 404}),
    "bad_parameter": (400, {}),
    "reasoning_budget": (400, {}),
}


def expected(table: dict[str, tuple[int, dict[str, int]]], fault: str, speech: Speech) -> int:
    usual, others = table[fault]
    return others.get(speech.name, usual)
