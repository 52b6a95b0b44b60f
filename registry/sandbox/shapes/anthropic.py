"""Anthropic: the same paths as OpenAI's, told apart by the header `anthropic-version`."""

from __future__ import annotations

import uuid
from typing import Any

from registry.sandbox.ask import Ask, said
from registry.sandbox.catalogue import Operation, SandboxModel, tokens
from registry.sandbox.exchange import Problem, RefusedError, Reply
from registry.sandbox.shapes.base import Shape, bearer, get, post

_INVALID = "invalid_request_error"
# problem -> status, type
_ERRORS: dict[Problem, tuple[int, str]] = {
    Problem.NO_PATH: (404, "not_found_error"),
    Problem.BAD_BODY: (400, _INVALID),
    Problem.MISSING_KEY: (401, "authentication_error"),
    Problem.BAD_KEY: (401, "authentication_error"),
    Problem.FORBIDDEN: (403, "permission_error"),
    Problem.NO_CREDIT: (402, "billing_error"),
    Problem.MODEL_MISSING: (404, "not_found_error"),
    Problem.DEPLOYMENT_MISSING: (404, "not_found_error"),
    Problem.NO_CHAT: (400, _INVALID),
    Problem.NO_EMBEDDINGS: (400, _INVALID),
    Problem.BAD_PARAMETER: (400, _INVALID),
    Problem.UNSUPPORTED_PARAMETER: (400, _INVALID),
    Problem.BUDGET_USED_UP: (400, _INVALID),
    Problem.RATE_LIMITED: (429, "rate_limit_error"),
    Problem.OVERLOADED: (529, "overloaded_error"),
    Problem.SERVER_ERROR: (500, "api_error"),
}
_WORDS = {
    Problem.MISSING_KEY: "x-api-key header is required",
    Problem.BAD_KEY: "invalid x-api-key",
    Problem.MODEL_MISSING: "model: {model}",
    Problem.DEPLOYMENT_MISSING: "model: {model}",
    Problem.NO_CHAT: '"{model}" is not supported on this API.',
    Problem.OVERLOADED: "Overloaded",
}


def list_models(ask: Ask) -> dict[str, Any]:
    ids = [model.id for model in ask.models]
    after = ask.query.get("after_id", "")
    start = ids.index(after) + 1 if after in ids else 0
    shown, following = ask.page(max(ask.whole("limit", 20, 1000), 1), start)
    return {
        "data": [_entry(model) for model in shown],
        "has_more": following is not None,
        "first_id": shown[0].id if shown else None,
        "last_id": shown[-1].id if shown else None,
    }


def get_model(ask: Ask, name: str) -> dict[str, Any]:
    return _entry(ask.model(name))


def count_tokens(ask: Ask) -> dict[str, Any]:
    ask.model(ask.text("model"), Operation.CHAT)
    return {"input_tokens": tokens(ask.prompt)}


def message(ask: Ask) -> dict[str, Any]:
    model = ask.model(ask.text("model"), Operation.CHAT)
    if not ask.number("max_tokens"):
        raise RefusedError(Problem.BAD_BODY, param="max_tokens")
    ask.refuse_streaming()
    system = said(ask.fields.get("system"))
    answer = model.say(f"{system}\n{ask.prompt}", ask.token_limit)
    content: list[dict[str, Any]] = []
    if answer.thought:
        content.append({"type": "thinking", "thinking": answer.thought, "signature": ""})
    if answer.text:
        content.append({"type": "text", "text": answer.text})
    return {
        "id": f"msg_{uuid.uuid4().hex}",
        "type": "message",
        "role": "assistant",
        "model": model.id,
        "content": content,
        "stop_reason": "max_tokens" if answer.is_cut else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": answer.prompt_tokens, "output_tokens": answer.output_tokens},
    }


def _entry(model: SandboxModel) -> dict[str, Any]:
    return {
        "type": "model",
        "id": model.id,
        "display_name": model.name,
        "created_at": "2025-10-09T08:53:20Z",
        "max_input_tokens": model.context_tokens,
        "max_tokens": model.output_tokens or None,
        "lifecycle": "active",
        "deprecated_at": None,
        "retires_at": None,
    }


class Anthropic(Shape):
    name = "Anthropic"
    base = "/v1"
    routes = (
        get("/models", list_models),
        get("/models/(.+)", get_model),
        post("/messages/count_tokens", count_tokens),
        post("/messages", message, Operation.CHAT),
    )

    def key_of(self, ask: Ask) -> str:
        return ask.request.headers.get("x-api-key", "") or bearer(ask)

    def refuse(self, refused: RefusedError) -> Reply:
        status, kind = _ERRORS[refused.problem]
        content = {
            "type": "error",
            "error": {"type": kind, "message": refused.message(_WORDS.get(refused.problem, ""))},
            "request_id": f"req_{uuid.uuid4().hex}",
        }
        return Reply.of(content, status, refused.headers)
