"""Answers that no provider should give: each part of what dialects read, in a wrong type."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from registry.outbound.calls import Answer
from tests.registry.dialects.answers import HTML, answer

# Values to stand where another type belongs.
VALUES: tuple[Any, ...] = (
    *(None, True, -1, 10**200, "", "text", "x" * 3000, [], [None], ["text"], {}, {"x": [{}]}),
)
# Every key that some dialect looks at, on the way to what it wants.
PATHS: tuple[tuple[str | int, ...], ...] = (
    *(("error",), ("error", "message"), ("error", "code"), ("error", "type"), ("error", "param")),
    *(("error", "details"), ("error", "details", 0), ("error", "details", 0, "reason")),
    *(("error", "details", 0, "violations"), ("error", "details", 0, "violations", 0)),
    *(("error", "details", 0, "retryDelay"), ("error", "details", 0, "fieldViolations")),
    *(("error", "innererror"), ("error", "errors"), ("error", "status"), ("object",), ("type",)),
    *(("detail",), ("detail", 0), ("detail", 0, "loc"), ("detail", 0, "msg"), ("message",)),
    *(("message", "content"), ("message", "content", 0), ("message", "thinking"), ("version",)),
    *(("data",), ("data", 0), ("data", 0, "id"), ("data", 0, "name"), ("data", 0, "embedding")),
    *(("data", 0, "embedding", 0), ("data", 0, "context_length"), ("has_more",), ("last_id",)),
    *(("models",), ("models", 0), ("models", 0, "name"), ("models", 0, "model"), ("name",)),
    *(("models", 0, "supportedGenerationMethods"), ("models", 0, "endpoints"), ("id",)),
    *(("models", 0, "inputTokenLimit"), ("nextPageToken",), ("next_page_token",), ("valid",)),
    *(("choices",), ("choices", 0), ("choices", 0, "message"), ("choices", 0, "finish_reason")),
    *(("choices", 0, "message", "content"), ("choices", 0, "message", "content", 0)),
    *(("choices", 0, "message", "reasoning_content"), ("usage",), ("usage", "prompt_tokens")),
    *(("usage", "tokens"), ("usage", "tokens", "input_tokens"), ("usage", "input_tokens")),
    *(("output",), ("output", 0), ("output", 0, "content"), ("output", 0, "content", 0)),
    *(("incomplete_details",), ("incomplete_details", "reason"), ("stop_reason",), ("content",)),
    *(("content", 0), ("content", 0, "text"), ("candidates",), ("candidates", 0)),
    *(("candidates", 0, "content"), ("candidates", 0, "content", "parts"), ("promptFeedback",)),
    *(
        ("candidates", 0, "content", "parts", 0),
        ("candidates", 0, "finishReason"),
    ),
    *(("usageMetadata",), ("usageMetadata", "promptTokenCount"), ("embedding",)),
    *(("embedding", "values"), ("embedding", 0), ("embeddings",), ("embeddings", 0)),
    *(("embeddings", "float"), ("embeddings", "float", 0), ("embeddings", 0, "values")),
    *(("meta",), ("meta", "billed_units"), ("load_duration",), ("done_reason",), ("details",)),
    *(("capabilities",), ("capabilities", 0), ("model_info",), ("endpoints",), ("eval_count",)),
    *(("supportedGenerationMethods",), ("is_deprecated",), ("finish_reason",), ("status",)),
)
# What errors are looked for in, and so is read for any status.
ERRORS = {"error", "detail", "message", "object", "type", "status"}

RAW: tuple[bytes, ...] = (
    b"",
    b" \n\t",
    b"null",
    b"true",
    b"7",
    b'"text"',
    b"[]",
    b"{}",
    b"[[]]",
    b"NaN",
    b'{"data": [{"embedding": [NaN, Infinity]}]}',
    b'{"data": [{"embedding": [1e999]}]}',
    b'{"usage": {"prompt_tokens": ' + b"9" * 5000 + b"}}",
    b'{"error": {"code": ' + b"9" * 300 + b"}}",
    b'{"error": "a", "error": "b"}',
    b'{"error": {"message": "\\u0000\\ud800"}}',
    b'{"data": "\xc3\x28"}',
    b"\xff\xfe\x00\x00",
    b"\xef\xbb\xbf{}",
    b"[" * 100_000,
    b"{" * 100_000,
    b"[" * 20 + b"]" * 20,
    b'{"id": "' + b"x" * 100_000 + b'"}',
    b'{"choices"',
    b"404 page not found",
    b"data: {}\n\ndata: [DONE]\n\n",
    HTML.encode(),
    b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>",
    b"\x1f\x8b\x08\x00",
)
KINDS = ("application/json", "text/html", "text/plain", "", "\x00;;=", "application/octet-stream")
HEADERS = ("soon", "-1", "9" * 400, "Wed, 99 Xxx 0000 99:99:99 GMT", "\x00", "1e9", "NaN")


def placed(path: tuple[str | int, ...], value: Any) -> Any:
    """Return a value that has `value` at `path`, and nothing else."""
    for step in reversed(path):
        value = [value] if isinstance(step, int) else {step: value}
    return value


def answers() -> Iterator[Answer]:
    for raw in RAW:
        for status in (200, 204, 400, 401, 404, 999):
            yield answer(raw, status)
    for kind in KINDS:
        yield answer({"hello": "world"}, kind=kind)
        yield answer(HTML, 403, kind=kind)
    for header in HEADERS:
        yield answer({"error": {"message": "x"}}, 429, headers={"retry-after": header})
    for path in PATHS:
        for value in VALUES:
            body = json.dumps(placed(path, value))
            for status in (200, 400, 404) if path[0] in ERRORS else (200,):
                yield answer(body, status)
